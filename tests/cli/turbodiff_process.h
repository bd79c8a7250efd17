// Runs the built turbodiff program in a home of its own.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/os/subprocess.h"
#include "testing.h"

namespace turbodiff::testing {

struct Finished {
  int code = 0;
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
  /// Standard error as one line without "error: " and its newline; empty when there are several lines.
  std::string error_line() const;
};

/// An empty folder to work in, with HOME inside it and no TURBODIFF_* or XDG_* variables.
class Workplace {
 public:
  Workplace();

  Finished run(std::vector<std::string> arguments, const std::string& input = {}) const;
  /// argv and surroundings of a call, for tests that steer the process themselves.
  core::SubprocessOptions call(std::vector<std::string> arguments) const;
  /// One more variable for the program.
  void set(const std::string& name, const std::string& value) { environment_[name] = value; }

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  std::string text_path(const std::string& name) const { return path(name).string(); }
  /// Names of all files in the folder, hidden ones too, sorted; the home does not count.
  std::vector<std::string> files() const;

 private:
  TempDir folder_;
  std::map<std::string, std::optional<std::string>> environment_;
};

/// The smallest generation: 1 step, 5 frames of 32x32.
std::vector<std::string> quick_generate(std::vector<std::string> more);

std::filesystem::path program_path();
std::filesystem::path demo_folder();

}  // namespace turbodiff::testing
