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

/// Null for the action none. `dropped` returns the names of files that are not jobs yet; `wake_failed` is
/// called with an alarm (seconds, UTC) that could not be set. Error bad_request for an unknown action, an
/// invalid duration or an invalid setting.
std::unique_ptr<power::AfterBatch> make_after_batch(
    Queue& queue, const OnFinishFlags& flags, bool staying, std::function<std::vector<std::string>()> dropped,
    std::function<void(std::int64_t, const std::string&)> wake_failed);

/// STORE-files, the folder of the operator's files.
std::filesystem::path operator_folder(Queue& queue);

}  // namespace turbodiff::app
