#include "generate_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text/counted.h"
#include "core/text/text_width.h"
#include "core/units.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value, double scale) {
  return std::round(value * scale) / scale;
}

Json seconds_json(const JobResult& result) {
  const auto ms = [](double seconds) { return rounded(seconds, 1e3); };
  return {{"load", ms(result.load_s)},     {"text", ms(result.text_s)},     {"denoise", ms(result.denoise_s)},
          {"decode", ms(result.decode_s)}, {"encode", ms(result.encode_s)}, {"total", ms(result.total_s)}};
}

std::string seeds_text(const Job& job) {
  return job.seeds.size() == 1 ? fmt::format("seed {}", job.seeds.front())
                               : fmt::format("seeds {} to {}", job.seeds.front(), job.seeds.back());
}

double duration(const Job& job) {
  return static_cast<double>(job.request.frames) / job.request.fps;
}

}  // namespace

Json output_json(const Job& job, const JobResult& result) {
  Json energy = {{"kwh", nullptr}, {"source", nullptr}};
  if (result.kwh) energy = {{"kwh", rounded(*result.kwh, 1e9)}, {"source", "estimate"}};
  Json json = {{"path", job.output.string()},  {"seed", job.seeds.front()},
               {"prompt", job.request.prompt}, {"frames", job.request.frames},
               {"width", job.width()},         {"height", job.request.size.height},
               {"fps", job.request.fps},       {"seconds", seconds_json(result)},
               {"energy", std::move(energy)},  {"cost", nullptr},
               {"currency", nullptr}};
  json["quant_linear"] = job.request.quant_linear == spec::QuantLinear::force;
  if (job.seeds.size() > 1) json["seeds"] = job.seeds;
  if (!job.contact_sheet.empty()) json["contact_sheet"] = job.contact_sheet.string();
  if (!job.latents.empty()) json["latents"] = job.latents.string();
  return json;
}

Json plan_json(const JobList& list, const PlannedJob& planned, double seconds) {
  const Job& job = planned.job;
  const pipeline::Plan& plan = planned.plan;
  Json key_blocks = nullptr;
  if (plan.key_blocks) key_blocks = {{"kept", plan.key_blocks->kept}, {"of", plan.key_blocks->of}};
  return {{"path", job.output.string()},
          {"model", list.models[job.model].model.name},
          {"prompt", job.request.prompt},
          {"seed", job.seeds.front()},
          {"samples", job.seeds.size()},
          {"frames", job.request.frames},
          {"width", job.width()},
          {"height", job.request.size.height},
          {"fps", job.request.fps},
          {"steps", job.request.steps},
          {"sampler", spec::name_of(job.request.sampler)},
          {"attention", spec::name_of(job.request.attention)},
          {"key_blocks", std::move(key_blocks)},
          {"quant_linear", plan.linear.kind == model::LinearKind::int8},
          {"sigma_max", job.request.sigma_max},
          {"device", plan.runtime.device_name()},
          {"dtype", plan.runtime.type_name()},
          {"threads", plan.runtime.threads},
          {"latent", plan.latent},
          {"tokens", plan.tokens},
          {"cut_prompt_tokens", plan.cut_prompt ? Json(*plan.cut_prompt) : Json()},
          {"memory_bytes", plan.memory_bytes},
          {"mapped_bytes", plan.mapped_bytes},
          {"output_bytes", expected_bytes(job)},
          {"expected_seconds", rounded(seconds, 1e3)}};
}

std::string plan_text(const JobList& list, const PlannedJob& planned, double seconds) {
  const Job& job = planned.job;
  const pipeline::Plan& plan = planned.plan;
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<10}{}\n", name, core::escape_control(value));
  };
  line("output", job.shown_output);
  line("prompt", job.request.prompt);
  line("model", list.models[job.model].model.name);
  line("video", fmt::format("{}x{}, {}, {} fps, {}", job.width(), job.request.size.height,
                            core::counted(job.request.frames, "frame"), job.request.fps,
                            core::format_duration(duration(job))));
  line("sampling",
       fmt::format("{} sampler, {}, sigma max {}, {}", spec::name_of(job.request.sampler),
                   core::counted(job.request.steps, "step"), job.request.sigma_max, seeds_text(job)));
  line("latent", fmt::format("{}x{}x{}x{}, {}", plan.latent[0], plan.latent[1], plan.latent[2],
                             plan.latent[3], core::counted(plan.tokens, "token")));
  if (plan.key_blocks)
    line("attention", fmt::format("{}, {} of {} key blocks", spec::name_of(job.request.attention),
                                  plan.key_blocks->kept, plan.key_blocks->of));
  line("runs on", fmt::format("{} in {}{} with {}", plan.runtime.device_name(), plan.runtime.type_name(),
                              plan.linear.kind == model::LinearKind::int8 ? ", linear layers in int8," : "",
                              core::counted(plan.runtime.threads, "thread")));
  line("memory", fmt::format("about {}, and {} of weights used in place",
                             core::format_bytes(static_cast<std::uint64_t>(plan.memory_bytes)),
                             core::format_bytes(static_cast<std::uint64_t>(plan.mapped_bytes))));
  line("time", fmt::format("about {}", core::format_duration(seconds)));
  return text;
}

std::string cut_prompt_line(const JobList& list, const Job& job, std::size_t tokens) {
  const auto number = static_cast<std::size_t>(&job - list.jobs.data()) + 1;
  return fmt::format("the prompt{} has {} tokens, and the model reads only the first {}",
                     list.jobs.size() > 1 ? fmt::format(" of output {}", number) : "", tokens,
                     model::text_length);
}

std::optional<std::string> beyond_training(const spec::GenerationRequest& request,
                                           const spec::ModelDefaults& defaults) {
  const auto is_far = [](double asked, double trained) {
    return asked > 1.25 * trained || asked * 2 < trained;
  };
  const auto pixels = [](const spec::Size& size) { return static_cast<double>(size.width) * size.height; };
  const bool size = is_far(pixels(request.size), pixels(defaults.size));
  const bool frames = request.frames != 1 && is_far(request.frames, defaults.frames);
  if (!size && !frames) return std::nullopt;
  return fmt::format("trained for {} and {}, {} and {} may look wrong", spec::to_string(defaults.size),
                     core::counted(defaults.frames, "frame"), spec::to_string(request.size),
                     core::counted(request.frames, "frame"));
}

std::string start_line(const JobList& list, const PlannedJob& planned) {
  const Job& job = planned.job;
  const pipeline::Runtime& runtime = planned.plan.runtime;
  return fmt::format("{}: {}x{}, {}, {} sampler, {}, {}, on {} in {} with {}",
                     list.models[job.model].model.name, job.width(), job.request.size.height,
                     core::counted(job.request.frames, "frame"), spec::name_of(job.request.sampler),
                     core::counted(job.request.steps, "step"), seeds_text(job), runtime.device_name(),
                     runtime.type_name(), core::counted(runtime.threads, "thread"));
}

std::string done_line(const Job& job, const JobResult& result) {
  return fmt::format("wrote {} ({}x{}, {}, {}, {}) in {}", core::escape_control(job.shown_output),
                     job.width(), job.request.size.height, core::counted(job.request.frames, "frame"),
                     core::format_duration(duration(job)), seeds_text(job),
                     core::format_duration(result.total_s));
}

}  // namespace turbodiff::app
