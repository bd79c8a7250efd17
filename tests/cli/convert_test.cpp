#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(TURBODIFF_SOURCE_DIR) / "tests/golden";

/// The demo with another transformer.
fs::path model_with(Workplace& place, const std::string& name, const std::string& dit) {
  const fs::path folder = place.path("models/" + name);
  fs::create_directories(folder);
  for (const char* file : {"vae.pth", "t5.pth", "spiece.model", "config.json"})
    fs::copy(testing::demo_folder() / file, folder / file);
  fs::copy(dit, folder / "dit.safetensors");
  place.set("TURBODIFF_MODELS", place.text_path("models"));
  return folder;
}

std::string demo_file(const char* name) {
  return (testing::demo_folder() / name).string();
}

}  // namespace

TEST_CASE("a converted checkpoint makes the same video") {
  Workplace place;
  const auto result = place.run({"convert", demo_file("dit.pth"), "dit.safetensors"});
  CHECK(result.code == 0);
  CHECK(result.out.find("diffusion transformer") != std::string::npos);
  model_with(place, "copy", place.text_path("dit.safetensors"));
  const std::vector<std::string> short_clip{"generate", "a red circle", "--frames", "5", "--steps", "1"};
  const auto clip = [&](const std::string& model, const std::string& to) {
    std::vector<std::string> arguments = short_clip;
    arguments.insert(arguments.end(), {"--model", model, "-o", to});
    CHECK(place.run(arguments).code == 0);
    return testing::read_file(place.path(to));
  };
  CHECK(clip("demo", "a.npy") == clip("copy", "b.npy"));
}

TEST_CASE("a converted file stands alone: what weights cannot say is in it") {
  Workplace place;
  REQUIRE(place.run({"convert", demo_file("dit.pth"), "one.safetensors"}).code == 0);
  REQUIRE(place.run({"convert", "one.safetensors", "two.safetensors"}).code == 0);
  const auto parts = [](const std::string& dit) {
    return std::vector<std::string>{"--dit",          dit,
                                    "--vae",          demo_file("vae.pth"),
                                    "--text-encoder", demo_file("t5.pth"),
                                    "--tokenizer",    demo_file("spiece.model")};
  };
  const auto clip = [&](std::vector<std::string> model, const std::string& to) {
    std::vector<std::string> arguments{"generate", "a red circle", "--frames", "5", "-o", to};
    arguments.insert(arguments.end(), model.begin(), model.end());
    const auto result = place.run(arguments);
    CHECK_MESSAGE(result.code == 0, result.err);
    return testing::read_file(place.path(to));
  };
  // Size, steps and sigma are the model's own, too.
  const std::string before = clip({"--model", "demo"}, "a.npy");
  CHECK(clip(parts("one.safetensors"), "b.npy") == before);
  CHECK(clip(parts("two.safetensors"), "c.npy") == before);

  fs::copy_file(demo_file("dit.pth"), place.path("bare.pth"));
  std::vector<std::string> bare{"generate", "x", "--dry-run"};
  for (const std::string& part : parts("bare.pth")) bare.push_back(part);
  const auto refused = place.run(bare);
  CHECK(refused.code == 2);
  CHECK(refused.error_line().find("nothing says how many heads it has") != std::string::npos);
}

TEST_CASE("a checkpoint quantised beforehand makes the video that --quant-linear makes") {
  Workplace place;
  const auto converted =
      place.run({"convert", demo_file("dit.pth"), "dit.safetensors", "--quant-linear", "--json"}).json();
  CHECK(converted["quantised"] == 50);
  CHECK(converted["component"] == "diffusion transformer");
  CHECK(fs::file_size(place.path("dit.safetensors")) < fs::file_size(demo_file("dit.pth")) * 6 / 10);
  model_with(place, "int8", place.text_path("dit.safetensors"));
  const auto plan =
      place.run({"generate", "x", "--model", "int8", "--quant-linear=force", "--dry-run", "--json"}).json();
  CHECK(plan["jobs"][0]["quant_linear"] == true);
  const auto made = [&](std::vector<std::string> arguments, const std::string& to) {
    arguments.insert(arguments.begin(), {"generate", "a red circle", "--frames", "5", "--steps", "1"});
    arguments.insert(arguments.end(), {"-o", to});
    CHECK(place.run(arguments).code == 0);
    return testing::read_file(place.path(to));
  };
  const std::string int8 = made({"--model", "demo", "--quant-linear=force"}, "a.npy");
  const std::string plain = made({"--model", "demo"}, "b.npy");
  CHECK(made({"--model", "int8", "--quant-linear=force"}, "c.npy") == int8);
  CHECK(int8 != plain);
}

TEST_CASE("every format and part is converted") {
  Workplace place;
  const auto component = [&](const std::string& from, const std::string& to) {
    return place.run({"convert", from, to, "--dtype", "bf16", "--json"}).json()["component"];
  };
  CHECK(component(demo_file("vae.pth"), "vae.safetensors") == "VAE");
  CHECK(component(demo_file("t5.pth"), "t5.safetensors") == "text encoder");
  CHECK(component((golden / "11_pipeline/t5_comfy_f16.safetensors").string(), "t5b.safetensors") ==
        "text encoder");
  CHECK(component((golden / "12_gguf/q4k_model.gguf").string(), "dit.safetensors") ==
        "diffusion transformer");
}

TEST_CASE("what cannot be converted is refused in one line and leaves nothing behind") {
  Workplace place;
  const auto refused = [&](std::vector<std::string> arguments, int code = 2) {
    arguments.insert(arguments.begin(), "convert");
    const auto result = place.run(arguments);
    CHECK(result.code == code);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    return result.err;
  };
  CHECK(refused({demo_file("dit.pth"), "out.pth"}).find(".safetensors") != std::string::npos);
  CHECK(refused({demo_file("vae.pth"), "out.safetensors", "--quant-linear"}).find("VAE") !=
        std::string::npos);
  CHECK(refused({demo_file("vae.pth"), "out.safetensors", "--component", "dit"}).find("vae.pth") !=
        std::string::npos);
  CHECK(refused({"missing.pth", "out.safetensors"}).find("missing.pth") != std::string::npos);
  CHECK(refused({demo_file("spiece.model"), "out.safetensors"}).find("spiece.model") != std::string::npos);
  testing::write_file(place.path("file"), "");
  CHECK(refused({demo_file("dit.pth"), "file/out.safetensors"}).find("file") != std::string::npos);
  for (const auto& entry : fs::directory_iterator(place.path("")))
    CHECK(entry.path().filename().string().find("out") == std::string::npos);
  testing::write_file(place.path("out.safetensors"), "precious");
  CHECK(refused({demo_file("dit.pth"), "out.safetensors"}).find("--force") != std::string::npos);
  CHECK(testing::read_file(place.path("out.safetensors")) == "precious");
  CHECK(place.run({"convert", demo_file("dit.pth"), "out.safetensors", "--force"}).code == 0);
  const std::string quant = (golden / "10_int8linear/dit-quant.pth").string();
  CHECK(refused({quant, "again.safetensors", "--quant-linear"}).find("already") != std::string::npos);
}
