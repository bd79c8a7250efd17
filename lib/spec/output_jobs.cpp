#include "spec/output_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/text/strings.h"
#include "spec/output_name.h"

namespace turbodiff::spec {
namespace {

namespace fs = std::filesystem;

fs::path absolute_path(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

bool chosen_by_files(const RequestOptions& options) {
  return options.dit || options.high_noise_model || options.low_noise_model || options.vae ||
         options.text_encoder || options.tokenizer ||
         (options.model && options.model->find('/') != std::string::npos);
}

/// The models of requests; requests that name the same one look for it once.
class ModelChooser {
 public:
  ModelChooser(JobList& list, std::span<const fs::path> model_dirs) : list_(list), model_dirs_(model_dirs) {}

  std::size_t index_of(const RequestOptions& options) {
    RequestOptions named;
    named.model = options.model;
    named.dit = options.dit;
    named.high_noise_model = options.high_noise_model;
    named.low_noise_model = options.low_noise_model;
    named.vae = options.vae;
    named.text_encoder = options.text_encoder;
    named.tokenizer = options.tokenizer;
    for (const auto& [known, index] : chosen_)
      if (known == named) return index;
    const std::size_t index = choose(options);
    chosen_.emplace_back(std::move(named), index);
    return index;
  }

 private:
  std::size_t choose(const RequestOptions& options) {
    Model model = choose_model(options, model_dirs_);
    for (std::size_t i = 0; i < list_.models.size(); ++i)
      if (list_.models[i].model.files == model.files) return i;
    list_.models.push_back({std::move(model), chosen_by_files(options)});
    return list_.models.size() - 1;
  }

  JobList& list_;
  std::span<const fs::path> model_dirs_;
  std::vector<std::pair<RequestOptions, std::size_t>> chosen_;
};

void add_jobs(JobList& list, const GenerationRequest& request, std::size_t model, std::time_t now,
              int& next_index, int file_count) {
  const auto fill = [&](const std::string& name_template, const NameValues& values) {
    return fill_name(template_for(name_template, file_count), values);
  };
  for (int i = 0; i < request.file_count(); ++i) {
    Job job;
    job.request = request;
    job.model = model;
    const int samples = request.grid ? request.num_samples : 1;
    for (int sample = 0; sample < samples; ++sample)
      job.seeds.push_back(request.seed + static_cast<std::uint64_t>(i + sample));
    const NameValues values{job.seeds.front(), next_index++, request.prompt, list.models[model].model.name,
                            now};
    const std::string name = request.output.empty() ? std::string(default_output_name) : request.output;
    const fs::path output = fill(name, values);
    job.shown_output = output.string();
    job.output = absolute_path(output);
    if (request.save_latents) job.latents = absolute_path(fill(*request.save_latents, values));
    if (request.contact_sheet) job.contact_sheet = absolute_path(fill(*request.contact_sheet, values));
    list.jobs.push_back(std::move(job));
  }
}

/// Names that nobody gave must not collide: files of the same prompt and seed get their index too.
void make_names_unique(JobList& list, std::time_t now, int first_index) {
  std::map<fs::path, int> files_of_name;
  for (const Job& job : list.jobs)
    if (job.request.output.empty()) ++files_of_name[job.output];
  int index = first_index;
  for (Job& job : list.jobs) {
    const int own_index = index++;
    if (!job.request.output.empty() || files_of_name[job.output] < 2) continue;
    const fs::path output =
        fill_name("{prompt}-{seed}-{index}.mp4",
                  {job.seeds.front(), own_index, job.request.prompt, list.models[job.model].model.name, now});
    job.shown_output = output.string();
    job.output = absolute_path(output);
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

}  // namespace

JobList build_jobs(std::span<const RequestOptions> requests, std::span<const fs::path> model_dirs,
                   std::time_t now, int first_index, bool more_follow) {
  JobList list;
  std::vector<std::pair<GenerationRequest, std::size_t>> resolved;
  ModelChooser models(list, model_dirs);
  std::size_t number = 0;
  for (const RequestOptions& options : requests) {
    ++number;
    try {
      const std::size_t model = models.index_of(options);
      resolved.emplace_back(resolve(options, list.models[model].model.defaults), model);
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
  make_names_unique(list, now, first_index);
  for (Job& job : list.jobs) job.container = container_of(job.output);
  return list;
}

void check_side_files(const Job& job) {
  require_extension(job.latents, "--save-latents", ".safetensors");
  require_extension(job.contact_sheet, "--contact-sheet", ".png");
  require_input(job.request.noise, "--noise");
  require_input(job.request.image, "--image");
}

}  // namespace turbodiff::spec
