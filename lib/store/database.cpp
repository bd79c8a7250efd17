#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/os/file_system.h"
#include "core/os/private_file.h"
#include "core/os/unique_fd.h"
#include "store/job_store.h"
#include "store/schema.h"

namespace turbodiff::store {
namespace fs = std::filesystem;
namespace {

constexpr int busy_timeout_ms = 20'000;

/// Why a file cannot be opened for writing, and what to do.
Error cannot_write(const fs::path& file, int system_error) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0)
    return Error::bad_request(
        fmt::format("the job store '{}' is on a file system that is mounted read-only", file.string()),
        "mount it for writing, or name another place with --store");
  if (system_error == ENOSPC || system_error == EDQUOT)
    return Error::refused(fmt::format("the disk of the job store '{}' is full", file.string()),
                          "make room and try again");
  return Error::bad_request(
      fmt::format("cannot open the job store '{}' for writing{}", file.string(),
                  system_error == 0 ? std::string() : fmt::format(": {}", std::strerror(system_error))),
      "check the permissions of the file and its folder");
}

fs::path prepared(const fs::path& file, bool create) {
  std::error_code error;
  const fs::path folder = file.parent_path();
  const bool there = fs::exists(file, error);
  if (!there) {
    if (!create)
      throw Error::not_found(fmt::format("there is no job store '{}'", file.string()),
                             "add a job first, or name the store with --store");
    fs::create_directories(folder, error);
    if (error)
      throw Error::bad_request(
          fmt::format("cannot make the folder '{}' of the job store: {}", folder.string(), error.message()),
          "name another place with --store");
  } else if (fs::is_directory(file, error)) {
    throw Error::bad_request(fmt::format("the job store '{}' is a folder", file.string()),
                             "name a file with --store");
  } else if (!fs::is_regular_file(file, error)) {
    throw Error::bad_request(fmt::format("the job store '{}' is not a file", file.string()),
                             "name another file with --store");
  }
  if (const char* kind = core::network_file_system(folder))
    throw Error::bad_request(
        fmt::format("the job store '{}' is on a network file system ({}), where locks cannot be relied on",
                    file.string(), kind),
        "put it on a local disk with --store");
  if (!there) {
    // SQLite gives its log and index the mode of this file, whatever the umask is. Only a new one is opened:
    // to close a file that another thread has open takes that one's locks from it.
    const core::UniqueFd fd(core::open_private(file, O_RDWR | O_CREAT | O_EXCL));
    if (!fd && errno != EEXIST) throw cannot_write(file, errno);
  }
  return file;
}

/// Stores made by earlier versions, and what lies beside them, were open to others.
void close_to_others(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);  // SQLite's files are beside what a link leads to
  if (!error)
    for (const char* ending : {"", "-wal", "-shm"}) core::make_private(real.string() + ending);
  for (const char* ending : {".lock", ".bell"}) core::make_private(file.string() + ending);
  const fs::path folder = file.string() + "-files";
  if (!core::make_private(folder)) return;
  for (const char* name : {"logs", "checkpoints", "previews", "prices"}) {
    core::make_private(folder / name);
    for (fs::directory_iterator it(folder / name, error), end; !error && it != end; it.increment(error))
      core::make_private(it->path());
  }
}

/// Between programs that open stores of one folder: shared while they look, exclusive while one is made. None
/// where the folder cannot be locked; then SQLite's own locks must do.
class FolderLock {
 public:
  FolderLock(const fs::path& folder, int operation)
      : fd_(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (fd_ && ::flock(fd_.get(), operation) != 0 && errno == EINTR) {
    }
  }

 private:
  core::UniqueFd fd_;
};

/// What SQLite complains about, in our words.
Error describe(const SQLite::Exception& exception, const fs::path& file, int system_error) {
  const std::string name = file.string();
  int code = exception.getErrorCode() & 0xff;
  // SQLite knows a full disk from a write; a flush may meet it, too.
  // Of the index that processes share it says only that it could not grow.
  if (code == SQLITE_IOERR &&
      (core::is_out_of_space(system_error) || exception.getExtendedErrorCode() == SQLITE_IOERR_SHMSIZE))
    code = SQLITE_FULL;
  switch (code) {
    case SQLITE_FULL:
      return Error::refused(
          fmt::format(
              "there is no room for the job store '{}': the disk is full, or a file size limit is met", name),
          "make room, or raise the limit (ulimit -f), and try again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error::work_failed(fmt::format("the job store '{}' has been locked by another program for {} s",
                                            name, busy_timeout_ms / 1000),
                                "end that program, or try again in a moment");
    case SQLITE_NOTADB:
      return Error::bad_request(fmt::format("'{}' is not a job store", name),
                                "name another file with --store");
    case SQLITE_CORRUPT:
      return Error::work_failed(fmt::format("the job store '{}' is damaged", name),
                                fmt::format("keep a copy, then try: sqlite3 '{}' .recover", name));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return cannot_write(file, system_error);
    case SQLITE_IOERR:
      return Error::work_failed(
          fmt::format("cannot read or write the job store '{}': {}", name,
                      system_error != 0 ? std::strerror(system_error) : exception.what()),
          "check the disk");
  }
  return Error::work_failed(fmt::format("the job store '{}': {}", name, exception.what()));
}

}  // namespace

StoreGone::StoreGone(const fs::path& file)
    : Error(ErrorCode::work_failed,
            fmt::format("the job store '{}' was removed or replaced while it was in use", file.string()),
            "nothing more is written; put it back, or start again with a new one") {}

void rethrow(const SQLite::Exception& exception, const Database& database) {
  if (database.has_moved()) throw StoreGone(database.file());
  throw describe(exception, database.file(), database.system_error());
}

Database::Database(fs::path file, bool create)
    : file_(std::move(file)), sql_([&] {
        try {
          return SQLite::Database(prepared(file_, create).string(),
                                  SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_timeout_ms);
        } catch (const SQLite::Exception& exception) {
          throw describe(exception, file_, 0);
        }
      }()) {
  guarded(*this, [&] {
    flush_commits(true);
    sql_.exec("PRAGMA foreign_keys = ON;");
    bool ready = false;
    {
      const FolderLock reading(file_.parent_path(), LOCK_SH);
      ready = is_ready();
    }
    if (!ready) {
      const FolderLock making(file_.parent_path(), LOCK_EX);
      // Another process may have done it while this one waited.
      if (!is_ready()) {
        sql_.exec("PRAGMA journal_mode = WAL");
        migrate();
      }
    }
  });
  close_to_others(file_);  // now that it is known to be a store
}

bool Database::is_ready() {
  const int id = sql_.execAndGet("PRAGMA application_id").getInt();
  const int version = sql_.execAndGet("PRAGMA user_version").getInt();
  if (id != application_id) {
    const bool empty = sql_.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
    if (id != 0 || version != 0 || !empty)
      throw Error::bad_request(fmt::format("'{}' is a database but not a job store", file_.string()),
                               "name another file with --store");
  }
  if (version > static_cast<int>(migrations().size()))
    throw Error::bad_request(
        fmt::format("the job store '{}' is of a newer turbodiff-sched (version {}, this one knows {})",
                    file_.string(), version, migrations().size()),
        "use the newer program");
  return version == static_cast<int>(migrations().size()) &&
         sql_.execAndGet("PRAGMA journal_mode").getString() == "wal";
}

void Database::migrate() {
  Transaction transaction(*this, "migrate");
  // Another process may have done it while this one waited.
  const auto version = static_cast<std::size_t>(sql_.execAndGet("PRAGMA user_version").getInt());
  for (std::size_t i = version; i < migrations().size(); ++i) sql_.exec(std::string(migrations()[i]));
  sql_.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id,
                        migrations().size()));
  transaction.commit();
}

int Database::system_error() const {
  // sqlite3_system_errno() does not know of a COMMIT that failed.
  sqlite3* db = sql_.getHandle();
  int of_file = 0, of_log = 0;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != nullptr &&
      log->pMethods != nullptr)
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
  return of_log != 0 ? of_log : of_file;
}

bool Database::has_moved() const {
  int moved = 0;
  return sqlite3_file_control(sql_.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

void Database::flush_commits([[maybe_unused]] bool flush) {
#ifdef TURBODIFF_WITHOUT_STORE_FSYNC
  sql_.exec("PRAGMA synchronous = OFF;");
#else
  sql_.exec(flush ? "PRAGMA synchronous = FULL;" : "PRAGMA synchronous = NORMAL;");
#endif
}

Query Database::statement(const char* text) {
  auto found = statements_.find(text);
  if (found == statements_.end()) found = statements_.try_emplace(text, sql_, text).first;
  found->second.tryReset();
  found->second.clearBindings();
  return Query(found->second);
}

Transaction::Transaction(Database& database, std::string_view name) : database_(database) {
  if (database_.has_moved()) throw StoreGone(database_.file());
  database_.sql().exec(fmt::format("BEGIN IMMEDIATE /* {} */", name));
}

Transaction::~Transaction() {
  if (open_) database_.sql().tryExec("ROLLBACK");
}

void Transaction::commit() {
  database_.sql().exec("COMMIT");
  open_ = false;
}

}  // namespace turbodiff::store
