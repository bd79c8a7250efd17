#include "tariff/local_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/duration.h"
#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::tariff {
namespace {

/// Takes exactly `count` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count ||
      !std::all_of(text.begin(), text.begin() + static_cast<long>(count), core::is_digit))
    return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) value = value * 10 + (c - '0');
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<LocalDay> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || *year < 1970 || *year > 2199 || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  return day ? day_of({*year, *month, *day}) : std::nullopt;
}

std::optional<Seconds> take_clock(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *hour > 24 || *minute > 59 || (*hour == 24 && *minute != 0)) return std::nullopt;
  return *hour * 3600 + *minute * 60;
}

/// "HH:MM[:SS[.fraction]]", below 24:00.
std::optional<Seconds> take_time_of_day(std::string_view& text, bool* fraction) {
  auto clock = take_clock(text);
  if (!clock || *clock >= seconds_a_day || !take(text, ':')) return clock;
  const auto second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  if (take(text, '.')) {
    if (text.empty() || !core::is_digit(text[0])) return std::nullopt;
    for (; !text.empty() && core::is_digit(text[0]); text.remove_prefix(1))
      if (text[0] != '0' && fraction != nullptr) *fraction = true;
  }
  return *clock + *second;
}

std::optional<Seconds> next_clock(Seconds second_of_day, const LocalZone& zone, Seconds now) {
  const LocalDay today = zone.day_at(now);
  std::optional<Seconds> best;
  for (LocalDay day = today - 1; day <= today + 2; ++day) {
    const LocalSeconds local = day * seconds_a_day + second_of_day;
    std::vector<Seconds> instants = zone.instants_of(local);
    if (instants.empty()) instants = {zone.first_instant(local)};
    for (const Seconds instant : instants)
      if (instant > now && (!best || instant < *best)) best = instant;
  }
  return best;
}

/// "06:30" or "06:30:15" on a local day; nothing else may follow.
std::optional<Seconds> on_day(LocalDay day, std::string_view text, const LocalZone& zone) {
  const auto clock = take_time_of_day(text, nullptr);
  if (!clock || !text.empty()) return std::nullopt;
  return zone.first_instant(day * seconds_a_day + *clock);
}

std::optional<Seconds> parse_local(std::string_view text, const LocalZone& zone, Seconds now) {
  if (const auto clock = parse_clock(text, true)) return next_clock(*clock % seconds_a_day, zone, now);
  const std::string lower = core::to_lower(text);
  for (const auto& [word, offset] :
       std::array<std::pair<std::string_view, LocalDay>, 2>{{{"today", 0}, {"tomorrow", 1}}}) {
    if (!lower.starts_with(word)) continue;
    const LocalDay day = zone.day_at(now) + offset;
    const std::string_view rest = std::string_view(lower).substr(word.size());
    if (rest.empty()) return zone.day_start(day);
    return rest[0] == ' ' ? on_day(day, core::trim(rest), zone) : std::nullopt;
  }
  const auto day = take_date(text);
  if (!day) return std::nullopt;
  if (text.empty()) return zone.day_start(*day);
  if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
  return on_day(*day, text, zone);
}

}  // namespace

std::optional<Seconds> parse_rfc3339(std::string_view text, bool* fraction) {
  if (fraction != nullptr) *fraction = false;
  const auto day = take_date(text);
  if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto time = take_time_of_day(text, fraction);
  if (!time || *time >= seconds_a_day) return std::nullopt;
  const Seconds local = *day * seconds_a_day + *time;
  if (take(text, 'Z') || take(text, 'z')) return text.empty() ? std::optional(local) : std::nullopt;
  const bool west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto offset = take_clock(text);
  if (!offset || *offset >= seconds_a_day || !text.empty()) return std::nullopt;
  return west ? local + *offset : local - *offset;
}

Seconds parse_time(std::string_view given, const LocalZone& zone, Seconds now, std::string_view option) {
  const std::string_view text = core::trim(given);
  if (core::equals_ignoring_case(text, "now")) return now;
  if (text.starts_with('+'))
    if (const auto duration = core::parse_duration(text.substr(1))) return now + *duration;
  if (const auto instant = parse_rfc3339(text)) return *instant;
  if (const auto instant = parse_local(text, zone, now)) return *instant;
  throw Error::bad_request(fmt::format("{}: '{}' is not a time", option, core::escape_control(given)),
                           "write it like 22:00, tomorrow 06:30, +90m, now or 2026-10-25T06:30:00+01:00");
}

std::string format_utc(Seconds instant) {
  const LocalDay day = day_of_local(instant);
  const Seconds second = instant - day * seconds_a_day;
  return fmt::format("{}T{:02}:{:02}:{:02}Z", format_date(day), second / 3600, second / 60 % 60, second % 60);
}

std::string format_rfc3339(Seconds instant, const LocalZone& zone) {
  const Seconds offset = zone.span_at(instant).offset_s;
  std::string text = format_utc(instant + offset);
  text.pop_back();
  const Seconds size = offset < 0 ? -offset : offset;
  return fmt::format("{}{}{:02}:{:02}", text, offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

std::string format_local(Seconds instant, const LocalZone& zone) {
  std::string text = format_utc(zone.to_local(instant));
  text[10] = ' ';
  text.pop_back();
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return text;
}

std::string format_date(LocalDay day) {
  const CivilDate civil = civil_of(day);
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

std::optional<LocalDay> parse_date(std::string_view text) {
  const auto day = take_date(text);
  return text.empty() ? day : std::nullopt;
}

std::optional<Seconds> parse_clock(std::string_view text, bool end_of_day) {
  const auto clock = take_clock(text);
  if (!clock || !text.empty() || (*clock == seconds_a_day && !end_of_day)) return std::nullopt;
  return clock;
}

}  // namespace turbodiff::tariff
