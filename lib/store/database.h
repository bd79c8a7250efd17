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

/// A prepared statement in use; reset at the end of the scope, so that no read transaction stays open.
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

/// An open store: WAL, synchronous=FULL, foreign keys, the newest schema, readable by its owner alone.
/// SQLite's errors are thrown as Error: refused for a full disk, work_failed for a busy or damaged file.
class Database {
 public:
  /// Opens `file`; a missing one is created (with its folder) when `create`, else Error not_found. Error
  /// bad_request for a file that is not a store, one of a newer program, or one on a network file system.
  Database(std::filesystem::path file, bool create);

  const std::filesystem::path& file() const { return file_; }
  SQLite::Database& sql() { return sql_; }
  /// errno of the last failed system call on the file or its log; 0 for none.
  int system_error() const;
  /// Whether the file's name no longer refers to the open file.
  bool has_moved() const;

  /// A statement that is prepared once and cached. Only one use of a text at a time.
  Query statement(const char* text);

  /// Whether commits wait until they are on the disk, so that a power failure reverts none of them; they do
  /// by default. Not within a transaction.
  void flush_commits(bool flush);

 private:
  /// Whether the file is a store of this program. Error bad_request for another file, or a newer store.
  bool is_ready();
  void migrate();
  std::filesystem::path file_;
  SQLite::Database sql_;
  std::unordered_map<const char*, SQLite::Statement> statements_;
};

/// Throws SQLite's error as an Error of this project, or StoreGone.
[[noreturn]] void rethrow(const SQLite::Exception& exception, const Database& database);

/// Runs `work`, and converts SQLite's exceptions into Error.
template <typename Work>
auto guarded(const Database& database, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const SQLite::Exception& exception) {
    rethrow(exception, database);
  }
}

/// One write transaction; rolled back unless committed. Throws StoreGone before anything is written to a file
/// that is no longer the store, which SQLite would do silently. Its name is added to the SQL as a comment, so
/// that a trace shows what is being done.
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
