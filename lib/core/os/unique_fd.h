// A file descriptor with one owner.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace turbodiff::core {

/// Closes the descriptor when it goes out of scope, and leaves errno as it was.
class UniqueFd {
 public:
  UniqueFd() = default;
  /// Negative: none, as open(2) returns on failure.
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Gives the descriptor away unclosed.
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    const int before = std::exchange(fd_, fd), error = errno;
    if (before >= 0) ::close(before);
    errno = error;
  }

 private:
  int fd_ = -1;
};

}  // namespace turbodiff::core
