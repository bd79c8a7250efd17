#include "core/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

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
  static constexpr int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  struct sigaction before_[4]{};
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
