#include "turbodiff_process.h"

#include <algorithm>

namespace turbodiff::testing {

namespace fs = std::filesystem;

fs::path program_path() {
  return fs::path(TURBODIFF_BIN_DIR) / "turbodiff";
}
fs::path demo_folder() {
  return fs::path(TURBODIFF_SOURCE_DIR) / "models/demo";
}

std::string Finished::error_line() const {
  const std::string prefix = "error: ";
  if (err.rfind(prefix, 0) != 0 || err.find('\n') != err.size() - 1) return "";
  return err.substr(prefix.size(), err.size() - prefix.size() - 1);
}

Workplace::Workplace() {
  fs::create_directory(folder_ / "home");
  for (const char* name :
       {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TURBODIFF_CONFIG",
        "TURBODIFF_MODELS", "TURBODIFF_MODEL", "TURBODIFF_STEPS", "TURBODIFF_FPS", "TURBODIFF_DEVICE",
        "TURBODIFF_DTYPE", "TURBODIFF_THREADS", "TURBODIFF_OUTPUT", "TURBODIFF_WATTS", "NO_COLOR",
        "CLICOLOR_FORCE", "JOURNAL_STREAM", "TURBODIFF_TEST_CLOCK", "TURBODIFF_ALLOW_TEST_CLOCK"})
    environment_[name] = std::nullopt;
  environment_["HOME"] = (folder_ / "home").string();
}

core::SubprocessOptions Workplace::call(std::vector<std::string> arguments) const {
  core::SubprocessOptions options;
  options.argv = {program_path().string()};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment = environment_;
  options.working_directory = folder_.path();
  return options;
}

Finished Workplace::run(std::vector<std::string> arguments, const std::string& input) const {
  const auto completed = core::run_process(call(std::move(arguments)), input);
  REQUIRE_MESSAGE(completed.status.signal == 0, completed.status.describe() << ": " << completed.errors);
  return {completed.status.code, completed.output, completed.errors};
}

std::vector<std::string> Workplace::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    if (entry.path().filename() != "home") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> quick_generate(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"generate", "--steps", "1", "--frames", "5", "--size", "32x32"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace turbodiff::testing
