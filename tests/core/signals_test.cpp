#include "core/os/signals.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/os/file_system.h"
#include "core/os/interrupting_signals.h"
#include "testing.h"

using namespace turbodiff;

namespace {
/// Puts the handlers of the test program back.
class SignalScope {
 public:
  SignalScope() {
    for (std::size_t i = 0; i < std::size(numbers); ++i) ::sigaction(numbers[i], nullptr, &before_[i]);
    core::install_signal_handlers();
  }
  ~SignalScope() {
    for (std::size_t i = 0; i < std::size(numbers); ++i) ::sigaction(numbers[i], &before_[i], nullptr);
    core::clear_interrupt();
  }

 private:
  static constexpr int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
  struct sigaction before_[std::size(numbers)]{};
};
}  // namespace

TEST_CASE("a signal raises the flag, again and again") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const SignalScope scope;
    CHECK_FALSE(core::interrupted());
    core::throw_if_interrupted();
    std::raise(number);
    std::raise(number);
    CHECK(core::interrupted());
    CHECK(testing::error_of(core::throw_if_interrupted).code() == ErrorCode::interrupted);
    core::clear_interrupt();
    CHECK_FALSE(core::interrupted());
  }
}

TEST_CASE("SIGHUP stays ignored under nohup") {
  const SignalScope scope;
  std::signal(SIGHUP, SIG_IGN);
  core::install_signal_handlers();
  std::raise(SIGHUP);
  CHECK_FALSE(core::interrupted());
}

TEST_CASE("a closed pipe is an error, not a death") {
  const SignalScope scope;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  const ssize_t written = ::write(ends[1], "x", 1);
  const int error = errno;
  ::close(ends[1]);
  CHECK(written == -1);
  CHECK(error == EPIPE);
  CHECK_FALSE(core::interrupted());
}

TEST_CASE("a file over the size limit is an error, not a death") {
  const SignalScope scope;
  const testing::TempDir folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{4, before.rlim_max};
  const int fd = ::open((folder / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const ssize_t first = ::write(fd, "12345678", 8);
  const ssize_t second = ::write(fd, "x", 1);
  const int error = errno;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::close(fd);
  CHECK(first == 4);
  CHECK(second == -1);
  CHECK(error == EFBIG);
  CHECK(core::is_out_of_space(error));
}

TEST_CASE("a signal that came while the program was loaded comes when its handlers are there") {
  ::sigprocmask(SIG_BLOCK, &core::interrupting_signals(), nullptr);
  std::raise(SIGTERM);
  CHECK_FALSE(core::interrupted());
  const SignalScope scope;
  CHECK(core::interrupted());
}
