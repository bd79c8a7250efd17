// Lengths of time as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace turbodiff::core {

inline constexpr std::int64_t longest_duration_s = 3653LL * 86'400;

/// "90s", "30m", "36h", "7d", "2w" and sums of them ("1h30m") in seconds: elapsed time, so a day is 24 h. Nothing when
/// it is none of these, 0 or more than ten years.
std::optional<std::int64_t> parse_duration(std::string_view text);
/// parse_duration() or Error bad_request that names `option`.
std::int64_t require_duration(std::string_view text, std::string_view option);
/// The same, or "0" and "0s".
std::int64_t require_duration_or_zero(std::string_view text, std::string_view option);

}  // namespace turbodiff::core
