// A file mapped read-only into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace turbodiff::core {

/// Read-only, private mapping of a whole regular file; lives as long as someone holds the pointer.
/// Thread-safe after construction.
class MappedFile {
 public:
  /// Maps `path`. Error bad_request when it is missing, not a regular file, unreadable or empty.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }
  /// Tells the kernel that [offset, offset+length) will not be needed again soon; pages are dropped, data
  /// stays valid.
  void drop_pages(std::size_t offset, std::size_t length) const;
  /// Asks the kernel to read [offset, offset+length) ahead.
  void will_need(std::size_t offset, std::size_t length) const;

 private:
  MappedFile(std::filesystem::path path, const std::uint8_t* data, std::size_t size);
  std::filesystem::path path_;
  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace turbodiff::core
