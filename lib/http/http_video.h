// Serves a published video, whole or one range of it.
#pragma once

#include <httplib.h>

#include <filesystem>
#include <memory>

namespace turbodiff::http {

/// Error not_found when the file no longer exists, HttpError 416 for a range beyond its end. A Range with
/// several parts gets the whole file. `kept` lives until all has been sent.
void reply_video(const httplib::Request& request, httplib::Response& response,
                 const std::filesystem::path& file, std::shared_ptr<void> kept);

/// Makes httplib send the complete reply regardless of Range: it would cut any body, and does not check the
/// ends.
void ignore_ranges(const httplib::Request& request);

}  // namespace turbodiff::http
