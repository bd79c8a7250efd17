// Detects changes of files, by inotify(7) on their folders, so that a file that is replaced counts as well as
// one that is written to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "core/os/unique_fd.h"

namespace turbodiff::core {

class FileWatch {
 public:
  FileWatch();

  /// Sets the files to watch from now on. A file that was already watched keeps its known state; others are
  /// taken as they are now. They need not exist.
  void watch(const std::vector<std::filesystem::path>& files);
  /// Readable when changed() should be called: for poll(2); -1 when inotify is not available.
  int fd() const { return events_.get(); }
  /// Whether a file was replaced or written since the last call. A file that is gone has not changed: most
  /// likely it is about to be replaced.
  bool changed();
  /// Whether fd() is unreliable: some folder may be changed by other machines.
  bool must_be_polled() const { return must_be_polled_; }

 private:
  struct Facts {
    std::uint64_t device = 0, inode = 0;
    std::int64_t bytes = 0, modified_ns = 0;
    bool operator==(const Facts&) const = default;
  };
  static std::optional<Facts> facts_of(const std::filesystem::path& file);

  UniqueFd events_;
  bool must_be_polled_ = false;
  std::vector<int> watches_;
  std::vector<std::pair<std::filesystem::path, std::optional<Facts>>> files_;
};

}  // namespace turbodiff::core
