// Stores of every former version become one of today, with all that was in them.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include "store/schema.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

/// Rows as text, by table; the columns as they were at first.
using Dump = std::map<std::string, std::vector<std::string>>;
using Columns = std::map<std::string, std::string>;

constexpr int versions = 6;

fs::path made(const TempDir& folder, int version) {
  const fs::path file = folder / fmt::format("version-{}.db", version);
  SQLite::Database db(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(
      read_file(fs::path(TURBODIFF_SOURCE_DIR) / fmt::format("tests/store/data/version-{}.sql", version)));
  return file;
}

Columns columns_of(SQLite::Database& db) {
  Columns columns;
  SQLite::Statement tables(
      db,
      "SELECT m.name, group_concat('quote(' || c.name || ')', '||'',''||') FROM sqlite_schema m "
      "JOIN pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY m.name");
  while (tables.executeStep()) columns[tables.getColumn(0).getString()] = tables.getColumn(1).getString();
  return columns;
}

Dump dump(SQLite::Database& db, const Columns& columns) {
  Dump dump;
  for (const auto& [table, row] : columns) {
    SQLite::Statement rows(db, fmt::format("SELECT {} FROM {} ORDER BY 1", row, table));
    while (rows.executeStep()) dump[table].push_back(rows.getColumn(0).getString());
  }
  return dump;
}

int version_of(SQLite::Database& db) {
  return db.execAndGet("PRAGMA user_version").getInt();
}

}  // namespace

TEST_CASE("a store of each former version keeps every value of every row") {
  REQUIRE(store::migrations().size() == versions + 1);
  for (int version = 1; version <= versions; ++version) {
    CAPTURE(version);
    const TempDir folder;
    const fs::path file = made(folder, version);
    Columns columns;
    Dump before;
    {
      SQLite::Database old(file, SQLite::OPEN_READWRITE);
      REQUIRE(version_of(old) == version);
      columns = columns_of(old);
      before = dump(old, columns);
    }
    CHECK(before.at("jobs").size() == (version < 5 ? 7 : 8));
    { store::JobStore(file, false); }
    SQLite::Database now(file, SQLite::OPEN_READWRITE);
    CHECK(version_of(now) == static_cast<int>(store::migrations().size()));
    const Dump after = dump(now, columns);
    for (const auto& [table, rows] : before) {
      CAPTURE(table);
      // Tables that number their rows anew are noted there, too.
      if (table == "sqlite_sequence") continue;
      CHECK(after.at(table) == rows);
    }
    CHECK(now.execAndGet("PRAGMA integrity_check").getString() == "ok");
    CHECK_FALSE(SQLite::Statement(now, "PRAGMA foreign_key_check").executeStep());
    // A job that is added gets the number after the last one, also where that one is gone.
    const int last = now.execAndGet("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").getInt();
    CHECK(last == (version < 5 ? 7 : 8));
  }
}

TEST_CASE("the tables of a store that has grown are those of a new one") {
  const TempDir folder;
  const auto shape = [](const fs::path& file) {
    SQLite::Database db(file, SQLite::OPEN_READWRITE);
    std::vector<std::string> lines;
    SQLite::Statement columns(
        db,
        "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.[notnull] || ' ' || "
        "coalesce(c.dflt_value, '-') || ' ' || c.pk "
        "FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' "
        "ORDER BY m.name, c.cid");
    while (columns.executeStep()) lines.push_back(columns.getColumn(0).getString());
    SQLite::Statement indexes(
        db, "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL ORDER BY name");
    while (indexes.executeStep()) lines.push_back(indexes.getColumn(0).getString());
    return lines;
  };
  { store::JobStore(folder / "new.db", true); }
  const auto fresh = shape(folder / "new.db");
  CHECK(fresh.size() > 100);
  for (int version = 1; version <= versions; ++version) {
    CAPTURE(version);
    const fs::path file = made(folder, version);
    { store::JobStore(file, false); }
    CHECK(shape(file) == fresh);
  }
}

TEST_CASE("what was in an old store is read as it was meant") {
  for (int version = 1; version <= versions; ++version) {
    CAPTURE(version);
    const TempDir folder;
    store::JobStore store(made(folder, version), false);
    const auto counts = store.count_by_state();
    for (const store::State state : {store::State::done, store::State::failed, store::State::running,
                                     store::State::held, store::State::cancelled})
      CHECK(counts.at(state) == 1);
    CHECK(counts.at(store::State::queued) == 2);
    const store::Job waiting = store.job(4);
    CHECK(waiting.spec.prompt == "two\nlines");
    CHECK(waiting.spec.when == spec::When::cheapest);
    CHECK(waiting.spec.earliest == 1'790'000'060);
    CHECK(waiting.spec.overwrite);
    CHECK(waiting.after == std::vector<store::JobId>{1, 3});
    CHECK(store.job(3).spec.prompt == "一只猫");
    CHECK(store.job(2).error == "it's full");
    CHECK(store.job(5).not_before == noon + 30'000'000);
    const auto attempts = store.attempts(1);
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].error == "first");
    CHECK(attempts[0].steps == 0);
    CHECK(attempts[1].resumed);
    CHECK(attempts[1].stages.denoise == 1.5);
    CHECK(attempts[1].expected.high == 5.0);
    CHECK(attempts[1].bill.cost.gross.micro() == 11);
    CHECK(attempts[1].bill.microjoules == 12'000);
    CHECK(attempts[1].bill.rest_microjoules == (version == 1 ? 12'000 : 3'000));
    CHECK(attempts[1].bill.source == "measured");
    CHECK(attempts[1].bill.gpu == (version == 1 ? "" : "A GPU"));
    CHECK(attempts[1].bill.asap_gross == (version == 1 ? std::nullopt : std::optional<std::int64_t>(15)));
    CHECK(store.prices(2).size() == 2);
    CHECK(store.samples(2).size() == (version == 1 ? 0 : 2));
    CHECK(store.idle_energy(0, noon * 2).size() == (version == 1 ? 0 : 2));
    CHECK(store.billed_attempts(0, noon * 2, false).size() == (version < 5 ? 5 : 6));
    CHECK(store.runner().paused);
    // The attempt that was being published goes on where it was.
    const auto left = store.abandoned(store.begin_epoch(store::this_process()));
    REQUIRE(left.size() == 1);
    CHECK(left[0].attempt.job == 3);
    CHECK(left[0].attempt.state == store::AttemptState::publishing);
    CHECK(left[0].rebooted);
    CHECK(left[0].attempt.steps == (version < 6 ? 0 : 2));
    REQUIRE(left[0].publications.size() == 1);
    CHECK(left[0].publications[0].inode == 123'456);
    if (version >= 4) {
      CHECK(store.pending("push").size() == 1);
      CHECK(store.channel_full_at("mail") == noon + 7);
      CHECK(store.unreported().front().id == 5);
    }
    const store::NewJob job = new_job((folder / "new.mp4").string());
    CHECK(store.add(std::span(&job, 1), noon).front() == (version < 5 ? 8 : 9));
  }
}

TEST_CASE("a migration that fails leaves the store as it was") {
  const TempDir folder;
  const fs::path file = made(folder, 1);
  SQLite::Database old(file, SQLite::OPEN_READWRITE);
  // The fourth step stumbles over it, when three are done.
  old.exec("CREATE TABLE deliveries (mine TEXT)");
  const Columns columns = columns_of(old);
  const Dump before = dump(old, columns);
  CHECK_THROWS_AS(store::JobStore(file, false), Error);
  CHECK(version_of(old) == 1);
  CHECK(columns_of(old) == columns);
  CHECK(dump(old, columns) == before);
  old.exec("DROP TABLE deliveries");
  CHECK_NOTHROW(store::JobStore(file, false));
}

TEST_CASE("a migration that is killed at any moment has happened or not, and the next program does it") {
  // At moments all over a migration and shortly after it, however fast this machine is.
  auto whole = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 3; ++i) {
    const TempDir folder;
    const fs::path file = made(folder, 1);
    const auto begin = std::chrono::steady_clock::now();
    store::JobStore(file, false);
    whole = std::min(whole, std::chrono::steady_clock::now() - begin);
  }
  int unfinished = 0;
  for (int round = 0; round < 40; ++round) {
    CAPTURE(round);
    const TempDir folder;
    const fs::path file = made(folder, 1);
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
      try {
        store::JobStore(file, false);
      } catch (const std::exception&) {
      }
      ::pause();
      ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    std::this_thread::sleep_for(whole * round / 30);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const int end : ready) ::close(end);
    {
      SQLite::Database db(file, SQLite::OPEN_READWRITE);
      const int version = version_of(db);
      CHECK((version == 1 || version == static_cast<int>(store::migrations().size())));
      const bool has_last = columns_of(db).at("jobs").find("quote(forgiven_attempts)") != std::string::npos;
      CHECK(has_last == (version != 1));
      CHECK(columns_of(db).contains("notices") == (version != 1));
      unfinished += version == 1 ? 1 : 0;
    }
    CHECK(store::JobStore(file, false).attempts(1).size() == 2);
  }
  CHECK(unfinished > 0);
}
