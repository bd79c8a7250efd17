#include "json_schema.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::quick_generate;
using testing::Workplace;

namespace {
void check_schema(const std::string& name, const nlohmann::json& document) {
  CHECK(document["schema_version"] == 1);
  for (const std::string& violation : testing::schema_violations(testing::read_schema(name), document))
    FAIL_CHECK(name << ": " << violation << " in " << document.dump());
}
}  // namespace

TEST_CASE("the JSON of every command fits its schema") {
  Workplace place;
  place.set("TURBODIFF_WATTS", "100");
  check_schema("generate", place.run(quick_generate({"a red circle", "-o", "a.mp4", "--json"})).json());
  check_schema("generate", place
                               .run(quick_generate({"a red circle", "-o", "b.mp4", "--json", "--num-samples",
                                                    "2", "--grid", "--contact-sheet", "b.png",
                                                    "--save-latents", "b.safetensors"}))
                               .json());
  check_schema("generate-dry-run", place.run({"generate", "x", "--dry-run", "--json"}).json());
  check_schema("info", place.run({"info", "a.mp4", "--json"}).json());
  check_schema(
      "convert",
      place.run({"convert", (testing::demo_folder() / "vae.pth").string(), "v.safetensors", "--json"})
          .json());
  check_schema("models-list", place.run({"models", "list", "--json"}).json());
  check_schema("models-show", place.run({"models", "show", "demo", "--json"}).json());
  check_schema("models-verify", place.run({"models", "verify", "demo", "--json"}).json());
  check_schema("models-path", place.run({"models", "path", "--json"}).json());
  check_schema("doctor", place.run({"doctor", "--json"}).json());
  check_schema("doctor-config", place.run({"doctor", "--show-config", "--json"}).json());
  check_schema("bench",
               place.run({"bench", "--repeats", "1", "--size", "32x32", "--frames", "5", "--json"}).json());
  check_schema("completion", place.run({"completion", "bash", "--json"}).json());
  check_schema("version", place.run({"--version", "--json"}).json());
}

TEST_CASE("errors are a JSON document too, beside the line on standard error") {
  Workplace place;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"generate", "x", "--steps", "abc", "--json"},
        {"--json", "nonsense"},
        {"models", "show", "nothing", "--json"},
        {"info", "none.mp4", "--json"}}) {
    const auto result = place.run(arguments);
    check_schema("error", result.json());
    CHECK(result.json()["error"]["code"] == result.code);
    CHECK(!result.error_line().empty());
  }
}

TEST_CASE("generate --json says what was made") {
  Workplace place;
  place.set("TURBODIFF_WATTS", "100");
  const auto result =
      place.run(quick_generate({"ein \"roter\" Kreis 圆", "-o", "a.mp4", "--json", "--seed", "7"}));
  REQUIRE(result.code == 0);
  const auto document = result.json();
  const auto& output = document["outputs"][0];
  CHECK(output["path"] == place.text_path("a.mp4"));
  CHECK(output["seed"] == 7);
  CHECK(output["prompt"] == "ein \"roter\" Kreis 圆");
  CHECK(output["frames"] == 5);
  CHECK(output["width"] == 32);
  CHECK(output["fps"] == 16);
  CHECK(output["cost"].is_null());
  CHECK(document["model"] == "demo");
  const double total = output["seconds"]["total"];
  CHECK(output["energy"]["source"] == "estimate");
  CHECK(output["energy"]["kwh"].get<double>() == doctest::Approx(100 * total / 3.6e6).epsilon(0.05));
}

TEST_CASE("without a known power the energy is null, not invented") {
  Workplace place;
  const auto output = place.run(quick_generate({"x", "-o", "a.mp4", "--json"})).json()["outputs"][0];
  CHECK(output["energy"]["kwh"].is_null());
  CHECK(output["energy"]["source"].is_null());
}
