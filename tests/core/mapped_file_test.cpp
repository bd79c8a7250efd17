#include "core/os/mapped_file.h"

#include <sys/stat.h>

#include "testing.h"

using namespace turbodiff;
using core::MappedFile;
using testing::error_of;
using testing::TempDir;
using testing::write_file;

TEST_CASE("a file is mapped whole, and dropped pages come back") {
  const TempDir folder;
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) bytes += static_cast<char>(i % 253);
  write_file(folder / "data", bytes);
  const auto file = MappedFile::open(folder / "data");
  const auto text = [&] {
    return std::string_view(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  };
  CHECK(text() == bytes);
  file->will_need(0, 50'000);
  file->drop_pages(0, 50'000);
  file->drop_pages(10, 20);
  file->drop_pages(49'000, 1'000'000);
  CHECK(text() == bytes);
}

TEST_CASE("what cannot be mapped is named") {
  const TempDir folder;
  write_file(folder / "empty", "");
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK(error_of([&] { MappedFile::open(folder / "none"); }).message().find("none") != std::string::npos);
  CHECK(error_of([&] { MappedFile::open(folder / "empty"); }).message().find("is empty") !=
        std::string::npos);
  CHECK(error_of([&] { MappedFile::open(folder.path()); }).message().find("not a regular file") !=
        std::string::npos);
  CHECK(error_of([&] { MappedFile::open(folder / "fifo"); }).message().find("not a regular file") !=
        std::string::npos);
}
