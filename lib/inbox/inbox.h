// The watch folder: files dropped into it become jobs, each exactly once.
//
// A complete file is first moved to FOLDER/.taking/BATCH/, a name that no other process writes to and that is
// never used twice; the transaction that adds its jobs also records in the store that it was taken; then it
// moves to FOLDER/done. After a crash in between, the file is in .taking, and the store knows whether its
// jobs were added. A file that gives no jobs moves to FOLDER/failed, next to NAME.reason.txt; one that was
// taken before to FOLDER/done, next to the same.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "inbox/inbox_claims.h"
#include "inbox/inbox_reader.h"
#include "inbox/inbox_watcher.h"
#include "store/job_store.h"

namespace turbodiff::inbox {

class Inbox {
 public:
  /// Error bad_request when the folder cannot be used, refused when another process watches it.
  Inbox(store::JobStore& store, const core::Clock& clock, core::Log& log, InboxSettings settings);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Readable when look() should be called: for poll(2).
  int fd() const { return watcher_->fd(); }
  /// Takes some of the complete files. Returns whether there were any; then there may be more.
  bool look();
  /// Whether a file will probably be complete soon.
  bool any_soon() const { return watcher_->any_soon() || (!claims_.empty() && !stuck_); }
  /// Names of the files that are not jobs yet.
  std::vector<std::string> waiting() const;

 private:
  void take_claims();
  void make_output_folder() const;
  void finish(const InboxClaim& claim, const store::TakenFile& taken);
  void fail(const InboxClaim& claim, const std::string& reason, const std::string& hint);
  /// Explains why a file gave no jobs: in a file next to its new place, and in a log message.
  void explain(const InboxClaim& claim, const std::filesystem::path& place, const std::string& reason) const;
  std::filesystem::path free_place(const std::string& subfolder, const std::string& name) const;

  store::JobStore& store_;
  const core::Clock& clock_;
  core::Log& log_;
  InboxSettings settings_;
  InboxClaims files_;
  InboxReader reader_;
  std::unique_ptr<InboxWatcher> watcher_;
  std::vector<InboxClaim> claims_;  ///< to be read, or read and not moved yet
  bool stuck_ = false;              ///< the claimed files could not be processed at the last look
  double retry_s_ = 0;
};

}  // namespace turbodiff::inbox
