#include "core/os/subprocess.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "core/clock.h"
#include "core/error.h"
#include "core/os/process_spawn.h"
#include "core/os/signals.h"

namespace turbodiff::core {
namespace {

constexpr std::size_t max_line_bytes = 1 << 20;
// A signal between the look at interrupted() and poll(2) goes unnoticed for this long at most.
constexpr int max_poll_ms = 200;

/// write(2) that answers EPIPE without the signal, whatever the program's handler is.
ssize_t write_quietly(int fd, std::string_view bytes) {
  sigset_t pipe_signal, before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t count = ::write(fd, bytes.data(), bytes.size());
  const int error = errno;
  constexpr timespec at_once{};
  if (count < 0 && error == EPIPE) ::sigtimedwait(&pipe_signal, nullptr, &at_once);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return count;
}

ExitStatus decode(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {info.si_status, 0};
  return {0, info.si_status};
}

}  // namespace

std::string ExitStatus::describe() const {
  if (signal == 0) return "exit code " + std::to_string(code);
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

Subprocess::Subprocess(SubprocessOptions options) : options_(std::move(options)) {
  if (options_.argv.empty() || options_.argv[0].empty())
    throw Error::work_failed("no program to start is named");
  output_.on_line = options_.on_output;
  errors_.on_line = options_.on_errors;
  SpawnedProcess child = spawn_process(options_);
  pid_ = child.pid;
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  input_fd_ = child.input;
  output_.fd = child.output;
  errors_.fd = child.errors;
}

Subprocess::~Subprocess() {
  if (!status_) {
    options_.new_group ? signal_group(SIGKILL) : signal(SIGKILL);
    reap(true);
  }
  close_fd(input_fd_);
  close_fd(output_.fd);
  close_fd(errors_.fd);
  close_fd(pid_fd_);
}

void Subprocess::pump(LineReader& reader) {
  char block[65536];
  while (reader.fd >= 0) {
    const ssize_t count = ::read(reader.fd, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      finish_reader(reader);
      return;
    }
    std::string_view fresh(block, static_cast<std::size_t>(count));
    for (std::size_t end = fresh.find('\n'); end != std::string_view::npos; end = fresh.find('\n')) {
      reader.rest += fresh.substr(0, end);
      fresh.remove_prefix(end + 1);
      const std::string line = std::exchange(reader.rest, {});
      if (reader.on_line) reader.on_line(line);
    }
    reader.rest += fresh;
    if (reader.rest.size() > max_line_bytes) {
      const std::string line = std::exchange(reader.rest, {});
      if (reader.on_line) reader.on_line(line);
    }
  }
}

void Subprocess::finish_reader(LineReader& reader) {
  close_fd(reader.fd);
  const std::string line = std::exchange(reader.rest, {});
  if (!line.empty() && reader.on_line) reader.on_line(line);
}

/// One round of poll(2) over the pipes and the child.
void Subprocess::poll_once(int timeout_ms, std::string_view* pending_input) {
  const bool writing = pending_input != nullptr && input_fd_ >= 0;
  pollfd entries[] = {{pid_fd_, POLLIN, 0},
                      {output_.fd, POLLIN, 0},
                      {errors_.fd, POLLIN, 0},
                      {writing ? input_fd_ : -1, POLLOUT, 0}};
  const int longest_ms = pid_fd_ < 0 ? 20 : max_poll_ms;
  timeout_ms = timeout_ms < 0 ? longest_ms : std::min(timeout_ms, longest_ms);
  const int ready = ::poll(entries, std::size(entries), timeout_ms);
  if (ready <= 0) return;
  if (entries[1].revents != 0) pump(output_);
  if (entries[2].revents != 0) pump(errors_);
  if (entries[3].revents != 0) {
    const ssize_t count = write_quietly(input_fd_, *pending_input);
    if (count > 0) pending_input->remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR) close_input();
  }
}

bool Subprocess::reap(bool block) {
  if (status_) return true;
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | (block ? 0 : WNOHANG)) != 0) {
    if (errno == EINTR) continue;
    throw Error::work_failed(std::string("cannot wait for a child process: ") + std::strerror(errno));
  }
  if (info.si_pid == 0) return false;
  status_ = decode(info);
  return true;
}

bool Subprocess::write_input(std::string_view bytes) {
  while (!bytes.empty() && input_fd_ >= 0) {
    poll_once(-1, &bytes);
    if (!bytes.empty() && reap(false)) close_input();
  }
  return bytes.empty();
}

void Subprocess::close_input() {
  close_fd(input_fd_);
}

std::optional<ExitStatus> Subprocess::wait(double timeout_s) {
  const SystemClock clock;
  const double end_s = clock.monotonic_s() + timeout_s;
  while (!reap(false)) {
    if (interrupted()) return std::nullopt;
    int timeout_ms = -1;
    if (timeout_s >= 0) {
      const double left_s = end_s - clock.monotonic_s();
      if (left_s <= 0) return std::nullopt;
      timeout_ms = static_cast<int>(std::ceil(std::min(left_s, 1e6) * 1000));
    }
    poll_once(timeout_ms, nullptr);
  }
  return finish();
}

std::optional<ExitStatus> Subprocess::wait_some(double timeout_s) {
  if (!reap(false)) poll_once(static_cast<int>(std::ceil(std::max(0.0, timeout_s) * 1000)), nullptr);
  return reap(false) ? finish() : std::nullopt;
}

std::optional<ExitStatus> Subprocess::finish() {
  // What the child wrote before it ended is in the pipes already; a grandchild that keeps them open is not
  // waited for.
  pump(output_);
  pump(errors_);
  finish_reader(output_);
  finish_reader(errors_);
  return status_;
}

void Subprocess::signal(int number) {
  if (!status_ && pid_ > 0) ::kill(pid_, number);
}

void Subprocess::signal_group(int number) {
  if (!options_.new_group) return signal(number);
  if (!status_ && pid_ > 0) ::kill(-pid_, number);
}

ExitStatus Subprocess::terminate(double grace_s) {
  signal_group(SIGTERM);
  const SystemClock clock;
  const double end_s = clock.monotonic_s() + grace_s;
  while (!status_) {
    const double left_s = end_s - clock.monotonic_s();
    if (left_s <= 0) break;
    poll_once(static_cast<int>(std::ceil(std::min(left_s, 1e6) * 1000)), nullptr);
    reap(false);
  }
  signal_group(SIGKILL);
  reap(true);
  return *wait();
}

CompletedProcess run_process(SubprocessOptions options, std::string_view input) {
  CompletedProcess result;
  options.input = SubprocessOptions::Stream::pipe;
  options.output = SubprocessOptions::Stream::pipe;
  options.errors = SubprocessOptions::Stream::pipe;
  options.on_output = [&](std::string_view line) { result.output.append(line).append("\n"); };
  options.on_errors = [&](std::string_view line) { result.errors.append(line).append("\n"); };
  Subprocess child(std::move(options));
  child.write_input(input);
  child.close_input();
  const auto status = child.wait();
  if (!status) throw Error::interrupted();
  result.status = *status;
  return result;
}

}  // namespace turbodiff::core
