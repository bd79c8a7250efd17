// The operations of the HTTP API on the queue, implemented by the commands' own code.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "http/generation_post.h"
#include "store/job_store.h"

namespace turbodiff::http {

/// Belongs to one request and its thread. The JSON is that of the command of the same name, without
/// schema_version unless stated. Errors as the commands'.
class HttpQueue {
 public:
  virtual ~HttpQueue() = default;
  virtual store::JobStore& store() = 0;
  virtual store::Micros now() = 0;
  /// Freezes and adds the job; its video will be `output`.
  virtual store::JobId add(const GenerationPost& post, const std::filesystem::path& output) = 0;
  virtual nlohmann::ordered_json list(const store::ListQuery& query) = 0;
  virtual nlohmann::ordered_json show(store::JobId id) = 0;
  virtual nlohmann::ordered_json status() = 0;
  /// The current day on the tariff's wall clock.
  virtual nlohmann::ordered_json summary() = 0;
  /// Makes the daemon end its worker. Error refused when none runs.
  virtual void restart_worker() = 0;
  virtual nlohmann::ordered_json tariff(const std::optional<std::string>& from,
                                        const std::optional<std::string>& to) = 0;
  /// With schema_version.
  virtual std::string plan() = 0;
};

/// Called in the thread of each request.
using HttpQueueFactory = std::function<std::unique_ptr<HttpQueue>()>;

}  // namespace turbodiff::http
