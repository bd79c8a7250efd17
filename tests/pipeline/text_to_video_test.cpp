#include "pipeline/text_to_video.h"

#include <fmt/format.h>

#include <cstring>

#include "core/clock.h"
#include "core/os/signals.h"
#include "model/tensor_file.h"
#include "ops/op_testing.h"
#include "pipeline/convert.h"
#include "pipeline/demo_files.h"
#include "pipeline/prompt_cache.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

spec::GenerationRequest small_request() {
  spec::GenerationRequest request;
  request.prompt = "a red circle moving right";
  request.size = {96, 96};
  request.frames = 5;
  request.steps = 2;
  return request;
}

struct Bytes final : pipeline::FrameSink {
  std::vector<std::vector<std::uint8_t>> frames;
  void write(std::span<const std::uint8_t> rgb) override { frames.emplace_back(rgb.begin(), rgb.end()); }
};

std::vector<std::vector<std::uint8_t>> generate(pipeline::TextToVideo& engine,
                                                const spec::GenerationRequest& request,
                                                std::vector<std::uint64_t> seeds,
                                                std::vector<std::string>* stages = nullptr,
                                                const pipeline::TextToVideo::Extras& extras = {}) {
  const core::SystemClock clock;
  core::CallbackProgress sink([&](const core::ProgressEvent& event) {
    if (stages != nullptr && event.phase == core::ProgressPhase::begin) stages->push_back(event.stage);
  });
  core::ProgressTracker progress(sink, clock);
  Bytes bytes;
  engine.generate(request, seeds, bytes, progress, extras);
  return bytes.frames;
}

/// `file` as safetensors whose data begin `offset` bytes behind a multiple of 64.
fs::path converted(const fs::path& file, const fs::path& folder, std::optional<Dtype> dtype,
                   std::size_t offset) {
  const fs::path plain = folder / "plain.safetensors",
                 moved = folder / file.filename().replace_extension(fmt::format("{}.safetensors", offset));
  pipeline::convert({.from = file, .to = plain, .dtype = dtype, .force = true});
  std::string bytes = read_file(plain);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::size_t spaces = (64 + offset - (sizeof header + header) % 64) % 64;
  bytes.insert(sizeof header + header, spaces, ' ');
  header += spaces;
  std::memcpy(bytes.data(), &header, sizeof header);
  write_file(moved, bytes);
  return moved;
}

}  // namespace

TEST_CASE(
    "the same request gives the same bytes: again, from a fresh engine, with 1 and 2 threads, from the "
    "cache") {
  const TempDir cache;
  for (const auto type : {spec::Precision::fp32, spec::Precision::automatic}) {
    spec::GenerationRequest request = small_request();
    request.dtype = type;
    request.threads = 1;
    pipeline::TextToVideo engine(demo_files(), {});
    const auto first = generate(engine, request, {5});
    CHECK(first.size() == 5);
    CHECK(first.front().size() == 96 * 96 * 3);
    CHECK(generate(engine, request, {5}) == first);
    request.threads = 2;
    pipeline::TextToVideo fresh(demo_files(), {cache.path()});
    CHECK(generate(fresh, request, {5}) == first);
    std::vector<std::string> stages;
    pipeline::TextToVideo cached(demo_files(), {cache.path()});
    CHECK(generate(cached, request, {5}, &stages) == first);
    CHECK(std::find(stages.begin(), stages.end(), "text") == stages.end());
    CHECK(generate(cached, request, {6}) != first);
  }
}

TEST_CASE(
    "weights of the same values give the same bytes, in whatever type and wherever in the file they lie") {
  spec::GenerationRequest request = small_request();
  request.dtype = spec::Precision::fp32;
  pipeline::TextToVideo engine(demo_files(), {});
  const auto expected = generate(engine, request, {5});
  const TempDir folder;
  for (const std::optional<Dtype> dtype : {std::optional<Dtype>(), std::optional(Dtype::f32)})
    for (const std::size_t offset : {0, 8, 24, 32, 56}) {
      CAPTURE(dtype.has_value());
      CAPTURE(offset);
      spec::ModelFiles files = demo_files();
      for (fs::path* file : {&files.dit, &files.vae, &files.text_encoder})
        *file = converted(*file, folder.path(), dtype, offset);
      pipeline::TextToVideo other(files, {});
      CHECK(generate(other, request, {5}) == expected);
    }
}

TEST_CASE("stages come in order and samples of a grid stand side by side") {
  spec::GenerationRequest request = small_request();
  request.dtype = spec::Precision::fp32;
  pipeline::TextToVideo engine(demo_files(), {});
  std::vector<std::string> stages;
  const auto both = generate(engine, request, {5, 6}, &stages);
  CHECK(stages == std::vector<std::string>{"text", "load", "denoise", "denoise", "decode"});
  const auto left = generate(engine, request, {5}), right = generate(engine, request, {6});
  REQUIRE(both.size() == left.size());
  std::size_t off = 0;
  for (std::size_t frame = 0; frame < both.size(); ++frame)
    for (std::size_t row = 0; row < 96; ++row)
      for (std::size_t i = 0; i < 96 * 3; ++i) {
        const auto differs = [](int a, int b) { return std::abs(a - b) > 1; };
        off += differs(both[frame][row * 576 + i], left[frame][row * 288 + i]);
        off += differs(both[frame][row * 576 + 288 + i], right[frame][row * 288 + i]);
      }
  CHECK(off == 0);
}

TEST_CASE("the latents that are kept are those of the samples in order, and decode to the video's frames") {
  const TempDir folder;
  spec::GenerationRequest request = small_request();
  request.dtype = spec::Precision::fp32;
  pipeline::TextToVideo engine(demo_files(), {});
  const auto frames =
      generate(engine, request, {5, 6}, nullptr, {.save_latents = folder / "latents.safetensors"});
  const auto file = weights::TensorSource::open(folder / "latents.safetensors");
  const at::Tensor latents = model::load_tensor(*file, "latents");
  REQUIRE((latents.sizes() == at::IntArrayRef{2, 16, 2, 12, 12}));
  CHECK((model::load_tensor(*file, "noise").sizes() == latents.sizes()));
  CHECK((model::load_tensor(*file, "step_noise").sizes() == at::IntArrayRef{2, 2, 16, 2, 12, 12}));

  const c10::InferenceMode inference;
  const pipeline::Components demo = pipeline::open_components(demo_files());
  const model::WanVae vae(model::Parameters(demo.vae, at::kFloat, at::kCPU), demo.vae_config,
                          model::WanVae::Parts::decoder);
  const at::Tensor pixels = pipeline::to_pixels(vae.decode(latents));
  REQUIRE(pixels.size(0) == static_cast<std::int64_t>(frames.size()));
  for (std::size_t frame = 0; frame < frames.size(); ++frame) {
    const at::Tensor decoded = pixels[static_cast<std::int64_t>(frame)].contiguous();
    REQUIRE(decoded.nbytes() == frames[frame].size());
    CHECK(std::equal(frames[frame].begin(), frames[frame].end(), decoded.const_data_ptr<std::uint8_t>()));
  }
}

TEST_CASE("a plan tells shape, work and memory, and what cannot be done") {
  const pipeline::TextToVideo engine(demo_files(), {});
  spec::GenerationRequest request = small_request();
  request.frames = 17;
  const auto plan = engine.plan(request);
  CHECK(plan.latent == pipeline::LatentShape{16, 5, 12, 12});
  CHECK(plan.tokens == 180);
  CHECK(plan.memory_bytes > 0);
  CHECK(plan.denoise_flops > 1e8);
  CHECK(plan.decode_flops > 1e8);
  const auto refused = [&](auto change) {
    spec::GenerationRequest changed = request;
    change(changed);
    return error_of([&] { engine.plan(changed); });
  };
  CHECK(refused([](auto& r) { r.image = "cat.png"; }).code() == ErrorCode::bad_request);
  CHECK(refused([](auto& r) { r.sampler = spec::Sampler::unipc; }).message().find("unipc") !=
        std::string::npos);
  CHECK(refused([](auto& r) { r.attention = spec::Attention::sla; }).message().find("proj_l") !=
        std::string::npos);
  CHECK(refused([](auto& r) { r.size = {104, 96}; }).hint().find("16") != std::string::npos);
  const Error huge = refused([](auto& r) { r.size = {65536, 65536}; });
  CHECK(huge.code() == ErrorCode::refused);
  CHECK(huge.message().find("memory") != std::string::npos);
}

TEST_CASE("an engine changes between plain and int8 layers from one generation to the next") {
  spec::GenerationRequest request = small_request(), int8 = request;
  int8.quant_linear = spec::QuantLinear::force;
  pipeline::TextToVideo engine(demo_files(), {});
  CHECK((engine.plan(int8).linear.kind == model::LinearKind::int8));
  CHECK((engine.plan(request).linear.kind == model::LinearKind::plain));
  const auto plain = generate(engine, request, {5});
  std::vector<std::string> stages;
  const auto quantised = generate(engine, int8, {5}, &stages);
  CHECK(std::find(stages.begin(), stages.end(), "load") != stages.end());
  CHECK(quantised != plain);
  CHECK(generate(engine, int8, {5}) == quantised);
  CHECK(generate(engine, request, {5}) == plain);
}

TEST_CASE("parts that do not belong together are refused by name") {
  const auto refused = [](auto change) {
    spec::ModelFiles files = demo_files();
    change(files);
    return error_of([&] { pipeline::TextToVideo engine(files, {}); });
  };
  const std::filesystem::path golden = std::filesystem::path(TURBODIFF_SOURCE_DIR) / "tests/golden";
  const Error text = refused([&](auto& f) { f.text_encoder = golden / "02_umt5/t5.pth"; });
  CHECK(text.code() == ErrorCode::bad_request);
  CHECK(text.message().find("02_umt5/t5.pth") != std::string::npos);
  CHECK(refused([](auto& f) { f.dit = f.vae; }).message().find("vae.pth") != std::string::npos);
  CHECK(refused([](auto& f) { f.vae = "absent.pth"; }).message().find("absent.pth") != std::string::npos);
  CHECK(refused([](auto& f) { f.tokenizer.clear(); }).hint().find("spiece.model") != std::string::npos);
}

TEST_CASE("cached embeddings come back bit by bit, under their identity only") {
  const TempDir folder;
  const pipeline::PromptCache cache(folder.path(), "encoder A"), other(folder.path(), "encoder B"),
      off({}, "");
  const at::Tensor embedding = random({7, 32}, 1);
  CHECK_FALSE(cache.find("a cat").has_value());
  cache.store("a cat", embedding);
  REQUIRE(cache.find("a cat").has_value());
  CHECK(same_bits(*cache.find("a cat"), embedding));
  CHECK_FALSE(other.find("a cat").has_value());
  CHECK_FALSE(cache.find("a dog").has_value());
  off.store("a cat", embedding);
  CHECK_FALSE(off.find("a cat").has_value());
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    write_file(entry.path(), "garbage");
  CHECK_FALSE(cache.find("a cat").has_value());
}
