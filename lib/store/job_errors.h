// What jobs fail with that did not run.
#pragma once

#include <string_view>

namespace turbodiff::store {

/// Job::error of a job whose deadline came first; its code is that of "refused".
inline constexpr std::string_view error_of_deadline = "its deadline passed before it could run";

}  // namespace turbodiff::store
