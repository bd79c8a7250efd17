// Child processes without a shell.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::core {

/// How a process has ended.
struct ExitStatus {
  int code = 0;    ///< of a normal exit
  int signal = 0;  ///< that ended it; 0 after a normal exit
  bool ok() const { return code == 0 && signal == 0; }
  /// "exit code 2", "killed by signal 9 (Killed)"
  std::string describe() const;
};

struct SubprocessOptions {
  enum class Stream { inherit, null, pipe };
  using OnLine = std::function<void(std::string_view line)>;

  /// argv[0] is looked up in PATH unless it has a slash; then it is relative to this process's folder.
  std::vector<std::string> argv = {};
  /// Changes to this process's environment; nullopt removes a variable.
  std::map<std::string, std::optional<std::string>> environment = {};
  std::optional<std::filesystem::path> working_directory = {};
  Stream input = Stream::null;  ///< pipe: see write_input()
  Stream output = Stream::inherit;
  Stream errors = Stream::inherit;
  /// With Stream::pipe: called with each line without its newline, and with a last line that has none.
  OnLine on_output = {};
  OnLine on_errors = {};
  /// Whether the child gets its own process group: Ctrl-C does not reach it, signal_group() reaches all.
  bool new_group = true;
};

/// A running child. Descriptors other than 0, 1, 2 are closed in it, ignored signals and the signal mask are
/// reset. The destructor kills and reaps what is still running. Single-threaded use.
class Subprocess {
 public:
  /// Error not_found when the program does not exist, work_failed when it cannot be started.
  explicit Subprocess(SubprocessOptions options);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  /// Writes all of `bytes`, serving the output pipes meanwhile; false when the child has closed its end.
  bool write_input(std::string_view bytes);
  void close_input();

  /// Delivers lines until the child has ended and its pipes are empty, or `timeout_s` has passed (below 0: no
  /// limit). Returns the status once it has ended, and nothing at the timeout or when interrupted().
  std::optional<ExitStatus> wait(double timeout_s = -1);

  /// As wait(), but comes back as soon as something has been delivered.
  std::optional<ExitStatus> wait_some(double timeout_s);

  /// Sends a signal to the child, or to its whole group; nothing happens once it has been reaped.
  void signal(int number);
  void signal_group(int number);
  /// SIGTERM to the group, and SIGKILL after `grace_s` seconds.
  ExitStatus terminate(double grace_s);

 private:
  struct LineReader {
    int fd = -1;
    std::string rest;
    SubprocessOptions::OnLine on_line;
  };
  void pump(LineReader& reader);
  void finish_reader(LineReader& reader);
  void poll_once(int timeout_ms, std::string_view* pending_input);
  bool reap(bool block);
  std::optional<ExitStatus> finish();
  SubprocessOptions options_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int input_fd_ = -1;
  LineReader output_;
  LineReader errors_;
  std::optional<ExitStatus> status_;
};

/// A finished child with all it wrote.
struct CompletedProcess {
  ExitStatus status;
  std::string output;
  std::string errors;
};

/// Runs `options.argv` to its end with `input` on its standard input and both outputs captured (lines end
/// with "\n").
CompletedProcess run_process(SubprocessOptions options, std::string_view input = {});

}  // namespace turbodiff::core
