// The watch folder: files dropped into it become jobs, each exactly once.
//
// A complete file is first moved to FOLDER/.taking/BATCH/, a name that nobody else writes to and that is
// never used twice; that it was taken is noted in the store in the transaction that adds its jobs; then it
// moves to FOLDER/done. Whoever is cut off in between finds the file in .taking, and the store knows whether
// its jobs were added. A file that gives no jobs moves to FOLDER/failed, beside NAME.reason.txt.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "sched/freeze.h"
#include "sched/inbox_file.h"
#include "sched/inbox_watcher.h"
#include "store/job_store.h"

namespace turbodiff::sched {

struct InboxSettings {
  std::filesystem::path folder;  ///< absolute; made where it is missing
  /// Pattern of outputs, as --output, {file} is the dropped file's name; relative to the folder.
  std::string output = "videos/{date}-{file}-{index}.mp4";
  double settle_s = 5;          ///< a file of unknown history must stay the same for so long
  double poll_s = 10;           ///< between scans where the file system does not tell of changes
  bool skip_same = true;        ///< a file of the same name and content as an earlier one adds nothing
  spec::RequestOptions common;  ///< what settings say
  FreezeSettings freeze;        ///< its time is not used
  InboxTime read_time;
};

class Inbox {
 public:
  /// Error bad_request when the folder cannot be used, refused when another process watches it.
  Inbox(store::JobStore& store, const core::Clock& clock, core::Log& log, InboxSettings settings);
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Readable when look() should be called: for poll(2).
  int fd() const { return watcher_->fd(); }
  /// Takes some of the files that are complete. Whether there were any; then there may be more.
  bool look();
  /// Whether a file will be complete soon, as far as one can tell.
  bool any_soon() const { return watcher_->any_soon() || (!claims_.empty() && !stuck_); }
  /// Names of the files that are no jobs yet.
  std::vector<std::string> waiting() const;

 private:
  /// A file in .taking.
  struct Claim {
    std::string batch, name;
  };
  std::filesystem::path path_of(const Claim& claim) const { return taking_ / claim.batch / claim.name; }

  void find_claims();
  void claim(const std::vector<std::string>& names);
  std::string make_batch();
  void take_claims();
  /// The file, or nothing when it is still written or gone. Error bad_request when it gives no jobs.
  std::optional<store::DroppedFile> read(const Claim& claim) const;
  std::vector<store::NewJob> jobs_of(const std::string& name, const std::string& content) const;
  /// Whether the text of this picture has to go first. Error bad_request for a picture, and for its text.
  bool must_wait(const Claim& claim) const;
  void make_output_folder() const;
  void finish(const Claim& claim, const store::TakenFile& taken);
  void fail(const Claim& claim, const std::string& reason, const std::string& hint);
  std::filesystem::path free_place(const std::string& subfolder, const std::string& name) const;

  store::JobStore& store_;
  const core::Clock& clock_;
  core::Log& log_;
  InboxSettings settings_;
  std::filesystem::path taking_;
  int lock_ = -1;
  std::unique_ptr<InboxWatcher> watcher_;
  std::vector<Claim> claims_;  ///< to be read, or read and not moved yet
  bool stuck_ = false;         ///< what is claimed could not be dealt with at the last look
  double retry_s_ = 0;
};

}  // namespace turbodiff::sched
