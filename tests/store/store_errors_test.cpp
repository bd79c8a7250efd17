// What goes wrong with a store's file is told with its cause and what to do.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <csignal>
#include <functional>

#include "contains.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

Error error_of_opening(const fs::path& file) {
  return error_of([&] { store::JobStore(file, true); });
}

/// What `act` throws in a process of its own, which it may do anything to; "nothing" when it throws nothing.
Error error_in_child(const std::function<void()>& act) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string text = "0nothing";
    try {
      act();
    } catch (const Error& error) {
      text = fmt::format("{}{}; {}", static_cast<int>(error.code()), error.message(), error.hint());
    }
    [[maybe_unused]] const auto written = ::write(ends[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  char text[4096];
  const auto count = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  REQUIRE(count > 0);
  return {static_cast<ErrorCode>(text[0] - '0'), std::string(text + 1, static_cast<std::size_t>(count) - 1)};
}

/// Fills the store at `file`, with no more than `most` bytes for any file.
void fill(const fs::path& file, rlim_t most) {
  const rlimit limit{most, most};
  std::signal(SIGXFSZ, SIG_IGN);
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return;
  store::JobStore store(file, false);
  store::NewJob job = new_job("/a.mp4");
  job.spec.prompt = std::string(100'000, 'x');
  job.spec.overwrite = true;
  for (int i = 0; i < 1000; ++i) store.add(std::span(&job, 1), noon);
}

}  // namespace

TEST_CASE("a file that cannot be made is reported with the system's reason") {
  const TempDir folder;
  const Error name = error_of_opening(folder / (std::string(300, 'x') + ".db"));
  CHECK(name.code() == ErrorCode::bad_request);
  CHECK(contains(name.message(), "for writing: File name too long"));
  CHECK(name.hint() == "check the permissions of the file and its folder");
  write_file(folder / "file", "x");
  const Error place = error_of_opening(folder / "file/below/jobs.db");
  CHECK(place.code() == ErrorCode::bad_request);
  CHECK(place.message() == fmt::format("cannot make the folder '{}' of the job store: Not a directory",
                                       (folder / "file/below").string()));
  CHECK(error_of([&] { store::JobStore(folder / "deep/er/jobs.db", false); }).message() ==
        fmt::format("there is no job store '{}'", (folder / "deep/er/jobs.db").string()));
  CHECK_FALSE(fs::exists(folder / "deep"));
  store::JobStore(folder / "deep/er/jobs.db", true);
  CHECK(fs::exists(folder / "deep/er/jobs.db"));
}

TEST_CASE("a store that cannot grow is full, and keeps what it has") {
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  const Error full = error_in_child([&] { fill(folder / "jobs.db", 2'000'000); });
  CHECK(full.code() == ErrorCode::refused);
  CHECK(contains(full.message(), "there is no room for the job store"));
  CHECK(contains(full.message(), "ulimit -f"));
  store::JobStore store(folder / "jobs.db", false);
  const auto kept = store.list({}).size();
  CHECK(kept > 0);
  CHECK(kept < 1000);
  const store::NewJob job = new_job((folder / "a.mp4").string());
  CHECK(store.add(std::span(&job, 1), noon).size() == 1);
}

TEST_CASE("a store that this user may not open is reported by name") {
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder / "jobs.db", fs::perms(0));
  const Error error = error_in_child([&] {
    if (::geteuid() == 0 && ::setuid(12345) != 0) return;  // nothing is closed to root
    store::JobStore(folder / "jobs.db", false);
  });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message() ==
        fmt::format("cannot open the job store '{}' for writing; check the permissions of the "
                    "file and its folder",
                    (folder / "jobs.db").string()));
  fs::permissions(folder / "jobs.db", fs::perms(0600));
}

TEST_CASE("a file that begins as a store and goes on as something else is damaged") {
  const TempDir folder;
  {
    store::JobStore store(folder / "jobs.db", true);
    const store::NewJob job = new_job((folder / "a.mp4").string());
    store.add(std::span(&job, 1), noon);
  }
  std::string bytes = read_file(folder / "jobs.db");
  REQUIRE(bytes.size() > 8192);
  std::fill(bytes.begin() + 1024, bytes.end(), '\x55');
  write_file(folder / "jobs.db", bytes);
  const Error damaged = error_of([&] { store::JobStore(folder / "jobs.db", false).list({}); });
  CHECK(damaged.code() == ErrorCode::work_failed);
  CHECK(damaged.message() == fmt::format("the job store '{}' is damaged", (folder / "jobs.db").string()));
  CHECK(contains(damaged.hint(), ".recover"));
}

TEST_CASE("a database of something else is no store, whatever its version, and an empty one becomes one") {
  const TempDir folder;
  const auto make = [&](const std::string& sql) {
    fs::remove(folder / "x.db");
    SQLite::Database(folder / "x.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
    return folder / "x.db";
  };
  for (const char* sql : {"PRAGMA application_id = 7", "PRAGMA user_version = 1", "CREATE TABLE t (a)"}) {
    const Error error = error_of_opening(make(sql));
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(contains(error.message(), "is a database but not a job store"));
  }
  write_file(folder / "empty.db", "");
  CHECK(store::JobStore(folder / "empty.db", true).list({}).empty());
}
