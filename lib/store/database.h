// The SQLite file behind the store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/error.h"

namespace turbodiff::store {

/// A kept statement in use; reset at the end of the scope, so that no read transaction stays open behind it.
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <typename... Args>
  void bind(int index, Args&&... value) {
    statement_.bind(index, std::forward<Args>(value)...);
  }
  int exec() { return statement_.exec(); }
  bool executeStep() { return statement_.executeStep(); }
  SQLite::Column getColumn(int index) { return statement_.getColumn(index); }
  operator SQLite::Statement&() { return statement_; }

 private:
  SQLite::Statement& statement_;
};

/// An open store: WAL, synchronous=FULL, foreign keys, the newest schema. SQLite's errors leave it as Error:
/// refused for a full disk, work_failed for a busy or broken file.
class Database {
 public:
  /// Opens `file`; a missing one is made (with its folder) when `create`, else Error not_found. Error
  /// bad_request for a file that is no store, one of a newer program, or one on a network file system.
  Database(std::filesystem::path file, bool create);

  const std::filesystem::path& file() const { return file_; }
  SQLite::Database& sql() { return sql_; }
  /// Whether the last call to the system that failed, on the file or its log, met a full disk.
  bool met_full_disk() const;

  /// A statement that is prepared once and kept. One use of a text at a time.
  Query statement(const char* text);

 private:
  /// Whether it is a store as this program makes it. Error bad_request for what is none, or a newer one.
  bool is_ready();
  void migrate();
  std::filesystem::path file_;
  SQLite::Database sql_;
  std::unordered_map<const char*, SQLite::Statement> statements_;
};

/// What SQLite complains about, in our words.
Error describe(const SQLite::Exception& exception, const std::filesystem::path& file, bool full_disk = false);

/// Runs `work`, with SQLite's exceptions turned into Error.
template <typename Work>
auto guarded(const Database& database, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const SQLite::Exception& exception) {
    throw describe(exception, database.file(), database.met_full_disk());
  }
}

/// One write transaction; rolled back unless committed. Its name stands in the SQL as a comment, so that a
/// trace tells what is being done.
class Transaction {
 public:
  Transaction(Database& database, std::string_view name);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace turbodiff::store
