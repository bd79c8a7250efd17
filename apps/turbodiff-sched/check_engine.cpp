#include "check_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/output_file.h"
#include "core/os/subprocess.h"
#include "engine.h"

namespace turbodiff::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_remembered = 512;
constexpr int memory_version = 1;

/// The kinds of requests that the engine has found right, by hash; one that cannot be read or written only
/// costs time.
class CheckedRequests {
 public:
  explicit CheckedRequests(const fs::path& cache_dir) {
    if (cache_dir.empty()) return;
    file_ = cache_dir / "checked.json";
    std::ifstream in(file_, std::ios::binary);
    const Json document = Json::parse(in, nullptr, false);
    if (!document.is_object() || document.value("version", Json()) != memory_version) return;
    const auto found = document.find("requests");
    if (found == document.end() || !found->is_array()) return;
    for (const Json& key : *found)
      if (key.is_string()) keys_.push_back(key.get<std::string>());
  }

  bool contains(const std::string& key) const {
    return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
  }
  void add(const std::string& key) {
    keys_.push_back(key);
    while (keys_.size() > most_remembered) keys_.pop_front();
  }
  void save() const noexcept {
    if (file_.empty()) return;
    try {
      fs::create_directories(file_.parent_path());
      core::OutputFile output(file_, /*force=*/true);
      std::ofstream(output.temp_path(), std::ios::binary)
          << Json{{"version", memory_version}, {"requests", keys_}}.dump(1) << '\n';
      output.commit();
    } catch (const std::exception&) {
      return;
    }
  }

 private:
  fs::path file_;
  std::deque<std::string> keys_;
};

/// The engine and the model as they are now, and what is asked of them. Empty where another file decides too.
std::string key_of(const fs::path& engine, const store::Preset& preset) {
  const Json options = Json::parse(preset.options, nullptr, false);
  if (!options.is_object() || options.contains("noise") || preset.fingerprint.empty()) return {};
  std::error_code error;
  const auto size = fs::file_size(engine, error);
  const auto time = fs::last_write_time(engine, error);
  if (error) return {};
  core::Sha256 hash;
  hash.update(fmt::format("{}\n{}\n{}\n{}\n{}", engine.string(), size, time.time_since_epoch().count(),
                          preset.fingerprint, preset.options));
  return hash.hex();
}

Json order_for(const store::NewJob& job, std::size_t index) {
  Json request = Json::parse(job.preset.options, nullptr, false);
  if (!request.is_object()) request = Json::object();
  request["prompt"] = job.spec.prompt;
  request["output"] = job.spec.output;
  return {{"id", std::to_string(index)}, {"request", std::move(request)}, {"check", true}};
}

/// The engine's answer to an order; nothing for any other line.
struct Answer {
  bool good = false;
  std::optional<Error> problem;
};
std::optional<Answer> read_answer(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("event") || !json["event"].is_string()) return std::nullopt;
  if (json["event"] == "checked") return Answer{true, {}};
  if (json["event"] != "failed" || !json.contains("error") || !json["error"].is_object()) return std::nullopt;
  const Json& error = json["error"];
  const auto text = [&](const char* key) {
    return error.contains(key) && error[key].is_string() ? error[key].get<std::string>() : std::string();
  };
  const int code = error.contains("code") && error["code"].is_number_integer() ? error["code"].get<int>() : 1;
  // What is no fault of the request may have passed by the time the job runs.
  if (code < static_cast<int>(ErrorCode::bad_request) || code > static_cast<int>(ErrorCode::refused))
    return Answer{false, {}};
  return Answer{false, Error(static_cast<ErrorCode>(code), text("message"), text("hint"))};
}

}  // namespace

void check_with_engine(cli::Program& program, const std::vector<store::NewJob>& jobs, double longest_s) {
  fs::path engine;
  try {
    engine = engine_program();
  } catch (const Error& error) {
    program.log().debug("the jobs are not checked: {}", error.message());
    return;
  }
  // Requests over HTTP come many at a time: one engine looks, and the others find its answer remembered.
  static std::mutex one_at_a_time;
  const std::lock_guard one(one_at_a_time);
  CheckedRequests checked(program.cache_dir_or_empty());
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<std::string> keys;
  std::string orders;
  for (const store::NewJob& job : jobs) {
    if (!seen.emplace(job.preset.fingerprint, job.preset.options).second) continue;
    std::string key = key_of(engine, job.preset);
    if (!key.empty() && checked.contains(key)) continue;
    orders += order_for(job, keys.size()).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return;

  std::vector<Answer> answers;
  core::SubprocessOptions options;
  options.argv = {engine.string(), "worker", "--no-color", "--quiet"};
  options.input = options.output = core::SubprocessOptions::Stream::pipe;
  options.errors = core::SubprocessOptions::Stream::null;
  options.on_output = [&](std::string_view line) {
    if (auto answer = read_answer(line)) answers.push_back(std::move(*answer));
  };
  try {
    core::Subprocess process(std::move(options));
    process.write_input(orders);
    process.close_input();
    process.wait(longest_s);
  } catch (const Error& error) {
    program.log().warn("the jobs are added unchecked: {}", error.message());
    return;
  }
  for (std::size_t i = 0; i < answers.size() && i < keys.size(); ++i) {
    if (answers[i].problem) throw *answers[i].problem;
    if (answers[i].good && !keys[i].empty()) checked.add(keys[i]);
  }
  checked.save();
  if (answers.size() < keys.size())
    program.log().warn("the engine does not answer; the jobs are added unchecked");
}

}  // namespace turbodiff::app
