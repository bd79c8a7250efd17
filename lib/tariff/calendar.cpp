#include "tariff/calendar.h"

#include <algorithm>
#include <map>
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

bool matches(const Rule& rule, const std::tuple<std::optional<std::size_t>, unsigned, bool>& kind) {
  const auto& [season, day_bit, holiday] = kind;
  return (!rule.season || rule.season == season) && (rule.days & day_bit) != 0 &&
         (rule.holidays == HolidayRule::any || (rule.holidays == HolidayRule::only) == holiday);
}

/// The seconds of one day, each of which the first rule that covers it gets.
class DayFill {
 public:
  bool full() const { return open_.empty(); }

  /// Whether any of it was still open.
  bool cover(Seconds start, Seconds end, std::size_t rate) {
    bool any = false;
    auto gap = open_.upper_bound(start);
    if (gap != open_.begin()) --gap;
    while (gap != open_.end() && gap->first < end) {
      const auto [gap_start, gap_end] = *gap;
      const Seconds from = std::max(gap_start, start), to = std::min(gap_end, end);
      if (from >= to) {
        ++gap;
        continue;
      }
      gap = open_.erase(gap);
      if (gap_start < from) open_.emplace(gap_start, from);
      if (to < gap_end) gap = open_.emplace(to, gap_end).first;
      pieces_.emplace(from, rate);
      any = true;
    }
    return any;
  }

  /// Who has what of [start, end), which is covered as a whole.
  void owners(Seconds start, Seconds end, std::set<std::size_t>& found) const {
    auto piece = pieces_.upper_bound(start);
    if (piece != pieces_.begin()) --piece;
    for (; piece != pieces_.end() && piece->first < end; ++piece)
      if (piece->second) found.insert(*piece->second);
  }

  /// The start of each piece and its rate; nothing where no rule covers it.
  std::map<Seconds, std::optional<std::size_t>> pieces() {
    for (const auto& gap : open_) pieces_.emplace(gap.first, std::nullopt);
    return std::move(pieces_);
  }

 private:
  std::map<Seconds, Seconds> open_ = {{0, seconds_a_day}};  ///< start -> end
  std::map<Seconds, std::optional<std::size_t>> pieces_;
};

}  // namespace

CalendarReader::DayKind CalendarReader::kind_of(LocalDay day) const {
  const CivilDate civil = civil_of(day);
  const int month_day = civil.month * 100 + civil.day;
  // Seasons do not overlap.
  const auto& seasons = calendar_.seasons;
  const auto season = std::find_if(seasons.begin(), seasons.end(),
                                   [&](const Season& each) { return in_season(each, month_day); });
  const bool workday = contains(special_.workdays, day);
  const bool holiday = !workday && contains(special_.holidays, day);
  constexpr int friday = 4;
  return {season == seasons.end() ? std::nullopt : std::optional<std::size_t>(season - seasons.begin()),
          1U << (workday ? friday : weekday_of(day)), holiday};
}

const CalendarReader::DayPlan& CalendarReader::plan_of(LocalDay day) {
  const auto key = std::make_pair(kind_of(day - 1), kind_of(day));
  if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
  DayFill fill;
  for (const Rule& rule : calendar_.rules) {
    if (fill.full()) break;
    const bool before = matches(rule, key.first), today = matches(rule, key.second);
    if (today && rule.hours.empty()) fill.cover(0, seconds_a_day, rule.rate);
    for (const Window& window : rule.hours) {
      if (today) fill.cover(window.start_s, std::min(window.end_s, seconds_a_day), rule.rate);
      if (before) fill.cover(0, window.end_s - seconds_a_day, rule.rate);
    }
  }
  DayPlan plan;
  for (const auto& [start, rate] : fill.pieces())
    if (plan.empty() || plan.back().rate != rate) plan.push_back({start, rate});
  return plans_.emplace(key, std::move(plan)).first->second;
}

std::vector<RuleUse> CalendarReader::rule_use(LocalDay from, LocalDay to) const {
  std::set<std::pair<DayKind, DayKind>> kinds;
  for (LocalDay day = from; day < to; ++day) kinds.insert({kind_of(day - 1), kind_of(day)});
  constexpr Window whole_day{0, seconds_a_day};
  std::vector<RuleUse> uses(calendar_.rules.size());
  for (const auto& [before, today] : kinds) {
    DayFill fill;
    for (std::size_t i = 0; i < uses.size(); ++i) {
      const Rule& rule = calendar_.rules[i];
      RuleUse& use = uses[i];
      const std::size_t count = std::max<std::size_t>(rule.hours.size(), 1);
      use.windows.resize(count, false);
      for (std::size_t w = 0; w < count; ++w) {
        const Window& window = rule.hours.empty() ? whole_day : rule.hours[w];
        const auto claim = [&](const DayKind& kind, Seconds start, Seconds end) {
          if (start >= end || !matches(rule, kind)) return;
          use.occurs = true;
          if (fill.cover(start, end, i))
            use.used = use.windows[w] = true;
          else if (!use.windows[w])
            fill.owners(start, end, use.covered_by);
        };
        claim(today, window.start_s, std::min(window.end_s, seconds_a_day));
        claim(before, 0, window.end_s - seconds_a_day);
      }
    }
  }
  return uses;
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
