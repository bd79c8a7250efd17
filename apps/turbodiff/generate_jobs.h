// Checks of the outputs before anything large is read.
#pragma once

#include <cstdint>

#include "media/video_writer.h"
#include "spec/output_jobs.h"

namespace turbodiff::app {

using spec::build_jobs;
using spec::Job;
using spec::JobList;
using spec::JobModel;

/// Checks everything about the outputs that can be known in advance: containers and their encoders, supported
/// sizes, existing files, folders, colliding names, input files, disk space. Error bad_request, or refused
/// for a full disk.
void check_jobs(const JobList& list);

/// The settings of a job's container, without recipe and tags.
media::VideoSettings video_settings(const Job& job);

/// Bytes the output will have at most, roughly for compressed formats.
std::uint64_t expected_bytes(const Job& job);

}  // namespace turbodiff::app
