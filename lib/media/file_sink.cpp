#include "media/file_sink.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace turbodiff::media {

Error write_error(const std::filesystem::path& path, int error_number, std::string_view detail) {
  std::string message = fmt::format("cannot write '{}': {}", path.string(), std::strerror(error_number));
  if (!detail.empty()) message += fmt::format(" ({})", detail);
  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG) {
    return Error::refused(message, "free some space or choose another output folder");
  }
  return Error::work_failed(message);
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
    throw write_error(path_, errno);
  }
}

void FileSink::write(std::span<const std::uint8_t> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void FileSink::close() {
  if (std::fflush(file_.get()) != 0) throw write_error(path_, errno);
  if (std::fclose(file_.release()) != 0) throw write_error(path_, errno);
}

}  // namespace turbodiff::media
