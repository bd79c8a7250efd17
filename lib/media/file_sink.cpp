#include "media/file_sink.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/os/file_system.h"
#include "core/retry.h"

namespace turbodiff::media {

void throw_write_error(const std::filesystem::path& path, int error_number, std::string_view detail) {
  std::string message = fmt::format("cannot write '{}': {}", path.string(), std::strerror(error_number));
  if (!detail.empty()) message += fmt::format(" ({})", detail);
  if (core::is_out_of_space(error_number)) {
    const Error error = Error::refused(message, core::out_of_space_hint(error_number));
    if (error_number == EFBIG) throw error;  // the limit is the same at the next try
    throw PassingError(error);
  }
  throw Error::work_failed(message);
}

Error open_error(const std::filesystem::path& path, int error_number) {
  return Error::bad_request(
      fmt::format("cannot open '{}' for writing: {}", path.string(), std::strerror(error_number)),
      "choose an existing folder that you may write to");
}

FileSink::FileSink(std::filesystem::path path) : path_(std::move(path)) {
  file_.reset(std::fopen(path_.c_str(), "wbe"));
  if (!file_) throw open_error(path_, errno);
}

void FileSink::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    throw_write_error(path_, errno);
  }
}

void FileSink::write(std::span<const std::uint8_t> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void FileSink::close() {
  if (std::fflush(file_.get()) != 0) throw_write_error(path_, errno);
  if (std::fclose(file_.release()) != 0) throw_write_error(path_, errno);
}

}  // namespace turbodiff::media
