// The engine as a child process: `turbodiff worker`, which keeps its model loaded between jobs.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/os/subprocess.h"
#include "runner/worker_event.h"
#include "store/job.h"
#include "store/process_identity.h"

namespace turbodiff::runner {

/// The preset's options, overridden by the job's own. Before --quant-linear had values, presets stored true
/// where int8 was requested, and false where it was not.
nlohmann::ordered_json request_of(const store::Preset& preset, const store::JobSpec& spec);

/// One generation as sent to the worker.
struct Order {
  std::string id;
  nlohmann::ordered_json request;
  std::filesystem::path write_to, checkpoint, preview;
  std::string fingerprint;
  std::vector<std::string> upcoming;
};

class WorkerProcess {
 public:
  using OnEvent = std::function<void(const WorkerEvent& event)>;
  using OnLog = std::function<void(std::string_view line)>;

  /// Starts `program` worker. Error not_found or work_failed when it cannot be started.
  WorkerProcess(const std::filesystem::path& program, OnEvent on_event, OnLog on_log);
  /// Kills the worker.
  ~WorkerProcess();

  store::ProcessIdentity identity() const { return identity_; }
  /// False when the worker no longer reads.
  bool order(const Order& order);
  /// Waits up to `timeout_s` for events and log lines and delivers them; returns the exit status once it has
  /// ended.
  std::optional<core::ExitStatus> wait(double timeout_s);
  /// Sends SIGTERM: the worker leaves a checkpoint.
  void ask_to_stop();
  /// Lets the worker end normally: no more orders follow.
  void dismiss();

 private:
  OnEvent on_event_;
  OnLog on_log_;
  std::unique_ptr<core::Subprocess> process_;
  store::ProcessIdentity identity_;
};

}  // namespace turbodiff::runner
