// The engine as a child process: `turbodiff worker`, which keeps its model loaded between jobs.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/subprocess.h"
#include "sched/worker_event.h"
#include "store/job.h"
#include "store/process_identity.h"

namespace turbodiff::sched {

/// The preset's options with the job's own over them. Before --quant-linear had values, presets held true
/// where int8 was asked for, and false where nobody had asked.
nlohmann::ordered_json request_of(const store::Preset& preset, const store::JobSpec& spec);

/// One generation as the worker is told.
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
  /// Kills it.
  ~WorkerProcess();

  store::ProcessIdentity identity() const { return identity_; }
  /// False when it does not read any more.
  bool order(const Order& order);
  /// Waits up to `timeout_s` for events and log lines and delivers them; how it ended, once it has.
  std::optional<core::ExitStatus> wait(double timeout_s);
  /// SIGTERM: it leaves a checkpoint.
  void ask_to_stop();
  /// Lets it end in peace: no more orders.
  void dismiss();

 private:
  OnEvent on_event_;
  OnLog on_log_;
  std::unique_ptr<core::Subprocess> process_;
  store::ProcessIdentity identity_;
};

}  // namespace turbodiff::sched
