// What the commands share: the store, the tariff, times and estimates, from flags and settings.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cli/program.h"
#include "queue/estimator.h"
#include "store/job_store.h"
#include "tariff/local_zone.h"
#include "tariff/price_feed.h"
#include "tariff/tariff.h"

namespace turbodiff::app {

class Queue {
 public:
  /// Adds --store and --tariff to the program.
  explicit Queue(cli::Program& program);

  /// The same store, tariff and settings for another thread, which opens the store itself. The program's
  /// configuration must have been read before.
  std::unique_ptr<Queue> for_thread() const;

  cli::Program& program() { return program_; }

  /// Opened at the first call; created when it does not exist.
  store::JobStore& store();
  std::filesystem::path store_file();
  /// Whether a flag, a variable or the configuration names a tariff.
  bool has_tariff();
  /// The tariff named by flag, variable or configuration: a shipped name unchanged, a file as an absolute
  /// path.
  std::optional<std::string> tariff_source();
  /// Whether a flag, a variable or the configuration names the store.
  bool store_is_named();
  /// Read at each call; series with a url are fetched according to `access`. Error bad_request, listing the
  /// shipped tariffs, when none is named.
  tariff::Tariff load_tariff(tariff::FeedAccess access = tariff::FeedAccess::due);
  /// Logs a warning for each problem of the tariff's prices from now on, each once.
  void warn_of(const tariff::Tariff& tariff);
  std::vector<std::filesystem::path> tariff_folders();
  queue::MachinePower power();

  /// Seconds and microseconds, UTC.
  tariff::Seconds now() const;
  store::Micros now_micros() const;
  /// The tariff's zone; without a tariff that of the machine.
  tariff::LocalZone zone();
  tariff::Seconds parse_time(std::string_view text, std::string_view option);
  std::string local(tariff::Seconds instant);

 private:
  Queue(cli::Program& program, std::optional<std::string> store_flag, std::optional<std::string> tariff_flag);
  tariff::Tariff read_tariff();
  cli::Program& program_;
  std::optional<std::string> store_flag_, tariff_flag_;
  std::unique_ptr<store::JobStore> store_;
  std::optional<tariff::LocalZone> zone_;
  std::set<std::string> warned_;
};

/// "2026-11-24T06:30:00Z" or null.
nlohmann::ordered_json json_time(const std::optional<tariff::Seconds>& instant);

}  // namespace turbodiff::app
