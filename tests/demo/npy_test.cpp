#include "demo/npy.h"

#include <string>

#include "testing.h"

using namespace turbodiff;
using turbodiff::testing::error_of;
using turbodiff::testing::TempDir;
using turbodiff::testing::write_file;

namespace {

std::string npy(const std::string& dictionary, const std::string& data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dictionary.size());
  bytes += '\0';
  return bytes + dictionary + data;
}

const std::string kPixels = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";  // 36 bytes: [2, 2, 3, 3]

}  // namespace

TEST_CASE("an .npy clip is read with its shape") {
  TempDir dir;
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3, 3), }\n";
  write_file(dir / "a.npy", npy(header, kPixels));
  const demo::Clip clip = demo::read_npy(dir / "a.npy");
  CHECK(clip.count == 2);
  CHECK(clip.height == 2);
  CHECK(clip.width == 3);
  CHECK(std::string(clip.pixels.begin(), clip.pixels.end()) == kPixels);

  write_file(dir / "short.npy", npy(header, kPixels.substr(1)));
  CHECK(error_of([&] { demo::read_npy(dir / "short.npy"); }).message().find("short.npy") !=
        std::string::npos);
}

TEST_CASE("other .npy files are refused") {
  TempDir dir;
  const auto refused = [&](const std::string& bytes) {
    write_file(dir / "b.npy", bytes);
    return error_of([&] { demo::read_npy(dir / "b.npy"); }).code() == ErrorCode::bad_request;
  };
  CHECK(refused(""));
  CHECK(refused("PK\x03\x04 not an array at all"));
  CHECK(refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 3, 3), }", kPixels)));
  CHECK(refused(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3, 3), }", kPixels)));
  CHECK(refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (12, 3), }", kPixels)));
  CHECK(refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3, 3), }", "").substr(0, 40)));
  CHECK(error_of([&] { demo::read_npy(dir / "none.npy"); }).code() == ErrorCode::bad_request);
}
