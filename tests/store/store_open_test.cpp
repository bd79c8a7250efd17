#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <thread>

#include "store/change_notifier.h"
#include "store/store_lock.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE("what is no store is refused, and left as it is") {
  const TempDir folder;
  write_file(folder / "text.db", std::string(5000, 'x'));
  CHECK(error_of([&] { store::JobStore(folder / "text.db", true); }).code() == ErrorCode::bad_request);
  CHECK(read_file(folder / "text.db") == std::string(5000, 'x'));
  {
    SQLite::Database(folder / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE t (a)");
  }
  CHECK(error_of([&] { store::JobStore(folder / "other.db", true); }).message().find("not a job store") !=
        std::string::npos);
  CHECK(error_of([&] { store::JobStore(folder / "none.db", false); }).code() == ErrorCode::not_found);
  CHECK_FALSE(std::filesystem::exists(folder / "none.db"));
}

TEST_CASE("programs that start together make one store, and none takes it for another's") {
  for (int round = 0; round < 30; ++round) {
    const TempDir folder;
    std::atomic<bool> go = false;
    std::vector<std::string> problems(4);
    std::vector<std::thread> threads;
    for (std::string& problem : problems)
      threads.emplace_back([&] {
        while (!go) std::this_thread::yield();
        try {
          store::JobStore(folder / "jobs.db", true);
        } catch (const Error& error) {
          problem = error.message();
        }
      });
    go = true;
    for (std::thread& thread : threads) thread.join();
    for (const std::string& problem : problems) CHECK_MESSAGE(problem.empty(), problem);
  }
}

TEST_CASE("a store of a newer program is refused") {
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  { SQLite::Database(folder / "jobs.db", SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99"); }
  const Error error = error_of([&] { store::JobStore(folder / "jobs.db", true); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("newer") != std::string::npos);
}

TEST_CASE("a store is durable: WAL, full synchronisation, foreign keys, strict tables") {
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  SQLite::Database db(folder / "jobs.db", SQLite::OPEN_READWRITE);
  CHECK(db.execAndGet("PRAGMA journal_mode").getString() == "wal");
  CHECK(db.execAndGet("SELECT count(*) FROM pragma_table_list "
                      "WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
            .getInt() == 0);
  CHECK_THROWS(db.exec("INSERT INTO events (job_id, at, kind, detail) VALUES ('x', 'y', 1, 2)"));
}

TEST_CASE("one process at a time holds the lock") {
  const TempDir folder;
  {
    const store::StoreLock lock(folder / "jobs.db");
    CHECK(store::is_locked(folder / "jobs.db"));
    const Error error = error_of([&] { store::StoreLock(folder / "jobs.db"); });
    CHECK(error.code() == ErrorCode::refused);
    CHECK(error.message().find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK_FALSE(store::is_locked(folder / "jobs.db"));
  CHECK_NOTHROW(store::StoreLock(folder / "jobs.db"));
}

TEST_CASE("a change is received by other listeners") {
  const TempDir folder;
  store::ChangeListener listener(folder / "jobs.db");
  CHECK_FALSE(listener.has_changed());
  store::notify_change(folder / "jobs.db");
  CHECK(listener.has_changed());
  CHECK_FALSE(listener.has_changed());
}

TEST_CASE("many threads add to one store, each job once") {
  const TempDir folder;
  { store::JobStore(folder / "jobs.db", true); }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      store::JobStore own(folder / "jobs.db", false);
      for (int i = 0; i < 25; ++i) {
        const store::NewJob job = new_job((folder / fmt::format("{}-{}.mp4", t, i)).string());
        own.add(std::span(&job, 1), noon);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(store::JobStore(folder / "jobs.db", false).list({}).size() == 100);
}
