// The progress of a running job, from what its runner writes into the job's log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace turbodiff::http {

struct JobProgress {
  std::string stage;  ///< "denoise"; empty before the first
  std::int64_t step = 0, steps = 0;
  bool operator==(const JobProgress&) const = default;
};

/// The last stage since the last attempt began, in the last lines of a log.
JobProgress progress_in(std::string_view log);

/// progress_in() of the end of a file; empty when it cannot be read.
JobProgress read_progress(const std::filesystem::path& log);

}  // namespace turbodiff::http
