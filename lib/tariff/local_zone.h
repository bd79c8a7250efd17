// A time zone: conversions between instants and the local wall clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tariff/price_curve.h"

namespace date {
class time_zone;
}

namespace turbodiff::tariff {

/// Seconds since 1970-01-01 00:00 on the wall clock.
using LocalSeconds = std::int64_t;
/// Days since 1970-01-01 in a zone's calendar.
using LocalDay = std::int64_t;

constexpr Seconds seconds_a_day = 86'400;

struct CivilDate {
  int year = 1970;
  int month = 1;
  int day = 1;
};

CivilDate civil_of(LocalDay day);
/// Nothing for a day that does not exist (02-30).
std::optional<LocalDay> day_of(const CivilDate& date);
/// 0 Monday ... 6 Sunday.
int weekday_of(LocalDay day);
LocalDay day_of_local(LocalSeconds local);

/// A span [start, end) in which the wall clock is ahead of UTC by one `offset_s`.
struct OffsetSpan {
  Seconds start = 0;
  Seconds end = 0;
  Seconds offset_s = 0;
};

/// [start, end), all on one local day. A day on which the clock goes back over midnight can have two parts.
struct DayPart {
  Seconds start = 0;
  Seconds end = 0;
  LocalDay day = 0;
};

/// One zone of the IANA database of this machine (/usr/share/zoneinfo). Copies are cheap.
class LocalZone {
 public:
  /// UTC.
  LocalZone();
  /// Nothing when the database has no such zone.
  static std::optional<LocalZone> find(const std::string& name);
  /// The zone of this machine; UTC where it cannot be determined.
  static LocalZone of_system();
  /// All names in the database.
  static std::vector<std::string> names();

  std::string name() const;
  OffsetSpan span_at(Seconds instant) const;
  /// The spans that cover [from, to), cut to it.
  std::vector<OffsetSpan> spans(Seconds from, Seconds to) const;
  LocalSeconds to_local(Seconds instant) const { return instant + span_at(instant).offset_s; }
  LocalDay day_at(Seconds instant) const { return day_of_local(to_local(instant)); }

  /// When the wall clock shows `local`: never (skipped in spring), once, or twice (repeated in autumn).
  std::vector<Seconds> instants_of(LocalSeconds local) const;
  /// The first of instants_of(); for a skipped time the instant at which the clock jumps over it.
  Seconds first_instant(LocalSeconds local) const;

  /// The first instant of a local day, and the end of its last: later than the start of the next day where
  /// the clock goes back over midnight, as in St. John's until 2011 (00:01 became 23:01).
  Seconds day_start(LocalDay day) const { return first_instant(day * seconds_a_day); }
  Seconds day_end(LocalDay day) const;
  /// How long the clock shows the day: 23, 24, 25 hours, 23.5 and 24.5 on Lord Howe.
  Seconds day_length(LocalDay day) const;
  /// [from, to) cut at local midnights and changes of the clock, in order of time.
  std::vector<DayPart> day_parts(Seconds from, Seconds to) const;

 private:
  explicit LocalZone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;
};

}  // namespace turbodiff::tariff
