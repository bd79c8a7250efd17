#include "tariff/tariff_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "tariff/calendar.h"
#include "tariff/feed_check.h"
#include "tariff/local_time.h"
#include "tariff/series_doubts.h"

namespace turbodiff::tariff {
namespace {

using Action = Finding::Action;
using Severity = Finding::Severity;

constexpr Seconds never_over = std::numeric_limits<Seconds>::max();
constexpr LocalDay warned_before = 60;  // days

/// "FILE:LINE:COLUMN" -> "LINE"
std::string line_of(const std::string& where) {
  const auto parts = core::split(where, ':');
  return parts.size() < 3 ? where : std::string(parts[parts.size() - 2]);
}

/// "line 12" or "lines 12, 14 and 9 more"
std::string lines_text(const std::vector<std::string>& lines) {
  constexpr std::size_t most = 8;
  const std::span<const std::string> first(lines.data(), std::min(lines.size(), most));
  std::string text = fmt::format("line{} {}", lines.size() == 1 ? "" : "s", fmt::join(first, ", "));
  if (lines.size() > most) text += fmt::format(" and {} more", lines.size() - most);
  return text;
}

std::vector<const Calendar*> calendars_of(const Tariff& tariff) {
  std::vector<const Calendar*> all;
  if (tariff.calendar) all.push_back(&*tariff.calendar);
  if (tariff.adders.per_kwh_calendar) all.push_back(&*tariff.adders.per_kwh_calendar);
  return all;
}

/// A list of special days that some rules depend on.
struct DayList {
  std::string_view name;  ///< "holidays"
  std::string where;
  LocalDay last = 0;               ///< the last day of it
  LocalDay over = 0;               ///< the first day of the year after
  std::vector<std::string> lines;  ///< of the rules
};

bool asks_for_holidays(const Rule& rule) {
  return rule.holidays != HolidayRule::any;
}
/// A make-up day has another weekday and is no holiday.
bool asks_for_workdays(const Rule& rule) {
  return rule.holidays != HolidayRule::any || rule.days != 0x7f;
}

std::vector<std::string> lines_where(const Tariff& tariff, bool (*asks)(const Rule&)) {
  std::vector<std::string> lines;
  for (const Calendar* calendar : calendars_of(tariff))
    for (const Rule& rule : calendar->rules)
      if (asks(rule)) lines.push_back(line_of(rule.where));
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

LocalDay year_after(LocalDay day) {
  return *day_of({civil_of(day).year + 1, 1, 1});
}

std::vector<DayList> lists_of(const Tariff& tariff) {
  std::vector<DayList> lists;
  const auto add = [&](std::string_view name, const std::string& where, const std::vector<LocalDay>& days,
                       bool (*asks)(const Rule&)) {
    if (days.empty()) return;
    DayList list{name, where, days.back(), year_after(days.back()), lines_where(tariff, asks)};
    if (!list.lines.empty()) lists.push_back(std::move(list));
  };
  add("holidays", tariff.special.holidays_where, tariff.special.holidays, asks_for_holidays);
  add("workdays", tariff.special.workdays_where, tariff.special.workdays, asks_for_workdays);
  // Make-up days are announced with the holidays of a year: one missing year is reported once.
  if (lists.size() == 2 && lists[1].over >= lists[0].over) lists.pop_back();
  return lists;
}

void check_special_days(const Tariff& tariff, Seconds now, std::vector<Finding>& findings) {
  const LocalDay today = tariff.zone.day_at(now);
  for (const DayList& list : lists_of(tariff)) {
    if (today < list.last - warned_before) continue;
    const bool ended = today > list.last;
    findings.push_back(
        {today >= list.over ? Severity::error : Severity::warning, Action::reported, "days-end",
         fmt::format("the {} {} on {}: no later day counts as one for the {} {}; add those of the next year",
                     list.name, ended ? "ended" : "end", format_date(list.last),
                     list.lines.size() == 1 ? "rule of" : "rules of", lines_text(list.lines)),
         list.where, never_over});
  }
}

class RuleCheck {
 public:
  RuleCheck(const Tariff& tariff, const Calendar& calendar, std::vector<Finding>& findings)
      : tariff_(tariff), calendar_(calendar), findings_(findings) {}

  void run() {
    const auto [from, to] = days_to_look_at();
    uses_ = CalendarReader(calendar_, tariff_.special, tariff_.zone).rule_use(from, to);
    for (std::size_t i = 0; i < uses_.size(); ++i) check_rule(i);
    check_rates();
    check_seasons();
  }

 private:
  /// The years in which a calendar must have no hole, and those of all special days.
  std::pair<LocalDay, LocalDay> days_to_look_at() const {
    LocalDay from = *day_of({2024, 1, 1}), to = *day_of({2031, 1, 1});
    for (const auto* days : {&tariff_.special.holidays, &tariff_.special.workdays}) {
      if (days->empty()) continue;
      from = std::min(from, days->front());
      to = std::max(to, days->back() + 2);
    }
    return {from, to};
  }

  void add(const std::string& where, std::string code, std::string message) {
    findings_.push_back(
        {Severity::warning, Action::reported, std::move(code), std::move(message), where, never_over});
  }

  std::string others(const RuleUse& use) const {
    std::vector<std::string> lines;
    for (const std::size_t other : use.covered_by) lines.push_back(line_of(calendar_.rules[other].where));
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    return lines_text(lines);
  }

  void check_rule(std::size_t index) {
    const Rule& rule = calendar_.rules[index];
    const RuleUse& use = uses_[index];
    if (!use.occurs) {
      const bool no_list = rule.holidays == HolidayRule::only && tariff_.special.holidays.empty();
      add(rule.where, "never-matches",
          no_list ? "this rule never matches: it asks for holidays, and there are none"
                  : "this rule never matches: no day is as it asks for");
    } else if (!use.used) {
      add(rule.where, "never-matches",
          fmt::format("this rule never matches: the rules before it have all its hours ({})", others(use)));
    } else {
      for (std::size_t w = 0; w < rule.hours.size(); ++w)
        if (!use.windows[w])
          add(rule.where, "never-matches",
              fmt::format("the hours from {:02}:{:02} of this rule never match: earlier rules or hours have "
                          "them ({})",
                          rule.hours[w].start_s / 3600, rule.hours[w].start_s / 60 % 60, others(use)));
    }
  }

  void check_rates() {
    for (std::size_t i = 0; i < calendar_.rates.size(); ++i) {
      const Rate& rate = calendar_.rates[i];
      bool named = false, used = false;
      for (std::size_t rule = 0; rule < uses_.size(); ++rule) {
        if (calendar_.rules[rule].rate != i) continue;
        named = true;
        used = used || uses_[rule].used;
      }
      if (!used)
        add(rate.where, "unused-rate",
            fmt::format("the rate '{}' is never used: {}", core::excerpt(rate.name),
                        named ? "its rules never match" : "no rule names it"));
      if (const auto doubt = wrong_unit(rate.price, tariff_.currency))
        add(rate.where, "wrong-unit", fmt::format("the rate '{}': {}", core::excerpt(rate.name), *doubt));
    }
  }

  void check_seasons() {
    for (std::size_t i = 0; i < calendar_.seasons.size(); ++i)
      if (std::none_of(calendar_.rules.begin(), calendar_.rules.end(),
                       [&](const Rule& rule) { return rule.season == i; }))
        add(calendar_.seasons[i].where, "unused-season",
            fmt::format("the season '{}' is never used: no rule names it",
                        core::excerpt(calendar_.seasons[i].name)));
  }

  const Tariff& tariff_;
  const Calendar& calendar_;
  std::vector<Finding>& findings_;
  std::vector<RuleUse> uses_;
};

void check_special_use(const Tariff& tariff, std::vector<Finding>& findings) {
  const auto check = [&](std::string_view name, const std::vector<LocalDay>& days, const std::string& where,
                         bool (*asks)(const Rule&)) {
    if (!days.empty() && lines_where(tariff, asks).empty())
      findings.push_back({Severity::warning, Action::reported, "unused-days",
                          fmt::format("the {} are never used: no rule asks for them", name), where,
                          never_over});
  };
  check("holidays", tariff.special.holidays, tariff.special.holidays_where, asks_for_holidays);
  check("workdays", tariff.special.workdays, tariff.special.workdays_where, asks_for_workdays);
}

}  // namespace

std::vector<Finding> check_tariff(const Tariff& tariff, Seconds now) {
  std::vector<Finding> findings = check_series(tariff, now);
  check_special_days(tariff, now, findings);
  return findings;
}

std::vector<Finding> check_rules(const Tariff& tariff) {
  std::vector<Finding> findings;
  for (const Calendar* calendar : calendars_of(tariff)) RuleCheck(tariff, *calendar, findings).run();
  check_special_use(tariff, findings);
  const auto check_price = [&](std::string_view name, const std::optional<Decimal>& price) {
    if (!price) return;
    if (const auto doubt = wrong_unit(*price, tariff.currency))
      findings.push_back({Severity::warning, Action::reported, "wrong-unit",
                          fmt::format("{}: {}", name, *doubt), tariff.path.string(), never_over});
  };
  check_price("adders.per_kwh", tariff.adders.per_kwh);
  if (tariff.prices) check_price("prices.fallback.price", tariff.prices->fallback);
  return findings;
}

std::optional<Seconds> next_calendar_turn(const Tariff& tariff, Seconds now) {
  std::optional<Seconds> next;
  for (const DayList& list : lists_of(tariff))
    for (const LocalDay day : {list.last - warned_before, list.last + 1, list.over}) {
      const Seconds turn = tariff.zone.day_start(day);
      if (turn > now) next = next ? std::min(*next, turn) : turn;
    }
  return next;
}

}  // namespace turbodiff::tariff
