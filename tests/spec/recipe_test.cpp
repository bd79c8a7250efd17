#include "spec/recipe.h"

#include <nlohmann/json.hpp>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;

namespace {
Model demo_model() {
  Model model;
  model.name = "demo";
  model.files.dit = "/models/demo/dit.pth";
  model.files.vae = "/models/demo/vae.pth";
  return model;
}
GenerationRequest request() {
  RequestOptions options;
  options.prompt = "a \"red\" circle\n圆形 😀";
  options.num_samples = 3;
  options.seed = Seed{false, 18446744073709551000ull};
  options.output = "private/{seed}.mp4";
  return resolve(options, ModelDefaults{});
}
}  // namespace

TEST_CASE("a recipe repeats the request") {
  const auto recipe = make_recipe("turbodiff 1", request(), demo_model(), false, "f00", request().seed + 1);
  const auto again = parse_recipe(to_text(recipe), "a.mp4");
  CHECK(again.program == "turbodiff 1");
  CHECK(again.model_name == "demo");
  CHECK(again.fingerprint == "f00");
  CHECK(again.files == recipe.files);
  CHECK(again.options.model == "demo");
  CHECK(again.options.num_samples == 1);
  CHECK(again.options.seed->value == request().seed + 1);
  CHECK(!again.options.output);
  const auto repeated = resolve(again.options, ModelDefaults{});
  CHECK(repeated.prompt == request().prompt);
  CHECK(to_text(make_recipe("turbodiff 1", repeated, demo_model(), false, "f00", repeated.seed)) ==
        to_text(recipe));
}

TEST_CASE("a grid keeps its samples, files keep their paths") {
  auto grid = request();
  grid.grid = true;
  const auto recipe = make_recipe("turbodiff 1", grid, demo_model(), true, "f00", grid.seed);
  CHECK(recipe.options.num_samples == 3);
  CHECK(recipe.options.dit == "/models/demo/dit.pth");
  CHECK(!recipe.options.model);
}

TEST_CASE("a prompt that is not UTF-8 does not stop a recipe") {
  auto odd = request();
  odd.prompt = "caf\xe9";
  const auto text = to_text(make_recipe("turbodiff 1", odd, demo_model(), false, "f00", 0));
  CHECK(parse_recipe(text, "a.mp4").options.prompt == "caf\xEF\xBF\xBD");
}

TEST_CASE("what is no recipe is refused") {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"schema_version": 1})", R"({"schema_version": "1", "request": {}})",
        R"({"prompt": "from another program"})"})
    CHECK(testing::error_of([&] { parse_recipe(text, "a.mp4"); }).message() ==
          "'a.mp4' carries no recipe of turbodiff");
  CHECK(testing::error_of([&] { parse_recipe(R"({"schema_version": 2, "request": {}})", "a.mp4"); }).hint() ==
        "use a newer turbodiff");
  CHECK(testing::error_of([&] {
          parse_recipe(R"({"schema_version": 1, "request": {"x": 1}})", "a.mp4");
        }).message() == "recipe of 'a.mp4': unknown key 'x'");
}

TEST_CASE("what a recipe says of int8 layers is what runs again, also in those of earlier versions") {
  const auto quant_of = [](std::optional<QuantLinear> ran) {
    auto settled = request();
    settled.quant_linear = ran;
    const auto recipe = make_recipe("turbodiff 1", settled, demo_model(), false, "f00", settled.seed);
    return parse_recipe(to_text(recipe), "a.mp4").options.quant_linear;
  };
  CHECK(quant_of(QuantLinear::force) == "force");
  CHECK(quant_of(QuantLinear::off) == "off");
  CHECK(!quant_of(std::nullopt));

  const auto earlier = [](bool ran) {
    auto document =
        to_json(make_recipe("turbodiff 1", request(), demo_model(), false, "f00", request().seed));
    document["request"]["quant_linear"] = ran;
    return resolve(parse_recipe(document.dump(), "a.mp4").options, ModelDefaults{}).quant_linear;
  };
  CHECK((earlier(true) == QuantLinear::force));
  CHECK((earlier(false) == QuantLinear::off));
}
