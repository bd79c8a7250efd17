// An output file whose failures become Errors.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "core/error.h"

namespace turbodiff::media {

/// The Error for a write to `path` that failed with `error_number` (errno): refused where the disk, a quota
/// or a size limit is exhausted (the first two may pass, retry.h), work_failed otherwise. `detail` is
/// appended in parentheses when not empty.
[[noreturn]] void throw_write_error(const std::filesystem::path& path, int error_number,
                                    std::string_view detail = {});

/// The Error for an output `path` that cannot be opened: bad_request.
Error open_error(const std::filesystem::path& path, int error_number);

class FileSink {
 public:
  /// Creates or truncates `path`. Throws `open_error`.
  explicit FileSink(std::filesystem::path path);

  /// Throw `write_error`.
  void write(std::string_view bytes);
  void write(std::span<const std::uint8_t> bytes);

  /// Flushes and closes. Throws `write_error`.
  void close();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace turbodiff::media
