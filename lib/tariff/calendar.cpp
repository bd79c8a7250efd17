#include "tariff/calendar.h"

#include <algorithm>
#include <set>

namespace turbodiff::tariff {
namespace {

bool contains(const std::vector<LocalDay>& sorted, LocalDay day) {
  return std::binary_search(sorted.begin(), sorted.end(), day);
}

bool in_season(const Season& season, int month_day) {
  return season.from <= season.to ? season.from <= month_day && month_day <= season.to
                                  : month_day >= season.from || month_day <= season.to;
}

}  // namespace

CalendarReader::Matches CalendarReader::matches_of(LocalDay day) const {
  const CivilDate civil = civil_of(day);
  const int month_day = civil.month * 100 + civil.day;
  const bool workday = contains(special_.workdays, day);
  const bool holiday = !workday && contains(special_.holidays, day);
  constexpr int friday = 4;
  const unsigned day_bit = 1U << (workday ? friday : weekday_of(day));
  Matches matches;
  for (const Rule& rule : calendar_.rules) {
    const bool season = !rule.season || in_season(calendar_.seasons[*rule.season], month_day);
    const bool holidays =
        rule.holidays == HolidayRule::any || (rule.holidays == HolidayRule::only) == holiday;
    matches.push_back(season && holidays && (rule.days & day_bit) != 0);
  }
  return matches;
}

const CalendarReader::DayPlan& CalendarReader::plan_of(LocalDay day) {
  const auto key = std::make_pair(matches_of(day - 1), matches_of(day));
  if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
  const auto& [before, today] = key;
  std::set<Seconds> cuts = {0};
  for (const Rule& rule : calendar_.rules)
    for (const Window& window : rule.hours)
      for (const Seconds cut : {window.start_s, window.end_s, window.end_s - seconds_a_day})
        if (cut > 0 && cut < seconds_a_day) cuts.insert(cut);
  const auto covers = [&](std::size_t index, Seconds second) {
    const Rule& rule = calendar_.rules[index];
    if (rule.hours.empty()) return static_cast<bool>(today[index]);
    return std::any_of(rule.hours.begin(), rule.hours.end(), [&](const Window& window) {
      return (today[index] && window.start_s <= second && second < window.end_s) ||
             (before[index] && second + seconds_a_day < window.end_s);
    });
  };
  DayPlan plan;
  for (const Seconds cut : cuts) {
    std::optional<std::size_t> rate;
    for (std::size_t i = 0; i < calendar_.rules.size() && !rate; ++i)
      if (covers(i, cut)) rate = calendar_.rules[i].rate;
    if (plan.empty() || plan.back().rate != rate) plan.push_back({cut, rate});
  }
  return plans_.emplace(key, std::move(plan)).first->second;
}

/// Calls visit(start, end, rate) in order of time until it returns false.
template <typename Visit>
void CalendarReader::walk(Seconds from, Seconds to, Visit&& visit) {
  for (const OffsetSpan& span : zone_.spans(from, to)) {
    const LocalSeconds last = span.end + span.offset_s;
    for (LocalSeconds local = span.start + span.offset_s; local < last;) {
      const LocalDay day = day_of_local(local);
      const LocalSeconds midnight = day * seconds_a_day;
      const DayPlan& plan = plan_of(day);
      for (std::size_t i = 0; i < plan.size(); ++i) {
        const Seconds end_s = i + 1 < plan.size() ? plan[i + 1].start_s : seconds_a_day;
        const LocalSeconds start = std::max(local, midnight + plan[i].start_s);
        const LocalSeconds end = std::min(last, midnight + end_s);
        if (start < end && !visit(start - span.offset_s, end - span.offset_s, plan[i].rate)) return;
      }
      local = midnight + seconds_a_day;
    }
  }
}

std::vector<CalendarPiece> CalendarReader::pieces(Seconds from, Seconds to) {
  std::vector<CalendarPiece> found;
  walk(from, to, [&](Seconds start, Seconds end, std::optional<std::size_t> rate) {
    if (!found.empty() && found.back().rate == rate) {
      found.back().end = end;
    } else {
      found.push_back({start, end, rate});
    }
    return true;
  });
  return found;
}

std::optional<Seconds> CalendarReader::first_hole(Seconds from, Seconds to) {
  std::optional<Seconds> hole;
  walk(from, to, [&](Seconds start, Seconds, std::optional<std::size_t> rate) {
    if (!rate) hole = start;
    return rate.has_value();
  });
  return hole;
}

}  // namespace turbodiff::tariff
