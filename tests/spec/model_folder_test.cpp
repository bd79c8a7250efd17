#include "spec/model_folder.h"

#include <algorithm>

#include "spec/folder_scan.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;
using testing::TempDir;
namespace fs = std::filesystem;

namespace {
void touch(const fs::path& path, const std::string& content = "x") {
  fs::create_directories(path.parent_path());
  testing::write_file(path, content);
}
void make_demo(const fs::path& folder) {
  for (const char* name :
       {"dit.pth", "vae.pth", "t5.pth", "spiece.model", "reference.safetensors", "README.md"})
    touch(folder / name);
  touch(
      folder / "config.json",
      R"({"video": {"width": 96, "height": 112, "frames": 17, "fps": 8}, "sampler": {"num_steps": 3, "sigma_max": 70.0}})");
}
}  // namespace

TEST_CASE("roles by name") {
  CHECK(role_of("TurboWan2.1-T2V-1.3B-480P.pth") == FileRole::dit);
  CHECK(role_of("Wan2.1_VAE.pth") == FileRole::vae);
  CHECK(role_of("models_t5_umt5-xxl-enc-bf16.pth") == FileRole::text_encoder);
  CHECK(role_of("umt5_xxl_fp8_e4m3fn_scaled.safetensors") == FileRole::text_encoder);
  CHECK(role_of("TurboWan2.2-I2V-A14B-high-720P.pth") == FileRole::dit_high_noise);
  CHECK(role_of("TurboWan2.2-I2V-A14B-low-720P-quant.pth") == FileRole::dit_low_noise);
  CHECK(role_of("wan2.2_vae.safetensors") == FileRole::vae);
  CHECK(role_of("Wan2.1-T2V-1.3B-Q8_0.gguf") == FileRole::dit);
  CHECK(role_of("spiece.model") == FileRole::tokenizer);
  CHECK(role_of("diffusion_pytorch_model.safetensors", "transformer") == FileRole::dit);
  CHECK(role_of("diffusion_pytorch_model.safetensors", "vae") == FileRole::vae);
  CHECK(role_of("model.safetensors.index.json", "text_encoder") == FileRole::text_encoder);
  CHECK(!role_of("model-00001-of-00005.safetensors", "text_encoder"));
  CHECK(!role_of("README.md"));
  CHECK(!role_of("reference.safetensors"));
  CHECK(!role_of(".dit.pth.Xy12.part"));
  CHECK(!role_of("config.json"));
}

TEST_CASE("a folder like the demo's") {
  TempDir dir;
  make_demo(dir / "demo");
  const auto model = read_model_folder(dir / "demo");
  REQUIRE(model);
  CHECK(model->complete());
  CHECK(model->files.dit == dir / "demo/dit.pth");
  CHECK(model->files.tokenizer == dir / "demo/spiece.model");
  CHECK(model->files.config == dir / "demo/config.json");
  CHECK(model->defaults.size == Size{96, 112});
  CHECK(model->defaults.resolution.empty());
  CHECK(model->defaults.frames == 17);
  CHECK(model->defaults.fps == 8);
  CHECK(model->defaults.steps == 3);
  CHECK(model->defaults.sigma_max == 70);
  CHECK(model->defaults.distilled == true);
}

TEST_CASE("the layout of diffusers") {
  TempDir dir;
  touch(dir / "m/transformer/diffusion_pytorch_model.safetensors.index.json");
  touch(dir / "m/transformer/diffusion_pytorch_model-00001-of-00002.safetensors");
  touch(dir / "m/vae/diffusion_pytorch_model.safetensors");
  touch(dir / "m/text_encoder/model.safetensors.index.json");
  touch(dir / "m/tokenizer/spiece.model");
  const auto model = read_model_folder(dir / "m");
  REQUIRE(model);
  CHECK(model->complete());
  CHECK(model->files.dit.filename() == "diffusion_pytorch_model.safetensors.index.json");
  CHECK(model->files.tokenizer == dir / "m/tokenizer/spiece.model");
}

TEST_CASE("TurboDiffusion's flat folder of checkpoints") {
  TempDir dir;
  for (const char* name : {"TurboWan2.1-T2V-1.3B-480P.pth", "TurboWan2.1-T2V-14B-720P.pth", "Wan2.1_VAE.pth",
                           "models_t5_umt5-xxl-enc-bf16.pth"})
    touch(dir / name);
  const std::vector<fs::path> search = {dir.path()};
  const auto models = list_models(search);
  REQUIRE(models.size() == 2);
  CHECK(models[0].name == "wan2.1-t2v-1.3b-480p");
  CHECK(models[0].architecture == "Wan2.1-1.3B");
  CHECK(models[0].complete());
  CHECK(find_model("wan2.1-t2v-14b-720p", search).defaults.size == Size{1280, 720});
  CHECK(find_model("TurboWan2.1-T2V-14B-720P", search).name == "wan2.1-t2v-14b-720p");
  CHECK(find_model("Wan2.1-14B", search).name == "wan2.1-t2v-14b-720p");
}

TEST_CASE("the pair of transformers of Wan2.2") {
  TempDir dir;
  touch(dir / "wan2.2-i2v-a14b-720p/TurboWan2.2-I2V-A14B-high-720P.pth");
  touch(dir / "Wan2.1_VAE.pth");
  touch(dir / "models_t5_umt5-xxl-enc-bf16.pth");
  const std::vector<fs::path> search = {dir.path()};
  auto model = find_model("wan2.2-i2v-a14b-720p", search);
  CHECK(model.missing == std::vector<std::string>{"low-noise transformer"});
  CHECK(model.defaults.image_to_video);
  touch(dir / "wan2.2-i2v-a14b-720p/TurboWan2.2-I2V-A14B-low-720P.pth");
  CHECK(find_model("wan2.2-i2v-a14b-720p", search).complete());
}

TEST_CASE("a folder with two transformers is no model, unless the catalogue tells which") {
  TempDir dir;
  make_demo(dir / "mine");
  touch(dir / "mine/wan2-other.safetensors");
  CHECK_THROWS_AS(read_model_folder(dir / "mine"), Error);
  const auto listed = list_models(std::vector<fs::path>{dir.path()});
  REQUIRE(listed.size() == 1);
  CHECK_FALSE(listed[0].complete());
  CHECK(listed[0].problem.find("holds more than one transformer") != std::string::npos);
  for (const char* name : {"TurboWan2.1-T2V-1.3B-480P.pth", "TurboWan2.1-T2V-1.3B-480P-quant.pth"})
    touch(dir / "wan2.1-t2v-1.3b-480p" / name);
  CHECK(read_model_folder(dir / "wan2.1-t2v-1.3b-480p")->files.dit.filename() ==
        "TurboWan2.1-T2V-1.3B-480P.pth");
}

TEST_CASE("models that are not there") {
  TempDir dir;
  make_demo(dir / "demo");
  const std::vector<fs::path> search = {dir.path()};
  const auto error_of_name = [&](const std::string& name) {
    return testing::error_of([&] { find_model(name, search); });
  };
  CHECK(error_of_name("dmeo").code() == ErrorCode::not_found);
  CHECK(error_of_name("dmeo").message().find("did you mean 'demo'") != std::string::npos);
  CHECK(error_of_name("wan2.1-t2v-1.3b-480p").hint().find("TurboWan2.1-T2V-1.3B-480P.pth") !=
        std::string::npos);
  CHECK(error_of_name("./nowhere").code() == ErrorCode::not_found);
  CHECK(error_of_name("Wan2.1-14B").code() == ErrorCode::not_found);
}

TEST_CASE("choosing: the demo by default, a path, files") {
  TempDir dir;
  make_demo(dir / "models/demo");
  make_demo(dir / "other");
  const std::vector<fs::path> search = {dir / "models"};
  CHECK(choose_model({}, search).name == "demo");

  RequestOptions by_path;
  by_path.model = (dir / "other/").string();
  CHECK(choose_model(by_path, search).files.dit == dir / "other/dit.pth");

  RequestOptions files;
  files.dit = dir / "other/dit.pth";
  auto model = choose_model(files, search);
  CHECK(model.name == "dit");
  CHECK(model.files.vae == dir / "other/vae.pth");
  CHECK(model.defaults.size == Size{96, 112});

  files.vae = dir / "models/demo/vae.pth";
  files.model = "Wan2.1-14B";
  model = choose_model(files, search);
  CHECK(model.architecture == "Wan2.1-14B");
  CHECK(model.files.vae == dir / "models/demo/vae.pth");
}

TEST_CASE("choosing: what is wrong is named by its option") {
  TempDir dir;
  make_demo(dir / "demo");
  const std::vector<fs::path> search = {dir.path()};
  const auto message = [&](const RequestOptions& options) {
    return testing::error_of([&] { choose_model(options, search); }).message();
  };
  RequestOptions options;
  options.dit = dir / "none.pth";
  CHECK(message(options) == "--dit: no such file '" + (dir / "none.pth").string() + "'");
  options.dit = dir / "demo";
  CHECK(message(options) == "--dit: '" + (dir / "demo").string() + "' is a folder");
  options.dit = dir / "demo/dit.pth";
  options.high_noise_model = dir / "demo/dit.pth";
  CHECK(message(options) == "--dit excludes --high-noise-model and --low-noise-model");

  RequestOptions vae_only;
  vae_only.vae = dir / "demo/vae.pth";
  CHECK(message(vae_only) == "model files are given, but no transformer");

  fs::remove(dir / "demo/vae.pth");
  CHECK(message({}) == "model 'demo' has no vae");

  touch(dir / "TurboWan2.1-T2V-1.3B-480P.pth");
  RequestOptions mismatch;
  mismatch.dit = dir / "TurboWan2.1-T2V-1.3B-480P.pth";
  mismatch.model = "Wan2.1-14B";
  CHECK(message(mismatch) == "--model: 'TurboWan2.1-T2V-1.3B-480P.pth' is a Wan2.1-1.3B, not a Wan2.1-14B");
}

TEST_CASE("a broken config.json is refused") {
  TempDir dir;
  make_demo(dir / "demo");
  for (const char* text : {"", "{", "[]", R"({"video": {"width": "96"}})", R"({"video": {"frames": -1}})"}) {
    touch(dir / "demo/config.json", text);
    CHECK_THROWS_AS(read_model_folder(dir / "demo"), Error);
  }
}

TEST_CASE("catalogue") {
  for (const auto& entry : model_catalogue()) {
    CHECK(find_catalogue_entry(entry.name) == &entry);
    CHECK((entry.architecture.empty() || is_architecture_name(entry.architecture)));
    CHECK(entry.dit.empty() != entry.dit_high_noise.empty());
  }
  CHECK(find_catalogue_entry("WAN2.1-T2V-1.3B-480P") != nullptr);
  CHECK(find_catalogue_entry("nothing") == nullptr);
  CHECK(find_catalogue_entry_by_file("dit.pth") == nullptr);
  CHECK(find_catalogue_entry_by_file("turbowan2.1-t2v-14b-480p.safetensors")->name == "wan2.1-t2v-14b-480p");
}
