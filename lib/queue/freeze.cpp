#include "queue/freeze.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/output_file.h"
#include "energy/estimate.h"
#include "spec/fingerprint.h"
#include "spec/option_table.h"
#include "spec/output_jobs.h"
#include "spec/output_name.h"
#include "spec/recipe.h"

namespace turbodiff::queue {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// The options of a worker's request: those that a JSON line of prompts may have.
Json order_options(const spec::RequestOptions& options) {
  Json json = spec::options_to_json(options, false);
  for (auto it = json.begin(); it != json.end();) {
    const spec::Option* option = spec::find_json_option(it.key());
    it = option == nullptr || !option->json_key ? json.erase(it) : std::next(it);
  }
  return json;
}

class Freezer {
 public:
  Freezer(const spec::JobList& list, const FreezeSettings& settings)
      : list_(list), cache_(settings.cache_dir) {}
  ~Freezer() { cache_.save(); }

  store::NewJob freeze(const spec::Job& job, const store::JobSpec& common) {
    spec::RequestOptions options = spec::make_recipe("", job.request, list_.models[job.model].model,
                                                     list_.models[job.model].by_files, "", job.seeds.front())
                                       .options;
    options.prompt.reset();
    options.seed.reset();
    options.output.reset();
    options.force.reset();
    options.save_latents.reset();
    options.contact_sheet.reset();

    store::NewJob frozen;
    frozen.preset = preset_of(options, job);
    frozen.spec = common;
    frozen.spec.prompt = job.request.prompt;
    frozen.spec.output = job.output.string();
    frozen.spec.overwrite = job.request.force;
    Json own = {{"seed", job.seeds.front()}};
    if (!job.latents.empty()) own["save_latents"] = job.latents.string();
    if (!job.contact_sheet.empty()) own["contact_sheet"] = job.contact_sheet.string();
    frozen.spec.options = own.dump();
    return frozen;
  }

 private:
  const store::Preset& preset_of(const spec::RequestOptions& options, const spec::Job& job) {
    if (has_last_ && options == last_options_ && job.model == last_model_) return last_;
    const spec::Model& model = list_.models[job.model].model;
    last_ = {};
    last_.options = order_options(options).dump(-1, ' ', false, Json::error_handler_t::replace);
    last_.model = model.name;
    last_.fingerprint = spec::fingerprint_of(model.files, cache_);
    last_.device = options.device.value_or("auto");
    if (job.request.image) last_.image_sha256 = core::sha256_of_file(*job.request.image);
    const energy::Workload work = energy::workload_of(job.request);
    last_.tokens = work.tokens;
    last_.steps = work.steps;
    last_.pixels = work.pixels;
    last_options_ = options;
    last_model_ = job.model;
    has_last_ = true;
    return last_;
  }

  const spec::JobList& list_;
  spec::FingerprintCache cache_;
  bool has_last_ = false;
  spec::RequestOptions last_options_;
  std::size_t last_model_ = 0;
  store::Preset last_;
};

}  // namespace

std::vector<store::NewJob> freeze(std::span<const spec::RequestOptions> requests,
                                  const store::JobSpec& common, const std::vector<store::JobId>& after,
                                  const FreezeSettings& settings) {
  const spec::JobList list = spec::build_jobs(requests, settings.model_dirs, settings.now,
                                              settings.first_index, settings.more_follow);
  std::vector<fs::path> written;
  for (const spec::Job& job : list.jobs) {
    spec::check_side_files(job);
    for (const fs::path& path : {job.output, job.latents, job.contact_sheet}) {
      if (path.empty()) continue;
      core::OutputFile::check(path, job.request.force);
      written.push_back(path);
    }
  }
  spec::require_distinct(written);
  std::vector<store::NewJob> jobs;
  jobs.reserve(list.jobs.size());
  Freezer freezer(list, settings);
  for (const spec::Job& job : list.jobs) {
    jobs.push_back(freezer.freeze(job, common));
    jobs.back().after = after;
  }
  return jobs;
}

void add_repeated(const spec::RequestOptions& request, std::int64_t count,
                  std::vector<spec::RequestOptions>& requests) {
  for (std::int64_t i = 0; i < count; ++i) {
    requests.push_back(request);
    if (count == 1) continue;
    spec::Seed seed = request.seed.value_or(spec::Seed{});
    seed.value += static_cast<std::uint64_t>(i * request.num_samples.value_or(1));
    requests.back().seed = seed;
  }
}

}  // namespace turbodiff::queue
