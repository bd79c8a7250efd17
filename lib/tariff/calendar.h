// Evaluates the rules of a calendar.
//
// Instants are evaluated on the local wall clock: a clock hour that is skipped in spring does not exist, one
// that is repeated in autumn matches both times. A window over midnight belongs to the day on which it began,
// with that day's weekday, season and holiday.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// [start, end) under one rule; nothing where no rule matches.
struct CalendarPiece {
  Seconds start = 0;
  Seconds end = 0;
  std::optional<std::size_t> rate;
};

/// How a rule was used in a span of days.
struct RuleUse {
  bool occurs = false;               ///< there is a day on which its conditions hold
  bool used = false;                 ///< there is an instant at which it decides
  std::vector<bool> windows;         ///< the same of each of its windows
  std::set<std::size_t> covered_by;  ///< the earlier rules that decide the instants of its unused windows
};

/// Compiles a calendar day by day. Days of the same kind share one plan, so that seven years take
/// milliseconds. `calendar`, `special` and `zone` must outlive it.
class CalendarReader {
 public:
  CalendarReader(const Calendar& calendar, const SpecialDays& special, const LocalZone& zone)
      : calendar_(calendar), special_(special), zone_(zone) {}

  /// The pieces that cover [from, to), in order of time; neighbours differ.
  std::vector<CalendarPiece> pieces(Seconds from, Seconds to);
  /// The first instant in [from, to) that no rule covers.
  std::optional<Seconds> first_hole(Seconds from, Seconds to);
  /// The use of every rule, over the days in [from, to).
  std::vector<RuleUse> rule_use(LocalDay from, LocalDay to) const;

 private:
  /// Applies from this second of the wall clock's day to the next entry's.
  struct PlanEntry {
    Seconds start_s;
    std::optional<std::size_t> rate;
  };
  using DayPlan = std::vector<PlanEntry>;
  /// The properties of a day that rules depend on: its season, its weekday as a bit, and whether it is a
  /// holiday.
  using DayKind = std::tuple<std::optional<std::size_t>, unsigned, bool>;

  DayKind kind_of(LocalDay day) const;
  const DayPlan& plan_of(LocalDay day);
  template <typename Visit>
  void walk(Seconds from, Seconds to, Visit&& visit);

  const Calendar& calendar_;
  const SpecialDays& special_;
  const LocalZone& zone_;
  std::map<std::pair<DayKind, DayKind>, DayPlan> plans_;  ///< by the day before and the day
};

}  // namespace turbodiff::tariff
