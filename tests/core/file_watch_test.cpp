#include "core/os/file_watch.h"

#include <poll.h>

#include <fstream>

#include "testing.h"

using turbodiff::core::FileWatch;
namespace fs = std::filesystem;

namespace {

bool readable(const FileWatch& watch, int wait_ms) {
  pollfd entry{watch.fd(), POLLIN, 0};
  return ::poll(&entry, 1, wait_ms) == 1;
}

}  // namespace

TEST_CASE("a file that is written, replaced, linked or made is noticed, once; others are not") {
  const turbodiff::testing::TempDir folder;
  fs::create_directory(folder / "data");
  const fs::path file = folder / "prices.csv", linked = folder / "linked.csv";
  std::ofstream(file) << "1\n";
  std::ofstream(folder / "data" / "a") << "1\n";
  fs::create_symlink(folder / "data" / "a", linked);
  FileWatch watch;
  watch.watch({file, linked, folder / "later.csv"});
  CHECK_FALSE(watch.changed());
  CHECK_FALSE(readable(watch, 0));

  SUBCASE("written into") {
    std::ofstream(file, std::ios::app) << "2\n";
  }
  SUBCASE("replaced by one of the same size and time") {
    std::ofstream(folder / "new") << "2\n";
    fs::last_write_time(folder / "new", fs::last_write_time(file));
    fs::rename(folder / "new", file);
  }
  SUBCASE("made") {
    std::ofstream(folder / "later.csv") << "1\n";
  }
  SUBCASE("behind a link") {
    std::ofstream(folder / "data" / "a", std::ios::app) << "2\n";
  }
  SUBCASE("the link leads elsewhere") {
    std::ofstream(folder / "data" / "b") << "22\n";
    fs::create_symlink(folder / "data" / "b", folder / "link");
    fs::rename(folder / "link", linked);
  }
  CHECK(readable(watch, 5000));
  CHECK(watch.changed());
  CHECK_FALSE(watch.changed());
  CHECK_FALSE(readable(watch, 0));

  // One that is gone is about to be replaced, and what is watched anew keeps what was known of it.
  fs::remove(file);
  CHECK_FALSE(watch.changed());
  std::ofstream(file) << "another\n";
  watch.watch({file});
  CHECK(watch.changed());
  std::ofstream(folder / "unrelated") << "x\n";
  CHECK_FALSE(watch.changed());
}
