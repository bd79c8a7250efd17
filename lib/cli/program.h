// What both programs share: global options, streams, settings, and errors as exit codes.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/console.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/log.h"
#include "core/os/paths.h"
#include "core/terminal.h"

namespace CLI {
class App;
}

namespace turbodiff::cli {

/// Options every command takes, before or after its name.
struct GlobalFlags {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  std::optional<std::filesystem::path> config;
};

/// Thrown by an action that has printed its result and yet must fail: the error is printed on standard error
/// and decides the exit code; with --json no second document is written.
class ReportedFailure : public Error {
 public:
  explicit ReportedFailure(const Error& error) : Error(error) {}
};

/// How a program presents itself.
struct ProgramInfo {
  std::string name;
  std::string version;
  std::string summary;
  std::string notes;  ///< examples, shown in the short help
  /// Its location distinguishes an installation from a build tree.
  std::filesystem::path executable = core::Paths::this_executable();
};

/// Results go to standard output, everything else to standard error. Not thread-safe.
class Program {
 public:
  using Action = std::function<void(Program&)>;

  explicit Program(ProgramInfo info);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Adds a command below `parent` (the program itself when null). `action` runs when the command is called;
  /// without an action it is a group of commands. Options are added to the result; the variables they write
  /// to must live as long as the program.
  CLI::App& add_command(const std::string& name, const std::string& summary, Action action,
                        CLI::App* parent = nullptr);

  /// Parses, runs the command and reports errors; returns the exit code. Called once.
  int run(int argc, char** argv);

  const ProgramInfo& info() const { return info_; }
  /// The arguments of main(), followed by a null pointer.
  char* const* arguments() const { return arguments_; }
  /// "turbodiff 0.1.0"
  std::string title() const { return info_.name + " " + info_.version; }
  /// Whether this program was started by turbodiff, which has already logged what there is to log at the
  /// start.
  bool handed_over() const;
  CLI::App& app() { return *app_; }

  // Valid while a command runs:
  const GlobalFlags& flags() const { return flags_; }
  const core::Environment& environment() const { return environment_; }
  const core::Paths& paths() const { return paths_; }
  const core::Clock& clock() const { return *clock_; }
  core::Console& console() { return *console_; }
  core::Log& log() { return *log_; }
  /// Of standard output.
  const core::TerminalTraits& output_traits() const { return output_traits_; }
  /// Number of columns for a table: the terminal's, or COLUMNS; 0, no limit, into a pipe or file.
  int table_columns() const;
  /// Read at the first call. Error bad_request for a broken file or variable.
  const core::Config& config();
  /// The folders that models are searched in, from the settings.
  std::vector<std::filesystem::path> model_dirs();
  /// Error bad_request without HOME and XDG_CACHE_HOME; empty where a cache is only a convenience.
  std::filesystem::path cache_dir_or_empty() const;

  /// Writes to standard output unchanged.
  void print(std::string_view text);
  /// Flushes what was printed; false when the reader is gone (`| head`), so that further output is pointless.
  /// Error work_failed when it cannot be written for another reason.
  bool flush();
  /// Writes the one JSON document of a command; "schema_version": 1 is put in front of an object.
  void print_json(const nlohmann::ordered_json& document);

 private:
  void parse(int argc, char** argv);
  void open_streams();
  /// The machine's clock, or a test clock where that is allowed. Needs the log.
  void read_clock();
  int report(const Error& error, bool result_printed);

  ProgramInfo info_;
  char** arguments_ = nullptr;
  std::unique_ptr<CLI::App> app_;
  std::map<const CLI::App*, Action> actions_;
  GlobalFlags flags_;
  core::Environment environment_;
  core::Paths paths_;
  std::unique_ptr<core::Clock> clock_ = std::make_unique<core::SystemClock>();
  core::TerminalTraits output_traits_;
  std::unique_ptr<core::Console> console_;
  std::unique_ptr<core::Log> log_;
  std::optional<core::Config> config_;
};

/// The body of main(): the exit code of `body`, which makes a program and runs it. An exception that is
/// thrown before the program can report it becomes one line on standard error and an exit code.
int guarded(const std::function<int()>& body) noexcept;

}  // namespace turbodiff::cli
