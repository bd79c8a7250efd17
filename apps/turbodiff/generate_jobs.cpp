#include "generate_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/os/output_file.h"
#include "core/os/system_info.h"
#include "core/units.h"
#include "spec/output_name.h"

namespace turbodiff::app {
namespace {

namespace fs = std::filesystem;

void check_job(const Job& job, std::vector<fs::path>& written) {
  media::check_settings(job.container, video_settings(job));
  spec::check_side_files(job);
  for (const fs::path& path :
       {job.write_to.empty() ? job.output : job.write_to, job.latents, job.contact_sheet}) {
    if (path.empty()) continue;
    core::OutputFile::check(path, job.request.force);
    written.push_back(path);
  }
}

void check_disk(const JobList& list) {
  std::map<fs::path, std::uint64_t> needed;
  for (const Job& job : list.jobs) needed[job.output.parent_path()] += expected_bytes(job);
  for (const auto& [folder, bytes] : needed) {
    const std::uint64_t free = core::free_disk_bytes(folder);
    if (bytes > free)
      throw Error::refused(fmt::format("'{}' has {} free, and the outputs need about {}", folder.string(),
                                       core::format_bytes(free), core::format_bytes(bytes)),
                           "make room or write elsewhere with --output");
  }
}

}  // namespace

void check_jobs(const JobList& list) {
  std::vector<fs::path> written;
  for (const Job& job : list.jobs) check_job(job, written);
  spec::require_distinct(written);
  check_disk(list);
}

media::VideoSettings video_settings(const Job& job) {
  media::VideoSettings settings;
  settings.width = job.width();
  settings.height = job.request.size.height;
  settings.frames = job.request.frames;
  settings.fps_num = job.request.fps;
  return settings;
}

std::uint64_t expected_bytes(const Job& job) {
  const auto pixels = static_cast<std::uint64_t>(job.width()) *
                      static_cast<std::uint64_t>(job.request.size.height) *
                      static_cast<std::uint64_t>(job.request.frames);
  constexpr std::uint64_t overhead = 1u << 16;
  switch (job.container) {
    case media::Container::npy:
    case media::Container::safetensors:
    case media::Container::png:
      return pixels * 3 + overhead;
    case media::Container::gif:
      return pixels + overhead;
    case media::Container::mp4:
    case media::Container::webm:
      break;
  }
  return pixels / 4 + overhead;
}

}  // namespace turbodiff::app
