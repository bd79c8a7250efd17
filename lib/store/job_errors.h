// Error texts of jobs that failed without running.
#pragma once

#include <string_view>

namespace turbodiff::store {

/// Job::error of a job whose deadline passed first; its code is that of "refused".
inline constexpr std::string_view error_of_deadline = "its deadline passed before it could run";

}  // namespace turbodiff::store
