// An electricity contract: the content of a tariff file, validated.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/secret.h"
#include "tariff/decimal.h"
#include "tariff/local_zone.h"

namespace turbodiff::tariff {

struct Rate {
  std::string name;
  Decimal price;  ///< per kWh, before adders
  bool off_peak = false;
  std::string where = {};  ///< FILE:LINE:COLUMN
};

/// Days of the year as month * 100 + day; both ends belong to it, `from` > `to` wraps over New Year.
struct Season {
  std::string name;
  int from = 101;
  int to = 1231;
  std::string where = {};
};

/// Seconds since the midnight on which the window begins; an end beyond 86,400 is on the next day.
struct Window {
  Seconds start_s = 0;
  Seconds end_s = seconds_a_day;
};

enum class HolidayRule { any, exclude, only };

/// Conditions that must all hold. Day, season and holiday are those of the day on which a window begins.
struct Rule {
  std::optional<std::size_t> season;
  unsigned days = 0x7f;  ///< bit 0 Monday ... bit 6 Sunday
  HolidayRule holidays = HolidayRule::any;
  std::vector<Window> hours;  ///< none: the whole day
  std::size_t rate = 0;
  std::string where;  ///< FILE:LINE:COLUMN
};

/// Rates and the rules that choose among them: the first that matches an instant gives its rate.
struct Calendar {
  std::vector<Rate> rates;
  std::vector<Season> seasons;
  std::vector<Rule> rules;
};

/// Special dates, sorted. A make-up working day counts as a Friday and never as a holiday.
struct SpecialDays {
  std::vector<LocalDay> holidays;
  std::vector<LocalDay> workdays;
  std::string holidays_where = {}, workdays_where = {};
};

struct SeriesRow {
  Seconds start = 0;
  Decimal value;
  int line = 0;
};

/// Rows in order of time, without duplicates or overlaps.
struct Series {
  Seconds interval_s = 0;
  std::vector<SeriesRow> rows;
};

/// A header of a request; where its value is a secret, `text` precedes it.
struct SourceHeader {
  std::string name, text;
  core::SecretSource secret;
};

/// The source of the rows of a series: either a file or a url.
struct SeriesSource {
  std::filesystem::path file;
  std::string url;           ///< with {token} where the token belongs
  core::SecretSource token;  ///< of the url
  std::vector<SourceHeader> headers;
  Seconds refresh_s = 3600;
  std::string where;
};

struct SpotPrices {
  SeriesSource source;
  Series series;
  std::optional<Decimal> off_peak_below;       ///< after adders
  std::optional<Seconds> off_peak_cheapest_s;  ///< duration of the cheapest part of each local day
  std::optional<Decimal> fallback;             ///< before adders, where there is no row
};

struct Adders {
  Decimal per_kwh;
  std::optional<Calendar> per_kwh_calendar;  ///< instead of per_kwh
  Decimal vat;                               ///< a fraction: 0.13
};

struct Carbon {
  std::optional<std::int64_t> milligram_per_kwh;
  std::optional<SeriesSource> source;
  Series series;  ///< in g/kWh
};

/// A remark about a tariff that is not an error; see feed_check.h for the meaning of each action.
struct Finding {
  enum class Severity { info, warning, error };
  enum class Action { reported, bridged, refused };
  Severity severity = Severity::info;
  Action action = Action::reported;
  std::string code;     ///< "missing-rows"
  std::string message;  ///< one line
  std::string where;    ///< FILE[:LINE[:COLUMN]], a URL, or empty
  Seconds until = 0;    ///< the end of the affected span; a finding about the past can be ignored
};

/// The state of the rows of a url.
struct FeedState {
  std::string url;                    ///< as messages show it
  std::optional<Seconds> fetched_at;  ///< when the rows were last received or confirmed; nullopt: never
  Seconds due_at = 0;                 ///< when it is to be fetched again
};

struct Tariff {
  std::filesystem::path path;
  std::string name;
  std::string description;
  LocalZone zone;
  std::string currency;
  SpecialDays special;
  std::optional<Calendar> calendar;  ///< exactly one of calendar and prices
  std::optional<SpotPrices> prices;
  Adders adders;
  Carbon carbon;
  std::vector<Finding> findings;
  std::vector<FeedState> feeds;
};

}  // namespace turbodiff::tariff
