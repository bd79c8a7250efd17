#include "power/operator_files.h"

#include <poll.h>
#include <unistd.h>

#include "testing.h"

using namespace turbodiff::power;
using namespace turbodiff::testing;

TEST_CASE("a hold stands until it is released, whoever made the file") {
  const TempDir folder;
  const OperatorFiles files(folder / "jobs.db-files");
  CHECK(files.hold().empty());
  CHECK_FALSE(files.release_hold());
  files.set_hold("a film is on");
  CHECK(files.hold().find("a film is on") != std::string::npos);
  CHECK(files.release_hold());
  write_file(files.hold_file(), "");
  CHECK_FALSE(files.hold().empty());
}

TEST_CASE("a countdown is seen while its process lives") {
  const TempDir folder;
  const OperatorFiles files(folder.path());
  CHECK_FALSE(files.countdown());
  files.write_countdown({"shutdown", 1'800'000'000, ::getpid()});
  REQUIRE(files.countdown());
  CHECK(files.countdown()->at == 1'800'000'000);
  files.write_countdown({"shutdown", 1'800'000'000, 0x3fffffff});
  CHECK_FALSE(files.countdown());
  CHECK(files.has_countdown());
  CHECK(files.remove_countdown());
  for (const char* broken : {"", "{", "[]", "{\"action\":1,\"at\":2,\"pid\":3}"}) {
    write_file(files.countdown_file(), broken);
    CHECK_FALSE(files.countdown());
  }
}

TEST_CASE("files that come and go wake a waiting process") {
  const TempDir folder;
  const OperatorFiles files(folder.path());
  FolderWatch watch(folder.path());
  const auto heard = [&] {
    pollfd entry{watch.fd(), POLLIN, 0};
    const bool readable = ::poll(&entry, 1, 0) == 1;
    CHECK(watch.has_changed() == readable);
    return readable;
  };
  CHECK_FALSE(heard());
  files.set_hold("");
  CHECK(heard());
  CHECK_FALSE(heard());
  files.release_hold();
  CHECK(heard());
}
