// The JSON that a client posts to request a video.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/request_options.h"
#include "store/job.h"

namespace turbodiff::http {

struct GenerationPost {
  spec::RequestOptions options;  ///< without file names
  spec::When when = spec::When::now;
  std::optional<std::string> deadline, earliest;  ///< as on the command line
  std::int64_t priority = 0;
  std::vector<store::JobId> after;
  int retries = 2;
  std::string group;
  bool hold = false;
  bool async = false;                 ///< whether to reply at once with the id
  std::string format = "mp4";         ///< extension of the file
  std::vector<std::string> warnings;  ///< parts of the post that were changed or dropped
};

inline constexpr std::int64_t most_priority = 1'000'000'000;
inline constexpr int most_retries = 1000;
inline constexpr int most_pixels_a_side = 16384;

/// Formats in which a video can be requested.
std::vector<std::string_view> post_formats();

/// Keys are the long options of `turbodiff generate` as in JSON lines of prompts, `width` and `height`, and
/// those of the job; fields of stable-diffusion-webui's txt2img are translated by adapt_a1111_fields(). Error
/// bad_request for anything else: unknown keys (with a suggestion), keys that name files, and models that are
/// not names. The body is decoded as by core::incoming_text().
GenerationPost parse_generation_post(std::string_view body);

/// Whether an option of `generate` is allowed in a post: it names no file.
bool may_be_posted(std::string_view json_name);

}  // namespace turbodiff::http
