// What the fuzz targets of the readers of text share.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/yaml/yaml_node.h"

namespace turbodiff::fuzz {

/// Stops the program, so that the fuzzer keeps the input.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// The input, taken off the front byte by byte; the rest is the text.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : text_(reinterpret_cast<const char*>(data), size) {}

  /// 0 at the end.
  unsigned byte() {
    if (at_ == text_.size()) return 0;
    return static_cast<unsigned char>(text_[at_++]);
  }
  std::string rest() const { return text_.substr(at_); }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// Runs `read`; an Error is a good answer, anything else that is thrown ends the program.
template <typename Read>
int expect_error_only(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    require(!error.message().empty(), "an error says something");
    require(error.message().size() < 1 << 20, "an error is not a file of its own");
  }
  return 0;
}

/// Each problem is one line that begins with the file.
inline void check_problems(const core::Problems& problems, std::string_view file) {
  for (const std::string& line : problems.lines()) {
    require(line.starts_with(file) || line.starts_with("'"), "a problem begins with its place");
    for (const char c : line)
      require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a problem has no control characters");
  }
}

}  // namespace turbodiff::fuzz
