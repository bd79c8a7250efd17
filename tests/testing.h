// doctest for every test file. torch and doctest both define CHECK, so torch comes first and loses its macro.
#pragma once

#ifdef TURBODIFF_TEST_TORCH
#include <ATen/ATen.h>
#undef CHECK
#undef CHECK_EQ
#undef CHECK_NE
#undef CHECK_LT
#undef CHECK_LE
#undef CHECK_GT
#undef CHECK_GE
#undef FAIL
#endif

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "core/error.h"
#include "testing_dir.h"

namespace turbodiff::testing {

/// The Error that `action` throws; fails the test case when it throws none.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("expected an Error, none was thrown");
  return Error::work_failed("unreachable");
}

using TempDir = ScratchDir;

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace turbodiff::testing
