#include "tariff/local_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

namespace turbodiff::tariff {
namespace {

using std::chrono::seconds;

/// Beyond the database's first and last change a span is endless; these keep sums of seconds in range.
constexpr Seconds earliest = -100'000'000'000;
constexpr Seconds latest = 100'000'000'000;

date::sys_seconds as_sys(Seconds instant) {
  return date::sys_seconds(seconds(std::clamp(instant, earliest, latest)));
}

Seconds clamped(date::sys_seconds instant) {
  return std::clamp<Seconds>(instant.time_since_epoch().count(), earliest, latest);
}

}  // namespace

CivilDate civil_of(LocalDay day) {
  const date::year_month_day ymd{date::sys_days(date::days(day))};
  return {static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day()))};
}

std::optional<LocalDay> day_of(const CivilDate& civil) {
  if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31) return std::nullopt;
  const date::year_month_day ymd{date::year(civil.year), date::month(static_cast<unsigned>(civil.month)),
                                 date::day(static_cast<unsigned>(civil.day))};
  if (!ymd.ok()) return std::nullopt;
  return date::sys_days(ymd).time_since_epoch().count();
}

int weekday_of(LocalDay day) {
  // 1970-01-01 was a Thursday.
  return static_cast<int>(((day % 7) + 7 + 3) % 7);
}

LocalDay day_of_local(LocalSeconds local) {
  const LocalDay day = local / seconds_a_day;
  return local % seconds_a_day < 0 ? day - 1 : day;
}

LocalZone::LocalZone() : zone_(date::locate_zone("Etc/UTC")) {}

std::optional<LocalZone> LocalZone::find(const std::string& name) {
  try {
    const date::time_zone* zone = date::locate_zone(name);
    // Zones are read when they are first asked; a file that is none shows itself here.
    zone->get_info(as_sys(0));
    return LocalZone(zone);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

LocalZone LocalZone::of_system() {
  try {
    return LocalZone(date::current_zone());
  } catch (const std::exception&) {
    return LocalZone();
  }
}

std::vector<std::string> LocalZone::names() {
  std::vector<std::string> names;
  for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
  return names;
}

std::string LocalZone::name() const {
  return zone_->name();
}

OffsetSpan LocalZone::span_at(Seconds instant) const {
  const date::sys_info info = zone_->get_info(as_sys(instant));
  return {clamped(info.begin), clamped(info.end), info.offset.count()};
}

std::vector<OffsetSpan> LocalZone::spans(Seconds from, Seconds to) const {
  std::vector<OffsetSpan> found;
  for (Seconds at = from; at < to;) {
    OffsetSpan span = span_at(at);
    const Seconds end = span.end > at ? span.end : to;
    found.push_back({at, std::min(end, to), span.offset_s});
    at = end;
  }
  return found;
}

std::vector<Seconds> LocalZone::instants_of(LocalSeconds local) const {
  const date::local_seconds wall{seconds(std::clamp(local, earliest, latest))};
  const date::local_info info = zone_->get_info(wall);
  switch (info.result) {
    case date::local_info::nonexistent:
      return {};
    case date::local_info::ambiguous:
      return {local - info.first.offset.count(), local - info.second.offset.count()};
    default:
      return {local - info.first.offset.count()};
  }
}

Seconds LocalZone::first_instant(LocalSeconds local) const {
  const std::vector<Seconds> instants = instants_of(local);
  if (!instants.empty()) return instants.front();
  return clamped(zone_->get_info(date::local_seconds(seconds(local))).first.end);
}

Seconds LocalZone::day_end(LocalDay day) const {
  const std::vector<Seconds> midnights = instants_of((day + 1) * seconds_a_day);
  for (auto at = midnights.rbegin(); at != midnights.rend(); ++at)
    if (day_at(*at - 1) == day) return *at;
  return day_start(day + 1);
}

Seconds LocalZone::day_length(LocalDay day) const {
  Seconds length = 0;
  for (const DayPart& part : day_parts(day_start(day), day_end(day)))
    if (part.day == day) length += part.end - part.start;
  return length;
}

std::vector<DayPart> LocalZone::day_parts(Seconds from, Seconds to) const {
  std::vector<DayPart> parts;
  for (const OffsetSpan& span : spans(from, to)) {
    for (Seconds at = span.start; at < span.end;) {
      const LocalDay day = day_of_local(at + span.offset_s);
      const Seconds end = std::min(span.end, (day + 1) * seconds_a_day - span.offset_s);
      parts.push_back({at, end, day});
      at = end;
    }
  }
  return parts;
}

}  // namespace turbodiff::tariff
