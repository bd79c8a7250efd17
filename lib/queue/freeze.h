// Converts a user's request into jobs that mean the same whenever they run.
#pragma once

#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "spec/request_options.h"
#include "store/job.h"

namespace turbodiff::queue {

struct FreezeSettings {
  std::vector<std::filesystem::path> model_dirs;
  std::filesystem::path cache_dir;  ///< of fingerprints; may be empty
  std::time_t now = 0;
  int first_index = 1;       ///< the first value of {index}
  bool more_follow = false;  ///< names vary even for one file
};

/// One job for each output file, complete: every option resolved, paths absolute, with the current
/// fingerprint of the model and hash of the picture. `common` provides what is not part of the request
/// (priority, deadline, ...). Errors as spec::build_jobs(), and bad_request for an output that exists
/// (without --force) or is named twice.
std::vector<store::NewJob> freeze(std::span<const spec::RequestOptions> requests,
                                  const store::JobSpec& common, const std::vector<store::JobId>& after,
                                  const FreezeSettings& settings);

/// Adds `request` to `requests` `count` times, with consecutive seeds.
void add_repeated(const spec::RequestOptions& request, std::int64_t count,
                  std::vector<spec::RequestOptions>& requests);

}  // namespace turbodiff::queue
