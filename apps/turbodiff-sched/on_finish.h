// --on-finish and --grace: what run and daemon do once a batch is finished.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "power/after_batch.h"
#include "queue.h"

namespace CLI {
class App;
}

namespace turbodiff::app {

struct OnFinishFlags {
  std::string action = "none";
  std::string grace = "10m";
};

void add_on_finish_flags(CLI::App& command, OnFinishFlags& flags);

/// Null for none. `dropped` names the files that are no jobs yet; `wake_failed` is told of an alarm
/// (seconds, UTC) that could not be set. Error bad_request for a slip of the finger,
/// a bad duration or a bad setting.
std::unique_ptr<power::AfterBatch> make_after_batch(
    Queue& queue, const OnFinishFlags& flags, bool staying, std::function<std::vector<std::string>()> dropped,
    std::function<void(std::int64_t, const std::string&)> wake_failed);

/// STORE-files, where the operator's files are.
std::filesystem::path operator_folder(Queue& queue);

}  // namespace turbodiff::app
