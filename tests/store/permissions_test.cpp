// Who may read a store, and what lies beside it.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include "file_modes.h"
#include "store/change_notifier.h"
#include "store/store_lock.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

TEST_CASE("a store, its log, index, lock and change file are for their owner alone under every umask") {
  for (const mode_t mask : {0000, 0022, 0777}) {
    const TempDir folder;
    const mode_t before = ::umask(mask);
    {
      store::JobStore store(folder / "jobs.db", true);
      const store::NewJob job = new_job((folder / "a.mp4").string());
      store.add(std::span(&job, 1), noon);
      const store::StoreLock lock(folder / "jobs.db");
      ::umask(before);
      for (const char* name : {"jobs.db", "jobs.db-wal", "jobs.db-shm", "jobs.db.lock", "jobs.db.bell"}) {
        CAPTURE(name);
        CHECK(mode_of(folder / name) == 0600);
      }
    }
    // The log and the index come and go with those who use the store.
    store::JobStore again(folder / "jobs.db", false);
    CHECK(again.list({}).size() == 1);
    CHECK(mode_of(folder / "jobs.db") == 0600);
  }
}

TEST_CASE("a store that others can read is closed to them when it is opened, with all that belongs to it") {
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  const fs::path files = folder / "jobs.db-files";
  for (const char* name : {"logs", "checkpoints", "previews", "prices", "videos"}) {
    fs::create_directories(files / name);
    fs::permissions(files / name, fs::perms(0755));
    write_file(files / name / "1", "x");
    fs::permissions(files / name / "1", fs::perms(0644));
  }
  for (const char* name : {"jobs.db", "jobs.db.lock", "jobs.db.bell"}) {
    if (!fs::exists(folder / name)) write_file(folder / name, "");
    fs::permissions(folder / name, fs::perms(0664));
  }
  fs::permissions(files, fs::perms(0755));
  fs::create_symlink(folder / "jobs.db", folder / "link.db");
  store::JobStore store(folder / "link.db", false);
  CHECK(mode_of(folder / "jobs.db") == 0600);
  store::JobStore by_name(folder / "jobs.db", false);
  for (const char* name : {"jobs.db.lock", "jobs.db.bell"}) CHECK(mode_of(folder / name) == 0600);
  CHECK(mode_of(files) == 0700);
  for (const char* name : {"logs", "checkpoints", "previews", "prices"}) {
    CHECK(mode_of(files / name) == 0700);
    CHECK(mode_of(files / name / "1") == 0600);
  }
  CHECK(mode_of(files / "videos/1") == 0644);  // outputs go by the umask
}

TEST_CASE("a file that is no store keeps its mode") {
  const TempDir folder;
  SQLite::Database(folder / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE t (a)");
  fs::permissions(folder / "other.db", fs::perms(0664));
  CHECK_THROWS_AS(store::JobStore(folder / "other.db", true), Error);
  CHECK(mode_of(folder / "other.db") == 0664);
}

TEST_CASE("a store of someone else keeps its mode") {
  if (::geteuid() != 0) return;
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  fs::permissions(folder / "jobs.db", fs::perms(0664));
  REQUIRE(::chown((folder / "jobs.db").c_str(), 12345, 12345) == 0);
  store::JobStore store(folder / "jobs.db", false);
  CHECK(mode_of(folder / "jobs.db") == 0664);
}
