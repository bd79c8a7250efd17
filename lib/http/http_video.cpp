#include "http/http_video.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

#include "core/error.h"
#include "http/http_reply.h"

namespace turbodiff::http {
namespace fs = std::filesystem;
namespace {

const char* type_of(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".mp4") return "video/mp4";
  if (extension == ".webm") return "video/webm";
  if (extension == ".gif") return "image/gif";
  if (extension == ".png") return "image/png";
  return "application/octet-stream";
}

httplib::Ranges& ranges_of(const httplib::Request& request) {
  // The server's request is no constant; its handlers only see it as one.
  return const_cast<httplib::Request&>(request).ranges;  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

/// A range that lies within the file, or none; false when the file has nothing of what is asked for.
bool clamp_ranges(httplib::Ranges& ranges, std::int64_t size) {
  if (ranges.size() != 1) {
    ranges.clear();
    return true;
  }
  auto& [first, last] = ranges.front();
  if (first < 0) {
    if (last <= 0) return false;
    first = std::max<std::int64_t>(0, size - last);
    last = size - 1;
  }
  if (last < 0 || last >= size) last = size - 1;
  return first <= last;
}

}  // namespace

void ignore_ranges(const httplib::Request& request) {
  ranges_of(request).clear();
}

void reply_video(const httplib::Request& request, httplib::Response& response, const fs::path& file,
                 std::shared_ptr<void> kept) {
  std::error_code error;
  const auto size = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
  const auto in = std::make_shared<std::ifstream>(file, std::ios::binary);
  if (error || size == 0 || !*in)
    throw Error::not_found(fmt::format("the video '{}' is not there any more", file.filename().string()),
                           "it was moved or deleted after it was made");
  if (!clamp_ranges(ranges_of(request), static_cast<std::int64_t>(size))) {
    ignore_ranges(request);
    response.set_header("Content-Range", fmt::format("bytes */{}", size));
    throw HttpError{416, Error::bad_request(fmt::format("the video has only {} bytes", size))};
  }
  response.set_content_provider(
      static_cast<std::size_t>(size), type_of(file),
      [in, kept = std::move(kept)](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::array<char, 65536> buffer;
        in->clear();
        in->seekg(static_cast<std::streamoff>(offset));
        in->read(buffer.data(), static_cast<std::streamsize>(std::min(length, buffer.size())));
        const auto got = static_cast<std::size_t>(std::max<std::streamsize>(0, in->gcount()));
        return got > 0 && sink.write(buffer.data(), got);
      });
}

}  // namespace turbodiff::http
