#include "spec/generation_request.h"

#include <fmt/format.h>

#include <limits>
#include <random>
#include <vector>

#include "core/error.h"
#include "core/text/incoming_text.h"
#include "core/text/strings.h"
#include "spec/tier.h"

namespace turbodiff::spec {
namespace {

/// Collects what is wrong so that the user sees all of it at once.
class Problems {
 public:
  void add(std::string message, std::string hint = {}) {
    messages_.push_back(std::move(message));
    if (!hint.empty()) hints_.push_back(std::move(hint));
  }
  void throw_if_any() const {
    if (!messages_.empty()) throw Error::bad_request(core::join(messages_, "; "), core::join(hints_, "; "));
  }

 private:
  std::vector<std::string> messages_;
  std::vector<std::string> hints_;
};

template <class Enum>
Enum value_of(const std::optional<std::string>& text, Enum otherwise) {
  return text ? value_named<Enum>(*text).value_or(otherwise) : otherwise;
}

int frames_of(std::int64_t asked, Problems& problems) {
  if (asked % 4 == 1) return static_cast<int>(asked);
  const std::int64_t below = (asked - 1) / 4 * 4 + 1;
  problems.add(fmt::format("--frames: {} does not fit, it must be 4k+1", asked),
               fmt::format("the nearest are {} and {}", below, below + 4));
  return 1;
}

Size size_of(const RequestOptions& options, const ModelDefaults& defaults, Size preset, Problems& problems) {
  if (options.size) {
    if (options.resolution || options.aspect_ratio)
      problems.add("--size and --resolution exclude each other", "give one of them");
    return parse_size(*options.size);
  }
  if (!options.resolution && !options.aspect_ratio) return preset;
  if (!options.resolution && defaults.resolution.empty()) {
    problems.add("--aspect-ratio needs a --resolution, this model has none of its own",
                 fmt::format("give --size, the model's own is {}", to_string(defaults.size)));
    return preset;
  }
  std::string resolution = options.resolution.value_or(defaults.resolution);
  if (!options.resolution && preset != defaults.size) resolution = "480p";
  const auto size = find_resolution(resolution, options.aspect_ratio.value_or("16:9"));
  if (!size) problems.add(fmt::format("no size is known for {} at {}", resolution, *options.aspect_ratio));
  return size.value_or(preset);
}

Sampler sampler_of(const RequestOptions& options, const ModelDefaults& defaults) {
  const Sampler asked = value_of(options.sampler, Sampler::automatic);
  if (asked != Sampler::automatic) return asked;
  return defaults.distilled.value_or(true) ? Sampler::rcm : Sampler::unipc;
}

void check_seed_range(const GenerationRequest& request, Problems& problems) {
  const auto more = static_cast<std::uint64_t>(request.num_samples - 1);
  if (request.seed > std::numeric_limits<std::uint64_t>::max() - more)
    problems.add(fmt::format("--seed: {} and {} samples go past 64 bits", request.seed, request.num_samples),
                 "give a smaller seed");
}

void check_image_options(const RequestOptions& options, const ModelDefaults& defaults, Problems& problems) {
  if (options.image) {
    if (!defaults.image_to_video)
      problems.add("--image: this model makes video from text alone", "use an image-to-video model");
    return;
  }
  if (defaults.image_to_video)
    problems.add("this model makes video from a picture, and none is given", "pass --image FILE");
  if (options.adaptive_resolution.value_or(false))
    problems.add("--adaptive-resolution needs --image", "leave it out for text to video");
}

void check_prompt(const RequestOptions& options, Problems& problems) {
  if (!options.prompt)
    problems.add("no prompt is given", "give one in quotes, such as \"a red circle moving right\"");
  else if (core::is_blank(*options.prompt))
    problems.add("the prompt is empty", "say what the video shows, such as \"a red circle moving right\"");
  else if (const auto problem = core::text_problem(*options.prompt))
    problems.add("the prompt " + *problem, "leave that character out");
  using Named = std::pair<const char*, const std::optional<std::string>*>;
  for (const auto& [option, name] :
       {Named{"--output", &options.output}, Named{"--save-latents", &options.save_latents},
        Named{"--contact-sheet", &options.contact_sheet}})
    if (const auto problem = core::text_problem(name->value_or("")))
      problems.add(fmt::format("{}: the name {}", option, *problem), "give another name");
}

}  // namespace

std::uint64_t draw_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return ((high << 32) | device()) & ((std::uint64_t{1} << 53) - 1);
}

GenerationRequest resolve(const RequestOptions& options, const ModelDefaults& defaults,
                          const std::function<std::uint64_t()>& draw) {
  Problems problems;
  const TierPreset preset = preset_of(value_of(options.tier, Tier::final), defaults);

  GenerationRequest request;
  request.prompt = options.prompt.value_or("");
  check_prompt(options, problems);

  request.sampler = sampler_of(options, defaults);
  request.steps = static_cast<int>(options.steps.value_or(preset.steps));
  if (request.sampler == Sampler::rcm && request.steps > 4)
    problems.add(fmt::format("--steps: {} is out of range, the rcm sampler takes 1 to 4", request.steps),
                 "--steps 4 gives the best quality");

  const Seed seed = options.seed.value_or(Seed{});
  request.seed_was_drawn = seed.random;
  request.seed = seed.random ? draw() : seed.value;
  request.num_samples = static_cast<int>(options.num_samples.value_or(1));
  request.grid = options.grid.value_or(false) && request.num_samples > 1;
  check_seed_range(request, problems);
  request.sigma_max = options.sigma_max.value_or(defaults.sigma_max);
  request.rng = value_of(options.rng, Rng::cpu);
  request.noise = options.noise;

  request.size = size_of(options, defaults, preset.size, problems);
  request.frames = frames_of(options.frames.value_or(preset.frames), problems);
  request.fps = static_cast<int>(options.fps.value_or(defaults.fps));

  request.attention = value_of(options.attention, Attention::automatic);
  request.sla_topk = options.sla_topk.value_or(0.1);
  if (request.sla_topk <= 0) problems.add("--sla-topk: it must be above 0", "0.1 is usual");
  if (options.quant_linear) request.quant_linear = value_named<QuantLinear>(*options.quant_linear);
  request.default_norm = options.default_norm.value_or(false);

  check_image_options(options, defaults, problems);
  request.image = options.image;
  request.boundary = options.boundary.value_or(0.9);
  request.ode = options.ode.value_or(false);
  request.adaptive_resolution = options.adaptive_resolution.value_or(false);

  request.device = parse_device(options.device.value_or("auto"));
  request.dtype = value_of(options.dtype, Precision::automatic);
  request.threads = static_cast<int>(options.threads.value_or(0));
  if (request.rng == Rng::cuda && request.device.kind == DeviceChoice::Kind::cpu)
    problems.add("--rng cuda needs a CUDA device, and --device is cpu");

  request.output = options.output.value_or("");
  request.force = options.force.value_or(false);
  request.save_latents = options.save_latents;
  request.contact_sheet = options.contact_sheet;
  problems.throw_if_any();
  return request;
}

RequestOptions options_of(const GenerationRequest& request) {
  RequestOptions options;
  options.prompt = request.prompt;
  options.steps = request.steps;
  options.sampler = name_of(request.sampler);
  options.seed = Seed{.random = false, .value = request.seed};
  options.num_samples = request.num_samples;
  options.grid = request.grid;
  options.sigma_max = request.sigma_max;
  options.rng = name_of(request.rng);
  options.noise = request.noise;
  options.size = to_string(request.size);
  options.frames = request.frames;
  options.fps = request.fps;
  options.attention = name_of(request.attention);
  options.sla_topk = request.sla_topk;
  if (request.quant_linear) options.quant_linear = name_of(*request.quant_linear);
  options.default_norm = request.default_norm;
  options.image = request.image;
  options.boundary = request.boundary;
  options.ode = request.ode;
  options.adaptive_resolution = request.adaptive_resolution;
  options.device = to_string(request.device);
  options.dtype = name_of(request.dtype);
  options.threads = request.threads;
  if (!request.output.empty()) options.output = request.output;
  options.force = request.force;
  options.save_latents = request.save_latents;
  options.contact_sheet = request.contact_sheet;
  return options;
}

}  // namespace turbodiff::spec
