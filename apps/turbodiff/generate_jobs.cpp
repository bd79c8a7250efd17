#include "generate_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/output_file.h"
#include "core/strings.h"
#include "core/system_info.h"
#include "core/units.h"
#include "spec/output_name.h"

namespace turbodiff::app {
namespace {

namespace fs = std::filesystem;

fs::path absolute_path(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

bool chosen_by_files(const spec::RequestOptions& options) {
  return options.dit || options.high_noise_model || options.low_noise_model || options.vae ||
         options.text_encoder || options.tokenizer ||
         (options.model && options.model->find('/') != std::string::npos);
}

std::size_t model_index(JobList& list, const spec::RequestOptions& options,
                        std::span<const fs::path> model_dirs) {
  spec::Model model = spec::choose_model(options, model_dirs);
  for (std::size_t i = 0; i < list.models.size(); ++i)
    if (list.models[i].model.files == model.files) return i;
  list.models.push_back({std::move(model), chosen_by_files(options)});
  return list.models.size() - 1;
}

void add_jobs(JobList& list, const spec::GenerationRequest& request, std::size_t model, std::time_t now,
              int& next_index, int file_count) {
  const auto fill = [&](const std::string& name_template, const spec::NameValues& values) {
    return spec::fill_name(spec::template_for(name_template, file_count), values);
  };
  for (int i = 0; i < request.file_count(); ++i) {
    Job job;
    job.request = request;
    job.model = model;
    const int samples = request.grid ? request.num_samples : 1;
    for (int sample = 0; sample < samples; ++sample)
      job.seeds.push_back(request.seed + static_cast<std::uint64_t>(i + sample));
    const spec::NameValues values{job.seeds.front(), next_index++, request.prompt,
                                  list.models[model].model.name, now};
    const std::string name = request.output.empty() ? std::string(spec::default_output_name) : request.output;
    const fs::path output = fill(name, values);
    job.shown_output = output.string();
    job.output = absolute_path(output);
    if (request.save_latents) job.latents = absolute_path(fill(*request.save_latents, values));
    if (request.contact_sheet) job.contact_sheet = absolute_path(fill(*request.contact_sheet, values));
    list.jobs.push_back(std::move(job));
  }
}

void require_extension(const fs::path& path, std::string_view option, std::string_view extension) {
  if (!path.empty() && core::to_lower(path.extension().string()) != extension)
    throw Error::bad_request(
        fmt::format("{}: '{}' does not end in {}", option, path.filename().string(), extension),
        fmt::format("give a name such as {}{}", path.stem().string(), extension));
}

void require_input(const std::optional<fs::path>& path, std::string_view option) {
  std::error_code ignored;
  if (path && !fs::is_regular_file(*path, ignored))
    throw Error::bad_request(fmt::format("{}: no such file '{}'", option, path->string()));
}

void check_job(const Job& job, std::vector<fs::path>& written) {
  media::check_settings(job.container, video_settings(job));
  require_extension(job.latents, "--save-latents", ".safetensors");
  require_extension(job.contact_sheet, "--contact-sheet", ".png");
  require_input(job.request.noise, "--noise");
  require_input(job.request.image, "--image");
  for (const fs::path& path : {job.output, job.latents, job.contact_sheet}) {
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

JobList build_jobs(std::span<const spec::RequestOptions> requests, std::span<const fs::path> model_dirs,
                   std::time_t now, int first_index, bool more_follow) {
  JobList list;
  std::vector<std::pair<spec::GenerationRequest, std::size_t>> resolved;
  std::size_t number = 0;
  for (const spec::RequestOptions& options : requests) {
    ++number;
    try {
      const std::size_t model = model_index(list, options, model_dirs);
      resolved.emplace_back(spec::resolve(options, list.models[model].model.defaults), model);
    } catch (const Error& error) {
      if (requests.size() == 1) throw;
      throw Error(error.code(), fmt::format("prompt {}: {}", number, error.message()), error.hint());
    }
  }
  std::map<std::string, int> files_of_template;
  for (const auto& [request, model] : resolved) files_of_template[request.output] += request.file_count();
  int next_index = first_index;
  for (const auto& [request, model] : resolved)
    add_jobs(
        list, request, model, now, next_index,
        more_follow ? std::max(2, files_of_template[request.output]) : files_of_template[request.output]);
  for (Job& job : list.jobs) job.container = media::container_of(job.output);
  return list;
}

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
