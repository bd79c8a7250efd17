#include "first_guess.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/subprocess.h"
#include "core/speed_file.h"
#include "engine.h"
#include "spec/model_folder.h"
#include "spec/option_table.h"

namespace turbodiff::app {
namespace {

/// As the engine's program has it too.
std::string version_of(const cli::Program& program) {
  const std::string title = program.title();
  return title.substr(title.rfind(' ') + 1);
}

std::optional<double> matrix_rate(cli::Program& program, Measuring measuring) {
  const core::SpeedFile file(program.cache_dir_or_empty(), version_of(program));
  if (const auto rate = file.find(core::matrix_rate_figure)) return rate;
  if (measuring == Measuring::not_now) return std::nullopt;
  try {
    core::SubprocessOptions options;
    options.argv = {engine_program().string(), "doctor", "--json"};
    options.errors = core::SubprocessOptions::Stream::null;
    core::run_process(std::move(options));
  } catch (const Error& error) {
    program.log().debug("the machine's speed is not known: {}", error.message());
  }
  return file.find(core::matrix_rate_figure);
}

std::optional<queue::FirstGuess::Sizes> sizes_of(cli::Program& program, const store::Preset& preset) {
  try {
    const auto options =
        spec::options_from_json(nlohmann::ordered_json::parse(preset.options, nullptr, false));
    const spec::Model model = spec::choose_model(options, program.model_dirs());
    const auto bytes = [](const std::filesystem::path& path) {
      std::error_code error;
      const auto size = std::filesystem::file_size(path, error);
      return error ? 0.0 : static_cast<double>(size);
    };
    const double transformer = bytes(model.files.dit), vae = bytes(model.files.vae);
    if (transformer > 0 && vae > 0) return queue::FirstGuess::Sizes{transformer, vae};
  } catch (const Error&) {
    // The model is gone, or was added by another program.
  }
  return std::nullopt;
}

}  // namespace

queue::FirstGuess first_guess(Queue& queue, Measuring measuring) {
  const auto asked = std::make_shared<std::optional<std::optional<double>>>();
  return {[&queue, asked, measuring] {
            if (!*asked) *asked = matrix_rate(queue.program(), measuring);
            return **asked;
          },
          [&queue](const store::Preset& preset) { return sizes_of(queue.program(), preset); }};
}

}  // namespace turbodiff::app
