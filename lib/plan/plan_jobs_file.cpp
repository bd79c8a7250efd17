#include "plan/plan_jobs_file.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/text/json_nesting.h"
#include "core/text/strings.h"

namespace turbodiff::plan {
namespace {

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = {"id",       "seconds", "watts", "earliest", "deadline",
                                                "priority", "when",    "after", "group",    "setup_seconds"};
  return keys;
}

/// One job of the file, with what is needed to say where it went wrong.
class JobReader {
 public:
  JobReader(const nlohmann::json& job, std::string source, std::size_t number, const TimeReader& read_time)
      : job_(job), name_(fmt::format("{}: job {}", source, number)), read_time_(read_time) {}

  PlanJob read() {
    if (!job_.is_object()) throw Error::bad_request(name_ + " is not an object");
    PlanJob result;
    result.id = text("id", true);
    if (result.id.empty()) fail("id", "is empty");
    name_ += fmt::format(" '{}'", result.id);
    for (const auto& [key, value] : job_.items())
      if (std::find(known_keys().begin(), known_keys().end(), key) == known_keys().end())
        throw Error::bad_request(
            fmt::format("{}: unknown key '{}'{}", name_, key, core::did_you_mean(key, known_keys())));
    result.seconds = whole("seconds", true, 1);
    result.milliwatts = milliwatts();
    result.earliest = time("earliest");
    result.deadline = time("deadline");
    result.priority = whole("priority", false, -1'000'000'000);
    result.when = when();
    result.after = after();
    result.group = text("group", false);
    result.setup_seconds = whole("setup_seconds", false, 0);
    return result;
  }

 private:
  [[noreturn]] void fail(const char* key, const std::string& what) const {
    throw Error::bad_request(fmt::format("{}: '{}' {}", name_, key, what));
  }

  const nlohmann::json* find(const char* key, bool required) const {
    const auto found = job_.find(key);
    if (found != job_.end() && !found->is_null()) return &*found;
    if (required) fail(key, "is missing");
    return nullptr;
  }

  std::string text(const char* key, bool required) const {
    const nlohmann::json* value = find(key, required);
    if (!value) return {};
    if (value->is_number_integer() && std::string_view(key) == "id") return value->dump();
    if (!value->is_string()) fail(key, "must be a text");
    return value->get<std::string>();
  }

  std::int64_t whole(const char* key, bool required, std::int64_t least) const {
    const nlohmann::json* value = find(key, required);
    if (!value) return 0;
    if (!value->is_number()) fail(key, "must be a number");
    const double number = value->get<double>();
    if (!(std::abs(number) <= 1e15) || std::floor(number) != number) fail(key, "must be a whole number");
    const auto result = static_cast<std::int64_t>(number);
    if (result < least) fail(key, fmt::format("must be at least {}", least));
    return result;
  }

  std::int64_t milliwatts() const {
    const nlohmann::json* value = find("watts", true);
    if (!value->is_number()) fail("watts", "must be a number");
    const double watts = value->get<double>();
    if (!(watts >= 0 && watts <= 1e9)) fail("watts", "must be from 0 to 1e9");
    return static_cast<std::int64_t>(std::nearbyint(watts * 1000));
  }

  std::optional<Seconds> time(const char* key) const {
    const nlohmann::json* value = find(key, false);
    if (!value) return std::nullopt;
    if (!value->is_string()) fail(key, "must be a time as text, such as \"2026-11-24T06:30:00Z\"");
    try {
      return read_time_(value->get<std::string>());
    } catch (const Error& error) {
      throw Error::bad_request(fmt::format("{}: '{}': {}", name_, key, error.message()), error.hint());
    }
  }

  When when() const {
    const std::string value = text("when", false);
    if (value.empty()) return When::cheapest;
    if (const auto when = spec::when_named(value)) return *when;
    fail("when", fmt::format("is '{}'; it must be off-peak, cheapest or now", value));
  }

  std::vector<std::string> after() const {
    const nlohmann::json* value = find("after", false);
    if (!value) return {};
    if (value->is_string()) return {value->get<std::string>()};
    if (!value->is_array()) fail("after", "must be an array of ids");
    std::vector<std::string> ids;
    for (const nlohmann::json& id : *value) {
      if (!id.is_string() && !id.is_number_integer()) fail("after", "must be an array of ids");
      ids.push_back(id.is_string() ? id.get<std::string>() : id.dump());
    }
    return ids;
  }

  const nlohmann::json& job_;
  std::string name_;
  const TimeReader& read_time_;
};

}  // namespace

std::vector<PlanJob> read_jobs(std::string_view json, const std::string& source,
                               const TimeReader& read_time) {
  nlohmann::json document;
  if (core::json_nesting(json) > core::max_json_nesting)
    throw Error::bad_request(source + ": JSON is nested too deeply",
                             "write an array of objects with id, seconds and watts");
  try {
    document = nlohmann::json::parse(json);
  } catch (const nlohmann::json::parse_error& error) {
    const std::string_view before = json.substr(0, std::min<std::size_t>(error.byte, json.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    throw Error::bad_request(fmt::format("{}:{}: this is not JSON", source, line),
                             "write an array of objects with id, seconds and watts");
  }
  if (document.is_object() && document.contains("jobs")) document = nlohmann::json(document["jobs"]);
  if (!document.is_array())
    throw Error::bad_request(source + ": this is not a list of jobs",
                             "write an array of objects with id, seconds and watts");
  std::vector<PlanJob> jobs;
  std::set<std::string> ids;
  for (const nlohmann::json& job : document) {
    jobs.push_back(JobReader(job, source, jobs.size() + 1, read_time).read());
    if (!ids.insert(jobs.back().id).second)
      throw Error::bad_request(
          fmt::format("{}: job {} '{}': 'id' is taken by another job", source, jobs.size(), jobs.back().id));
  }
  return jobs;
}

std::string format_utc(Seconds instant) {
  const std::chrono::sys_seconds time{std::chrono::seconds(instant)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace turbodiff::plan
