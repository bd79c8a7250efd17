#include "core/os/process_spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/os/interrupting_signals.h"
#include "core/os/signals.h"

namespace turbodiff::core {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_fd(read_end);
    close_fd(write_end);
  }
  void open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw Error::work_failed(std::string("cannot make a pipe: ") + std::strerror(errno));
    read_end = ends[0];
    write_end = ends[1];
  }
};

struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void connect(SubprocessOptions::Stream stream, int child_fd, int pipe_end) {
    if (stream == SubprocessOptions::Stream::pipe)
      ::posix_spawn_file_actions_adddup2(&actions, pipe_end, child_fd);
    else if (stream == SubprocessOptions::Stream::null)
      ::posix_spawn_file_actions_addopen(&actions, child_fd, "/dev/null", child_fd == 0 ? O_RDONLY : O_WRONLY,
                                         0);
  }

  void reset_signals(bool new_group) {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGQUIT, SIGCHLD})
      ::sigaddset(&signals, number);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (new_group) flags |= POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  }
};

std::vector<std::string> child_environment(const EnvironmentChanges& changes) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) variables.emplace_back(text);
  }
  for (const auto& [name, value] : changes)
    if (value) variables.push_back(name + "=" + *value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// What posix_spawnp is given: a path is made absolute, because it is resolved after the change of folder.
std::string program_file(const std::string& name) {
  return name.find('/') == std::string::npos ? name : std::filesystem::absolute(name).string();
}

[[noreturn]] void throw_start_error(const SubprocessOptions& options, int error) {
  const auto& folder = options.working_directory;
  std::error_code ignored;
  if (folder && !std::filesystem::is_directory(*folder, ignored))
    throw Error::bad_request("the working folder '" + folder->string() + "' does not exist");
  const std::string message = "cannot start '" + options.argv[0] + "': " + std::strerror(error);
  if (error == ENOENT) throw Error::not_found(message, "install it, or put its folder into PATH");
  throw Error::work_failed(message);
}

}  // namespace

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

SpawnedProcess spawn_process(const SubprocessOptions& options) {
  using Stream = SubprocessOptions::Stream;
  Pipe input, output, errors;
  if (options.input == Stream::pipe) input.open();
  if (options.output == Stream::pipe) output.open();
  if (options.errors == Stream::pipe) errors.open();

  SpawnPlan plan;
  plan.reset_signals(options.new_group);
  plan.connect(options.input, STDIN_FILENO, input.read_end);
  plan.connect(options.output, STDOUT_FILENO, output.write_end);
  plan.connect(options.errors, STDERR_FILENO, errors.write_end);
  ::posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1);
  if (options.working_directory)
    ::posix_spawn_file_actions_addchdir_np(&plan.actions, options.working_directory->c_str());

  std::vector<std::string> variables = child_environment(options.environment);
  std::vector<std::string> arguments = options.argv;
  SpawnedProcess child;
  const int error = ::posix_spawnp(&child.pid, program_file(options.argv[0]).c_str(), &plan.actions,
                                   &plan.attributes, pointers(arguments).data(), pointers(variables).data());
  if (error != 0) throw_start_error(options, error);
  child.input = std::exchange(input.write_end, -1);
  child.output = std::exchange(output.read_end, -1);
  child.errors = std::exchange(errors.read_end, -1);
  for (const int fd : {child.input, child.output, child.errors})
    if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return child;
}

int replace_process(const std::filesystem::path& program, char* const* arguments,
                    const EnvironmentChanges& changes) {
  std::vector<std::string> variables = child_environment(changes);
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &interrupting_signals(), &before);
  int error = EINTR;
  if (!interrupted()) {
    ::execve(program.c_str(), arguments, pointers(variables).data());
    error = errno;
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return error;
}

}  // namespace turbodiff::core
