#include "spec/generation_request.h"

#include "spec/model_catalogue.h"
#include "spec/tier.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;

namespace {
RequestOptions prompted() {
  RequestOptions options;
  options.prompt = "a red circle";
  return options;
}
ModelDefaults demo() {
  return find_catalogue_entry("demo")->defaults;
}
}  // namespace

TEST_CASE("defaults come from the model") {
  const auto wan = resolve(prompted(), ModelDefaults{});
  CHECK(wan.size == Size{832, 480});
  CHECK(wan.frames == 81);
  CHECK(wan.fps == 16);
  CHECK(wan.steps == 4);
  CHECK(wan.seed == 0);
  CHECK(wan.sigma_max == 80);
  CHECK(wan.sampler == Sampler::rcm);
  CHECK(wan.attention == Attention::automatic);

  const auto small = resolve(prompted(), demo());
  CHECK(small.size == Size{96, 96});
  CHECK(small.frames == 17);

  const auto& pair = find_catalogue_entry("wan2.2-i2v-a14b-720p")->defaults;
  auto options = prompted();
  options.image = "cat.png";
  CHECK(resolve(options, pair).sigma_max == 200);
  CHECK(resolve(options, pair).size == Size{1280, 720});
}

TEST_CASE("a model known not to be distilled does not get the rcm sampler by itself") {
  ModelDefaults defaults;
  defaults.distilled = false;
  CHECK(resolve(prompted(), defaults).sampler == Sampler::unipc);
  auto options = prompted();
  options.sampler = "rcm";
  CHECK(resolve(options, defaults).sampler == Sampler::rcm);
}

TEST_CASE("frames are 4k+1, and the nearest are named") {
  auto options = prompted();
  for (const int frames : {1, 5, 17, 81}) {
    options.frames = frames;
    CHECK(resolve(options, ModelDefaults{}).frames == frames);
  }
  options.frames = 80;
  const auto error = testing::error_of([&] { resolve(options, ModelDefaults{}); });
  CHECK(error.message() == "--frames: 80 does not fit, it must be 4k+1");
  CHECK(error.hint() == "the nearest are 77 and 81");
}

TEST_CASE("every problem is reported at once") {
  RequestOptions options;
  options.frames = 2;
  options.steps = 5;
  options.adaptive_resolution = true;
  options.seed = Seed{false, 18446744073709551615ull};
  options.num_samples = 2;
  const auto error = testing::error_of([&] { resolve(options, ModelDefaults{}); });
  CHECK(error.code() == ErrorCode::bad_request);
  for (const char* part : {"no prompt", "--frames", "--steps: 5", "--adaptive-resolution", "--seed"})
    CHECK_MESSAGE(error.message().find(part) != std::string::npos, part);
}

TEST_CASE("a prompt is text with something to see in it") {
  const auto problem = [](const std::string& prompt) {
    RequestOptions options;
    options.prompt = prompt;
    return testing::error_of([&] { resolve(options, ModelDefaults{}); }).message();
  };
  for (const char* blank : {"", " \t\n", "\u3000", "\u200B"}) CHECK(problem(blank) == "the prompt is empty");
  CHECK(problem("caf\xE9") == "the prompt holds a byte that is not UTF-8 (0xE9 at offset 3)");
  CHECK(problem("a\x1B") == "the prompt holds a control character (U+001B at offset 1)");
  RequestOptions named;
  named.prompt = "x";
  named.output = "a\x07.mp4";
  CHECK(testing::error_of([&] { resolve(named, ModelDefaults{}); }).message() ==
        "--output: the name holds a control character (U+0007 at offset 1)");
}

TEST_CASE("steps depend on the sampler") {
  auto options = prompted();
  options.steps = 50;
  CHECK_THROWS_AS(resolve(options, ModelDefaults{}), Error);
  options.sampler = "unipc";
  CHECK(resolve(options, ModelDefaults{}).steps == 50);
}

TEST_CASE("sizes by name and by number exclude each other") {
  auto options = prompted();
  options.resolution = "720p";
  options.aspect_ratio = "9:16";
  CHECK(resolve(options, ModelDefaults{}).size == Size{720, 1280});
  options.size = "96x96";
  CHECK_THROWS_AS(resolve(options, ModelDefaults{}), Error);

  auto ratio = prompted();
  ratio.aspect_ratio = "1:1";
  CHECK(resolve(ratio, ModelDefaults{}).size == Size{640, 640});
  CHECK_THROWS_AS(resolve(ratio, demo()), Error);
  ratio.tier = "draft";
  ModelDefaults large = find_catalogue_entry("wan2.1-t2v-14b-720p")->defaults;
  CHECK(resolve(ratio, large).size == Size{640, 640});
}

TEST_CASE("a drawn seed is kept") {
  auto options = prompted();
  options.seed = Seed{.random = true};
  const auto request = resolve(options, ModelDefaults{}, [] { return std::uint64_t{1234}; });
  CHECK(request.seed == 1234);
  CHECK(request.seed_was_drawn);
  CHECK(draw_seed() < (std::uint64_t{1} << 53));
  CHECK(draw_seed() != draw_seed());
}

TEST_CASE("tiers") {
  const ModelDefaults large = find_catalogue_entry("wan2.1-t2v-14b-720p")->defaults;
  CHECK(preset_of(Tier::final, large) == TierPreset{4, 81, {1280, 720}});
  CHECK(preset_of(Tier::standard, large) == TierPreset{4, 81, {832, 480}});
  CHECK(preset_of(Tier::draft, large) == TierPreset{2, 33, {832, 480}});
  CHECK(preset_of(Tier::draft, demo()) == TierPreset{2, 17, {96, 96}});

  auto options = prompted();
  options.tier = "draft";
  options.steps = 3;
  CHECK(resolve(options, large).steps == 3);
  CHECK(resolve(options, large).frames == 33);
}

TEST_CASE("a grid of one sample is no grid, and a grid is one file") {
  auto options = prompted();
  options.grid = true;
  CHECK(!resolve(options, ModelDefaults{}).grid);
  options.num_samples = 3;
  CHECK(resolve(options, ModelDefaults{}).grid);
  CHECK(resolve(options, ModelDefaults{}).file_count() == 1);
  options.grid = false;
  CHECK(resolve(options, ModelDefaults{}).file_count() == 3);
}

TEST_CASE("pictures and models must go together") {
  auto options = prompted();
  options.image = "cat.png";
  CHECK_THROWS_AS(resolve(options, ModelDefaults{}), Error);
  options.image.reset();
  CHECK_THROWS_AS(resolve(options, find_catalogue_entry("wan2.2-i2v-a14b-720p")->defaults), Error);
}

TEST_CASE("devices") {
  CHECK(parse_device("cuda:3") == DeviceChoice{DeviceChoice::Kind::cuda, 3});
  CHECK(to_string(parse_device("cuda")) == "cuda:0");
  CHECK(to_string(parse_device("auto")) == "auto");
  for (const char* text : {"gpu", "cuda:", "cuda:x", "cuda:-1", ""})
    CHECK_THROWS_AS(parse_device(text), Error);
}

TEST_CASE("the options of a request give the same request with other defaults") {
  auto options = prompted();
  options.seed = Seed{false, 9};
  options.frames = 5;
  options.tier = "draft";
  options.contact_sheet = "sheet.png";
  const auto request = resolve(options, ModelDefaults{});
  ModelDefaults other = demo();
  other.steps = 1;
  const auto again = resolve(options_of(request), other);
  CHECK(options_of(again) == options_of(request));
}
