#include "pipeline/step_checkpoint.h"

#include "core/clock.h"
#include "ops/op_testing.h"
#include "pipeline/demo_files.h"
#include "pipeline/text_to_video.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using pipeline::StepCheckpoint;

namespace {

struct Frames final : pipeline::FrameSink {
  std::vector<std::uint8_t> bytes;
  void write(std::span<const std::uint8_t> rgb) override {
    bytes.insert(bytes.end(), rgb.begin(), rgb.end());
  }
};

spec::GenerationRequest request_of(bool ode) {
  spec::GenerationRequest request;
  request.prompt = "a red circle moving right";
  request.size = {96, 96};
  request.frames = 5;
  request.steps = 3;
  request.ode = ode;
  return request;
}

struct Stopped {};

/// Generates; stops when `stop_after` steps of all samples together are done (-1: never).
std::vector<std::uint8_t> generate(const spec::GenerationRequest& request,
                                   const std::vector<std::uint64_t>& seeds, const StepCheckpoint* checkpoint,
                                   int stop_after = -1, int* steps_run = nullptr) {
  const core::SystemClock clock;
  int done = 0;
  core::CallbackProgress sink([&](const core::ProgressEvent& event) {
    if (event.stage != "denoise" || event.phase != core::ProgressPhase::update || event.step == 0) return;
    if (event.fraction * static_cast<double>(event.steps) != static_cast<double>(event.step)) return;
    if (++done == stop_after) throw Stopped();
  });
  core::ProgressTracker progress(sink, clock);
  Frames frames;
  pipeline::TextToVideo engine(demo_files(), {});
  engine.generate(request, seeds, frames, progress, {.checkpoint = checkpoint});
  if (steps_run != nullptr) *steps_run = done;
  return frames.bytes;
}

}  // namespace

TEST_CASE("a generation stopped after any step goes on to the same frames, bit by bit") {
  for (const bool ode : {false, true}) {
    const spec::GenerationRequest request = request_of(ode);
    const std::vector<std::uint64_t> seeds = {5, 6};
    const auto whole = generate(request, seeds, nullptr);
    for (int stop = 1; stop <= 6; ++stop) {
      CAPTURE(ode);
      CAPTURE(stop);
      const TempDir folder;
      const StepCheckpoint checkpoint(folder / "steps.safetensors", "this one");
      CHECK_THROWS_AS(generate(request, seeds, &checkpoint, stop), Stopped);
      int steps = 0;
      CHECK(generate(request, seeds, &checkpoint, -1, &steps) == whole);
      CHECK(steps <= 6 - stop + 1);  // the step under way when it stopped counts as begun again at most
    }
  }
}

TEST_CASE("previews are small pictures of the estimates so far, for whoever asks, and change nothing") {
  struct Previews final : pipeline::PreviewSink {
    bool wanted = true;
    std::vector<std::pair<int, int>> sizes;
    double spread = 0;
    bool is_wanted() const override { return wanted; }
    void write(std::span<const std::uint8_t> rgb, int width, int height) override {
      REQUIRE(rgb.size() == static_cast<std::size_t>(width) * height * 3);
      sizes.emplace_back(width, height);
      const auto [least, most] = std::minmax_element(rgb.begin(), rgb.end());
      spread = *most - *least;
    }
  };
  for (const auto& [width, height, shown] :
       {std::tuple{96, 64, std::pair{96, 64}}, {256, 128, std::pair{128, 64}}}) {
    spec::GenerationRequest request = request_of(false);
    request.size = {width, height};
    const std::vector<std::uint64_t> seeds = {5};
    const auto run = [&](Previews* previews) {
      core::SilentProgress sink;
      const core::SystemClock clock;
      core::ProgressTracker progress(sink, clock);
      Frames frames;
      pipeline::TextToVideo engine(demo_files(), {});
      engine.generate(request, seeds, frames, progress, {.preview = previews});
      return frames.bytes;
    };
    Previews looked, ignored;
    ignored.wanted = false;
    const auto whole = run(nullptr);
    CHECK(run(&looked) == whole);
    CHECK(run(&ignored) == whole);
    CHECK(looked.sizes == std::vector{shown, shown});  // not for the last step: its video follows
    CHECK(looked.spread > 20);                         // there is something on it
    CHECK(ignored.sizes.empty());
  }
}

TEST_CASE("a state comes back bit by bit, for its own generation only, and never from a damaged file") {
  const TempDir folder;
  const auto path = folder / "steps.safetensors";
  const StepCheckpoint mine(path, "mine"), other(path, "other");
  CHECK_FALSE(mine.read());
  const at::Tensor x = random({1, 16, 2, 4, 4}, 1).to(at::kDouble) / 3;
  const at::Tensor first = random({1, 16, 2, 4, 4}, 2), second = random({1, 16, 2, 4, 4}, 3);
  mine.write({2, x, {first, second}});
  const auto state = mine.read();
  REQUIRE(state);
  CHECK(state->steps_done == 2);
  CHECK(same_bits(state->x, x));
  REQUIRE(state->finished.size() == 2);
  CHECK(same_bits(state->finished[0].contiguous(), first));
  CHECK(same_bits(state->finished[1].contiguous(), second));
  CHECK_FALSE(other.read());
  mine.write({3, x, {}});
  CHECK(mine.read()->finished.empty());
  const std::string bytes = read_file(path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    write_file(path, bytes.substr(0, size));
    CHECK_FALSE(mine.read());
  }
}
