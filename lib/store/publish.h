// Putting a finished file under its name, once, whatever happens in between.
//
// The worker writes to a temporary name beside the final one. begin_publication() of the store then records
// which inode will be published; publish() flushes it, renames it and flushes the folder; finish() of the
// store closes the attempt. Whoever finds a recorded publication after a crash calls publish() again: an
// inode that is already under its final name is done, one that is still under the temporary name is renamed.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "store/job.h"

namespace turbodiff::store {

/// ".NAME.turbodiff-JOB-ATTEMPT.part" in the folder of `final`.
std::filesystem::path temporary_name(const std::filesystem::path& final, JobId job, int attempt);

/// Fills in what tells the temporary file from any other. Error work_failed when it is not there.
void identify(Publication& publication);

/// Error bad_request when the final name is taken and must not be overwritten, refused for a full disk,
/// work_failed when the file is gone or cannot be renamed.
void publish(const Publication& publication);

/// Removes the temporary files that attempts 1 to `attempts` of `job` may have left beside `final`, and what
/// a worker that was killed was about to make of them.
void remove_leftovers(const std::filesystem::path& final, JobId job, int attempts) noexcept;

}  // namespace turbodiff::store
