// Publishes a finished file under its name, exactly once even after crashes.
//
// The worker writes to a temporary name beside the final one. begin_publication() of the store then records
// which inode will be published; publish() flushes it (as far as the file system can), renames it and flushes the folder; finish() of the
// store closes the attempt. A process that finds a recorded publication after a crash calls publish() again:
// an inode that already has its final name is done, one that still has the temporary name is renamed.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "store/job.h"

namespace turbodiff::store {

/// ".NAME.turbodiff-JOB-ATTEMPT.part" in the folder of `final`.
std::filesystem::path temporary_name(const std::filesystem::path& final, JobId job, int attempt);

/// Fills in what identifies the temporary file. Error work_failed when it does not exist.
void identify(Publication& publication);

/// Error bad_request when the final name exists and must not be overwritten, refused for a full disk,
/// work_failed when the file is gone or cannot be renamed.
void publish(const Publication& publication);

/// Removes the temporary files that attempts 1 to `attempts` of `job` may have left beside `final`, and the
/// incomplete files of a killed worker.
void remove_leftovers(const std::filesystem::path& final, JobId job, int attempts) noexcept;

}  // namespace turbodiff::store
