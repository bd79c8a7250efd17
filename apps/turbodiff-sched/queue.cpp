#include "queue.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/os/signals.h"
#include "core/os/system_info.h"
#include "core/text/incoming_text.h"
#include "tariff/feed_check.h"
#include "tariff/local_time.h"
#include "tariff/tariff_check.h"
#include "tariff/tariff_folder.h"
#include "tariff/tariff_yaml.h"

namespace turbodiff::app {
namespace fs = std::filesystem;

Queue::Queue(cli::Program& program) : program_(program) {
  program.app()
      .add_option("--store", store_flag_, "Path of the job store")
      ->type_name("FILE")
      ->group("General");
  program.app()
      .add_option("--tariff", tariff_flag_, "Tariff file, or the name of a shipped one")
      ->type_name("FILE|NAME")
      ->group("General");
}

Queue::Queue(cli::Program& program, std::optional<std::string> store_flag,
             std::optional<std::string> tariff_flag)
    : program_(program), store_flag_(std::move(store_flag)), tariff_flag_(std::move(tariff_flag)) {}

std::unique_ptr<Queue> Queue::for_thread() const {
  return std::unique_ptr<Queue>(new Queue(program_, store_flag_, tariff_flag_));
}

fs::path Queue::store_file() {
  if (store_flag_) {
    if (store_flag_->empty()) throw Error::bad_request("--store: the name is empty");
    return fs::absolute(program_.paths().expand(*store_flag_)).lexically_normal();
  }
  if (const auto path = program_.config().path("store")) return *path;
  return program_.paths().state_dir() / "jobs.db";
}

store::JobStore& Queue::store() {
  if (!store_) store_ = std::make_unique<store::JobStore>(store_file(), true);
  return *store_;
}

std::vector<fs::path> Queue::tariff_folders() {
  std::vector<fs::path> folders;
  try {
    folders.push_back(program_.paths().config_dir() / "tariffs");
  } catch (const Error&) {
    // Without HOME there are only the shipped ones.
  }
  for (const fs::path& folder : program_.paths().shared_dirs("schedules")) folders.push_back(folder);
  return folders;
}

bool Queue::has_tariff() {
  return tariff_flag_ || program_.config().text("tariff");
}

std::optional<std::string> Queue::tariff_source() {
  const auto name = tariff_flag_ ? tariff_flag_ : program_.config().text("tariff");
  if (!name) return std::nullopt;
  const std::string expanded = name->starts_with("~") ? program_.paths().expand(*name).string() : *name;
  const bool file =
      expanded.find('/') != std::string::npos || expanded.ends_with(".yaml") || expanded.ends_with(".yml");
  return file ? fs::absolute(expanded).lexically_normal().string() : expanded;
}

bool Queue::store_is_named() {
  return store_flag_ || program_.config().path("store");
}

tariff::Tariff Queue::read_tariff() {
  const auto name = tariff_source();
  if (!name)
    throw Error::bad_request("no tariff is given", "name a file or one of " +
                                                       tariff::tariff_names(tariff_folders()) +
                                                       " with --tariff or TURBODIFF_TARIFF");
  const fs::path file = tariff::find_tariff(*name, tariff_folders());
  if (const auto note = core::note_of_file(file); note && warned_.insert(*note).second)
    program_.log().info("{}", *note);
  return tariff::read_tariff(file);
}

tariff::Tariff Queue::load_tariff(tariff::FeedAccess access) {
  tariff::Tariff tariff = read_tariff();
  tariff::FeedOptions options;
  options.folder = store::folder_beside(store_file(), "prices");
  options.access = access;
  options.stop = core::interrupted;
  options.environment = program_.environment();
  tariff::fill_feeds(tariff, now(), options);
  return tariff;
}

void Queue::warn_of(const tariff::Tariff& tariff) {
  const auto warn = [this](const tariff::Finding& finding) {
    if (finding.until <= now()) return;
    const std::string text = finding.where + ": " + finding.message;
    if (!warned_.insert(text).second) return;
    const std::string line = fmt::format("{} ({})", text, tariff::name_of(finding.action));
    if (finding.severity == tariff::Finding::Severity::error)
      program_.log().error("{}", line);
    else
      program_.log().warn("{}", line);
  };
  for (const tariff::Finding& finding : tariff.findings) warn(finding);
  for (const tariff::Finding& finding : tariff::check_tariff(tariff, now())) warn(finding);
}

queue::MachinePower Queue::power() {
  std::error_code error;
  return {program_.config().number("estimate.watts"), core::cpu_info().allowed_cores,
          fs::exists("/dev/nvidiactl", error)};
}

tariff::Seconds Queue::now() const {
  return std::chrono::floor<std::chrono::seconds>(program_.clock().now()).time_since_epoch().count();
}

store::Micros Queue::now_micros() const {
  return program_.clock().now().time_since_epoch().count();
}

tariff::LocalZone Queue::zone() {
  if (!zone_) zone_ = has_tariff() ? read_tariff().zone : tariff::LocalZone::of_system();
  return *zone_;
}

tariff::Seconds Queue::parse_time(std::string_view text, std::string_view option) {
  return tariff::parse_time(text, zone(), now(), option);
}

std::string Queue::local(tariff::Seconds instant) {
  return tariff::format_local(instant, zone());
}

nlohmann::ordered_json json_time(const std::optional<tariff::Seconds>& instant) {
  return instant ? nlohmann::ordered_json(tariff::format_utc(*instant)) : nlohmann::ordered_json();
}

}  // namespace turbodiff::app
