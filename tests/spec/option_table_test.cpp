#include "spec/option_table.h"

#include <set>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;
using Json = nlohmann::ordered_json;

namespace {
const Option& option_named(std::string_view name) {
  for (const Option& option : option_table())
    if (option.name == name) return option;
  throw Error::work_failed("no such option");
}
Error set_error(std::string_view name, std::string_view text) {
  return testing::error_of([&] {
    RequestOptions options;
    set_from_text(options, option_named(name), text);
  });
}
}  // namespace

TEST_CASE("no spelling of an option is used twice, and every option has help") {
  std::set<std::string> spellings;
  for (const Option& option : option_table()) {
    CHECK_MESSAGE(spellings.insert(std::string(option.name)).second, option.name);
    if (option.letter) CHECK_MESSAGE(spellings.insert(std::string(1, option.letter)).second, option.name);
    for (const auto alias : option.aliases) CHECK_MESSAGE(spellings.insert(std::string(alias)).second, alias);
    CHECK(!option.help.empty());
    CHECK(option.help.back() != '.');
  }
}

TEST_CASE("every spelling of TurboDiffusion's inference scripts is known") {
  std::set<std::string> spellings;
  for (const Option& option : option_table()) {
    spellings.insert(std::string(option.name));
    spellings.insert(option.aliases.begin(), option.aliases.end());
  }
  for (const char* flag : {"dit_path",
                           "model",
                           "num_samples",
                           "num_steps",
                           "sigma_max",
                           "vae_path",
                           "text_encoder_path",
                           "num_frames",
                           "prompt",
                           "resolution",
                           "aspect_ratio",
                           "seed",
                           "save_path",
                           "attention_type",
                           "sla_topk",
                           "quant_linear",
                           "default_norm",
                           "image_path",
                           "high_noise_model_path",
                           "low_noise_model_path",
                           "boundary",
                           "adaptive_resolution",
                           "ode"})
    CHECK_MESSAGE(spellings.count(flag) == 1, flag);
}

TEST_CASE("values that are wrong are refused in one clear line") {
  CHECK(set_error("steps", "abc").message() == "--steps: 'abc' is not a whole number");
  CHECK(set_error("steps", "abc").hint() == "it goes from 1 to 100");
  CHECK(set_error("steps", "4.5").message() == "--steps: '4.5' is not a whole number");
  CHECK(set_error("steps", "").code() == ErrorCode::bad_request);
  CHECK(set_error("steps", "0").message() == "--steps: 0 is out of range");
  CHECK(set_error("steps", "99999999999999999999").code() == ErrorCode::bad_request);
  CHECK(set_error("sigma-max", "nan").message() == "--sigma-max: 'nan' is not a number");
  CHECK(set_error("sampler", "dpm").hint() == "one of auto, rcm, unipc, euler");
  CHECK(set_error("seed", "-2").code() == ErrorCode::bad_request);
  CHECK(set_error("seed", "18446744073709551616").code() == ErrorCode::bad_request);
  CHECK(set_error("size", "100x100").hint() == "the nearest size is 96x96");
  CHECK(set_error("dit", "").message() == "--dit: the file name is empty");
}

TEST_CASE("a flag that may have a value takes true and false for two of its words") {
  const Option& quant = option_named("quant-linear");
  const auto text = [&](std::string_view value) {
    RequestOptions options;
    set_from_text(options, quant, value);
    return options.quant_linear;
  };
  const auto json = [](const char* value) {
    return options_from_json(Json::parse(std::string(R"({"quant_linear": )") + value + "}")).quant_linear;
  };
  for (const char* word : {"auto", "on", "off", "force"}) {
    CHECK(text(word) == word);
    CHECK(json(("\"" + std::string(word) + "\"").c_str()) == word);
  }
  CHECK(text("true") == "auto");
  CHECK(text("false") == "off");
  CHECK(json("true") == "auto");
  CHECK(json("false") == "off");
  CHECK(set_error("quant-linear", "fast").message() == "--quant-linear: unknown value 'fast'");
  CHECK(set_error("quant-linear", "fast").hint() == "one of auto, on, off, force");
  CHECK(set_error("quant-linear", "").code() == ErrorCode::bad_request);
  CHECK(set_error("sampler", "true").code() == ErrorCode::bad_request);  // it is no flag
}

TEST_CASE("seeds have 64 bits") {
  RequestOptions options;
  set_from_text(options, option_named("seed"), "18446744073709551615");
  CHECK(options.seed == Seed{false, 18446744073709551615ull});
  CHECK(get_json(options, option_named("seed")).dump() == "18446744073709551615");
  set_from_json(options, option_named("seed"), Json::parse("18446744073709551615"));
  CHECK(options.seed->value == 18446744073709551615ull);
  set_from_text(options, option_named("seed"), "-1");
  CHECK(options.seed->random);
}

TEST_CASE("the reference's --num_samples puts the samples side by side, --num-samples does not") {
  RequestOptions options;
  set_from_text(options, option_named("num_samples"), "3");
  CHECK(options.num_samples == 3);
  CHECK(options.grid == true);
  RequestOptions own;
  set_from_text(own, option_named("num-samples"), "3");
  CHECK(!own.grid.has_value());
}

TEST_CASE("JSON keys are the long options, with dashes or underscores") {
  const auto options =
      options_from_json(Json::parse(R"({"prompt": "a cat", "aspect-ratio": "1:1", "num_frames": 5,
      "sigma_max": 80, "ode": true, "seed": -1, "dit": "a/b.pth", "num_samples": 2})"));
  CHECK(options.prompt == "a cat");
  CHECK(options.aspect_ratio == "1:1");
  CHECK(options.frames == 5);
  CHECK(options.sigma_max == 80.0);
  CHECK(options.ode == true);
  CHECK(options.seed->random);
  CHECK(options.dit == "a/b.pth");
  CHECK(options.num_samples == 2);
  CHECK(!options.grid.has_value());
}

TEST_CASE("JSON values of the wrong type, and keys that do not exist, are refused") {
  const auto message = [](const char* text) {
    return testing::error_of([&] { options_from_json(Json::parse(text)); }).message();
  };
  CHECK(message(R"({"seeed": 3})") == "unknown key 'seeed' (did you mean 'seed'?)");
  CHECK(message(R"({"seed": "3"})") == "--seed: \"3\" is not a seed");
  CHECK(message(R"({"seed": 1.5})") == "--seed: 1.5 is not a seed");
  CHECK(message(R"({"frames": 18446744073709551615})") == "--frames: 18446744073709551615 is out of range");
  CHECK(message(R"({"frames": "5"})") == "--frames: \"5\" is not a whole number");
  CHECK(message(R"({"prompt": 5})") == "--prompt: 5 is not a text");
  CHECK(message(R"({"ode": 1})") == "--ode: 1 is not true or false");
  CHECK(message(R"({"threads": 1})") == "unknown key 'threads'");
  CHECK(message(R"([1])") == "not a JSON object of options");
}

TEST_CASE("options survive JSON") {
  RequestOptions options;
  options.prompt = "a \"quoted\" 圆形";
  options.seed = Seed{false, 7};
  options.sla_topk = 0.15;
  options.grid = true;
  options.num_samples = 2;
  options.vae = "/models/vae.pth";
  options.output = "x.mp4";
  CHECK(options_from_json(options_to_json(options, false)) == options);
  CHECK(!options_to_json(options, true).contains("output"));
}

TEST_CASE("merging replaces together what excludes each other") {
  RequestOptions base;
  base.resolution = "480p";
  base.aspect_ratio = "1:1";
  base.steps = 4;
  base.seed = Seed{false, 3};
  base.dit = "/a.pth";
  base.vae = "/v.pth";

  RequestOptions size;
  size.size = "96x96";
  CHECK(!merge(base, size).resolution);
  CHECK(!merge(base, size).aspect_ratio);
  CHECK(merge(base, size).seed == base.seed);

  RequestOptions model;
  model.model = "demo";
  CHECK(!merge(base, model).dit);
  CHECK(!merge(base, model).vae);

  RequestOptions dit;
  dit.dit = "/b.pth";
  CHECK(merge(base, dit).dit == "/b.pth");
  CHECK(merge(base, dit).vae == "/v.pth");

  RequestOptions tier;
  tier.tier = "draft";
  CHECK(!merge(base, tier).steps);
  tier.steps = 3;
  CHECK(merge(base, tier).steps == 3);
  CHECK(merge(base, {}) == base);
}
