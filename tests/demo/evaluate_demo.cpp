// evaluate_demo: generates the clips of an evaluation file with the real program, decodes them and scores
// them. Exit codes: 0 every minimum reached, 1 not, 2 usage or files.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/subprocess.h"
#include "demo/evaluation.h"
#include "media/video_reader.h"

using namespace turbodiff;
namespace fs = std::filesystem;

namespace {

struct Options {
  std::string program, prompts, folder, minimums;
  std::string model = "demo";
  std::size_t sample = 0;
  std::vector<std::string> generate_options;
};

/// Paths of the clips, one a prompt, in their order.
std::vector<fs::path> generate(const Options& options, const std::vector<demo::EvalPrompt>& prompts) {
  const fs::path folder = options.folder;
  fs::create_directories(folder);
  const fs::path list = folder / "prompts.jsonl";
  std::ofstream(list) << demo::to_prompts_file(prompts);
  core::SubprocessOptions child;
  child.argv = {options.program, "generate",    "--model",  options.model,
                "--prompts",     list.string(), "--output", (folder / "{index}.mp4").string(),
                "--force",       "--json"};
  child.argv.insert(child.argv.end(), options.generate_options.begin(), options.generate_options.end());
  const core::CompletedProcess done = core::run_process(child);
  if (!done.status.ok()) {
    throw Error::work_failed(fmt::format("{} generate: {}", options.program, done.status.describe()),
                             done.errors);
  }
  std::vector<fs::path> paths;
  try {
    const auto document = nlohmann::json::parse(done.output);
    for (const auto& output : document.at("outputs")) {
      const std::size_t k = paths.size();
      if (k < prompts.size() &&
          (output.at("prompt") != prompts[k].prompt || output.at("seed") != prompts[k].seed)) {
        throw Error::work_failed(fmt::format("output {} is not of prompt {}", k, prompts[k].id));
      }
      paths.push_back(output.at("path").get<std::string>());
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error::work_failed(fmt::format("the program's JSON: {}", error.what()));
  }
  if (paths.size() != prompts.size()) {
    throw Error::work_failed(fmt::format("{} prompts gave {} clips", prompts.size(), paths.size()));
  }
  return paths;
}

demo::Classification classify_video(const fs::path& path) {
  std::vector<std::uint8_t> pixels;
  int count = 0;
  const media::VideoInfo info = media::read_video(path, [&](std::int64_t, const media::Image& frame) {
    pixels.insert(pixels.end(), frame.rgb.begin(), frame.rgb.end());
    ++count;
  });
  return demo::classify({pixels, count, info.height, info.width});
}

int run(const Options& options) {
  const demo::Minimums minimums = demo::parse_minimums(options.minimums);
  auto prompts = demo::read_eval_prompts(options.prompts);
  if (options.sample > 0) prompts = demo::spread_sample(prompts, options.sample);
  const auto paths = generate(options, prompts);
  demo::Score score;
  for (std::size_t k = 0; k < prompts.size(); ++k)
    demo::add_clip(score, prompts[k], classify_video(paths[k]));
  std::fputs(demo::to_text(score, minimums).c_str(), stdout);
  return demo::reaches(score, minimums) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Scores the demo model's clips, made by the real program, against what their prompts asked for"};
  app.add_option("--turbodiff", options.program, "the program")->required();
  app.add_option("--prompts", options.prompts, "evaluation file, JSON lines")->required();
  app.add_option("--out", options.folder, "folder for the clips")->required();
  app.add_option("--model", options.model, "model name")->capture_default_str();
  app.add_option("--sample", options.sample, "take this many prompts, evenly spread (0: all)");
  app.add_option("--min", options.minimums,
                 "least shares: color=0.97,shape=0.9,motion=0.9,background=0.97,all=0.85");
  app.add_option("generate_options", options.generate_options, "after --: further options of generate");
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n{}\n", error.message(), error.hint());
    return static_cast<int>(error.code());
  }
}
