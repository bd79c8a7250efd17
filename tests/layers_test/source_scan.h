// Which part of the project may include which, and how long a file may be.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace turbodiff::testing {

/// Every breach of the layering under `root`'s lib/, apps/ and kernels/, and every source file there and
/// under tests/ and scripts/ of more than 500 lines (generated *.inc excepted), as "FILE:LINE: what", sorted.
std::vector<std::string> find_violations(const std::filesystem::path& root);

}  // namespace turbodiff::testing
