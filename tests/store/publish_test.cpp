#include "store/publish.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>

#include <cerrno>
#include <cstdlib>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

class PublishFixture {
 public:
  store::Publication publication(bool overwrite = false) {
    store::Publication file;
    file.final = (folder_ / "clip.mp4").string();
    file.temporary = store::temporary_name(file.final, 7, 2).string();
    file.overwrite = overwrite;
    write_file(file.temporary, "new");
    store::identify(file);
    return file;
  }

 protected:
  TempDir folder_;
};

}  // namespace

TEST_CASE_FIXTURE(PublishFixture, "a file is published once, and doing it again changes nothing") {
  const auto file = publication();
  CHECK(fs::path(file.temporary).filename() == ".clip.mp4.turbodiff-7-2.part");
  store::publish(file);
  CHECK(read_file(file.final) == "new");
  CHECK_FALSE(fs::exists(file.temporary));
  store::publish(file);
  CHECK(read_file(file.final) == "new");
}

TEST_CASE_FIXTURE(PublishFixture,
                  "the library that takes renames without replacing away is loaded where it is meant to be") {
  if (std::getenv("PLAIN_RENAMES") == nullptr) return;
  write_file(folder_ / "a", "a");
  CHECK(::renameat2(AT_FDCWD, (folder_ / "a").c_str(), AT_FDCWD, (folder_ / "b").c_str(), RENAME_NOREPLACE) !=
        0);
  CHECK(errno == EINVAL);
}

TEST_CASE_FIXTURE(PublishFixture, "a rename that was cut off between its link and its unlink is completed") {
  const auto file = publication();
  std::error_code refused;
  fs::create_hard_link(file.temporary, file.final, refused);
  if (refused) return;  // no such rename can be cut off here
  store::publish(file);
  CHECK(read_file(file.final) == "new");
  CHECK_FALSE(fs::exists(file.temporary));
}

TEST_CASE_FIXTURE(PublishFixture, "what has the name already stays, unless it may be replaced") {
  const auto file = publication();
  write_file(file.final, "someone else's");
  CHECK(error_of([&] { store::publish(file); }).code() == ErrorCode::bad_request);
  CHECK(read_file(file.final) == "someone else's");
  const auto forced = publication(true);
  store::publish(forced);
  CHECK(read_file(forced.final) == "new");
}

TEST_CASE_FIXTURE(PublishFixture,
                  "a file that is gone, or another one of its name, is not taken for published") {
  const auto file = publication();
  fs::remove(file.temporary);
  write_file(file.final, "someone else's");
  CHECK(error_of([&] { store::publish(file); }).code() == ErrorCode::work_failed);
  CHECK(read_file(file.final) == "someone else's");
}

TEST_CASE_FIXTURE(PublishFixture, "a bare name is one in the current folder") {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  store::Publication file{.temporary = "half.mp4", .final = "whole.mp4"};
  write_file(file.temporary, "new");
  store::identify(file);
  CHECK_NOTHROW(store::publish(file));
  fs::current_path(before);
  CHECK(read_file(folder_ / "whole.mp4") == "new");
}

TEST_CASE_FIXTURE(PublishFixture, "long names keep room for the mark, leftovers are removed") {
  const fs::path longest = folder_ / (std::string(251, 'x') + ".mp4");
  const fs::path temporary = store::temporary_name(longest, 123456, 99);
  CHECK(temporary.filename().string().size() <= 255);
  write_file(temporary, "half");
  write_file(folder_ / ".other.mp4.turbodiff-123456-99.part", "of another job");
  store::remove_leftovers(longest, 123456, 99);
  CHECK_FALSE(fs::exists(temporary));
  CHECK(fs::exists(folder_ / ".other.mp4.turbodiff-123456-99.part"));
}
