#include "http/a1111_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "spec/option_table.h"

namespace turbodiff::http {
namespace {

using Json = nlohmann::ordered_json;

/// StableDiffusionProcessingTxt2Img of version 1.10, and what its forks add; sorted.
constexpr std::array<std::string_view, 59> fields = {"alwayson_scripts",
                                                     "batch_size",
                                                     "cfg_scale",
                                                     "comments",
                                                     "denoising_strength",
                                                     "disable_extra_networks",
                                                     "distilled_cfg_scale",
                                                     "do_not_save_grid",
                                                     "do_not_save_samples",
                                                     "enable_hr",
                                                     "eta",
                                                     "firstpass_image",
                                                     "firstphase_height",
                                                     "firstphase_width",
                                                     "force_task_id",
                                                     "hr_additional_modules",
                                                     "hr_cfg",
                                                     "hr_checkpoint_name",
                                                     "hr_distilled_cfg",
                                                     "hr_negative_prompt",
                                                     "hr_prompt",
                                                     "hr_resize_x",
                                                     "hr_resize_y",
                                                     "hr_sampler_name",
                                                     "hr_scale",
                                                     "hr_scheduler",
                                                     "hr_second_pass_steps",
                                                     "hr_upscaler",
                                                     "infotext",
                                                     "n_iter",
                                                     "negative_prompt",
                                                     "override_settings",
                                                     "override_settings_restore_afterwards",
                                                     "refiner_checkpoint",
                                                     "refiner_switch_at",
                                                     "restore_faces",
                                                     "s_churn",
                                                     "s_min_uncond",
                                                     "s_noise",
                                                     "s_tmax",
                                                     "s_tmin",
                                                     "sampler_index",
                                                     "sampler_name",
                                                     "save_images",
                                                     "scheduler",
                                                     "script_args",
                                                     "script_name",
                                                     "sd_model_checkpoint",
                                                     "sd_vae",
                                                     "seed_enable_extras",
                                                     "seed_resize_from_h",
                                                     "seed_resize_from_w",
                                                     "send_images",
                                                     "styles",
                                                     "subseed",
                                                     "subseed_strength",
                                                     "tiling",
                                                     "use_async",
                                                     "user"};

/// What has become an option of ours is one.
bool is_foreign(std::string_view name) {
  return std::binary_search(fields.begin(), fields.end(), name) && spec::find_json_option(name) == nullptr;
}

bool says_nothing(const Json& value) {
  return value.is_null() || value == false || value == "" ||
         ((value.is_array() || value.is_object()) && value.empty());
}

/// What these clients send by default, which asks for nothing.
bool is_default(std::string_view name, const Json& value) {
  if (says_nothing(value)) return true;
  if (name == "subseed") return value == -1;
  if (name == "send_images" || name == "override_settings_restore_afterwards") return true;
  if (name == "subseed_strength" || name == "s_churn" || name == "s_min_uncond") return value == 0;
  if (name == "seed_resize_from_h" || name == "seed_resize_from_w") return value == -1 || value == 0;
  return false;
}

/// A count of 1 to 64; 1 for anything else.
std::int64_t count_of(const Json& value) {
  constexpr std::int64_t most = 64;
  return value.is_number_integer() && value > 0 && value <= most ? value.get<std::int64_t>() : 1;
}

class Adapter {
 public:
  explicit Adapter(Json& object) : object_(object) {}

  std::vector<std::string> run() {
    bool of_that_api = false;
    for (const auto& [key, value] : object_.items()) of_that_api = of_that_api || is_foreign(key);
    if (!of_that_api) return {};
    take_counts();
    take_sampler();
    take_steps();
    std::vector<std::string> ignored;
    for (const std::string_view field : fields) {
      const auto found = object_.find(std::string(field));
      if (found == object_.end() || !is_foreign(field)) continue;
      if (!is_default(field, *found)) ignored.emplace_back(field);
      object_.erase(std::string(field));
    }
    if (!ignored.empty()) warnings_.push_back("ignored, not supported here: " + core::join(ignored, ", "));
    return std::move(warnings_);
  }

 private:
  void take_counts() {
    std::int64_t count = 1;
    for (const char* name : {"batch_size", "n_iter"})
      if (const auto found = object_.find(name); found != object_.end()) {
        count *= count_of(*found);
        object_.erase(name);
      }
    if (count == 1 || object_.contains("num_samples")) return;
    object_["num_samples"] = count;
    object_["grid"] = true;
    warnings_.push_back(fmt::format("the {} samples are placed side by side in one video", count));
  }

  /// Their samplers are those of undistilled models; only the name of ours is taken.
  void take_sampler() {
    for (const char* name : {"sampler_name", "sampler_index"}) {
      const auto found = object_.find(name);
      if (found == object_.end() || !found->is_string()) continue;
      const std::string sampler = core::to_lower(found->get<std::string>());
      if (sampler != "rcm" && sampler != "automatic" && sampler != "auto") continue;
      if (sampler == "rcm" && !object_.contains("sampler")) object_["sampler"] = sampler;
      object_.erase(name);
    }
  }

  /// These clients send 20 steps and more by default.
  void take_steps() {
    constexpr int most_of_distilled = 4;
    const auto found = object_.find("steps");
    if (found == object_.end() || !found->is_number_integer() || *found <= most_of_distilled) return;
    const auto sampler = object_.find("sampler");
    if (sampler != object_.end() && *sampler != "rcm" && *sampler != "auto") return;
    warnings_.push_back(fmt::format("{} steps are for undistilled models: the model's own number is taken",
                                    core::truncate_to_width(found->dump(), 20)));
    object_.erase("steps");
  }

  Json& object_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string_view> a1111_fields() {
  std::vector<std::string_view> found;
  for (const std::string_view name : fields)
    if (is_foreign(name)) found.push_back(name);
  return found;
}

std::vector<std::string> adapt_a1111_fields(Json& object) {
  return Adapter(object).run();
}

}  // namespace turbodiff::http
