// What can be known of the outputs before anything large is read.
#pragma once

#include <cstdint>

#include "media/video_writer.h"
#include "spec/output_jobs.h"

namespace turbodiff::app {

using spec::build_jobs;
using spec::Job;
using spec::JobList;
using spec::JobModel;

/// Everything that can be known of the outputs: containers and their encoders, sizes they take, files that
/// exist, folders, names that collide, input files, disk space. Error bad_request, or refused for a full
/// disk.
void check_jobs(const JobList& list);

/// What the container of a job is told, but for recipe and tags.
media::VideoSettings video_settings(const Job& job);

/// Bytes the output will have at most, roughly for compressed formats.
std::uint64_t expected_bytes(const Job& job);

}  // namespace turbodiff::app
