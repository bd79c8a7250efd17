// From a file of the watch folder to the jobs it asks for.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "sched/freeze.h"
#include "sched/inbox_claims.h"
#include "sched/inbox_file.h"
#include "store/job_store.h"

namespace turbodiff::sched {

struct InboxSettings {
  std::filesystem::path folder;  ///< absolute; made where it is missing
  /// Pattern of outputs, as --output, {file} is the dropped file's name; relative to the folder.
  std::string output = "videos/{date}-{file}-{index}.mp4";
  double settle_s = 5;  ///< a file of unknown history must stay the same for so long
  double poll_s = 10;   ///< between scans where the file system does not tell of changes
  /// Dropped files may name files anywhere; else outputs lie below the folder of `output`, and files to read
  /// in the watch folder.
  bool allow_paths = false;
  bool skip_same = true;        ///< a file of the same name and content as an earlier one adds nothing
  spec::RequestOptions common;  ///< what settings say
  FreezeSettings freeze;        ///< its time is not used
  InboxTime read_time;
  /// A file gave no jobs: its key, its name and why; may be empty.
  std::function<void(const std::string& key, const std::string& name, const std::string& reason)> refused;
  core::TextNote note;  ///< about how a file was read; may be empty
  /// Throws Error bad_request when jobs cannot be done, or not by their deadlines; may be empty.
  std::function<void(const std::vector<store::NewJob>&)> check;
};

class InboxReader {
 public:
  /// All must outlive it.
  InboxReader(const store::JobStore& store, const core::Clock& clock, const InboxClaims& claims,
              const InboxSettings& settings)
      : store_(store), clock_(clock), claims_(claims), settings_(settings) {}

  /// The file, or nothing when it is still written or gone, or its text has to go first. Error bad_request or
  /// not_found when it gives no jobs.
  std::optional<store::DroppedFile> read(const InboxClaim& claim) const;

 private:
  /// Whether the text of this picture has to go first. Error bad_request for a picture, and for its text.
  bool must_wait(const InboxClaim& claim) const;
  /// What became of a text that was taken before its picture came; empty: nothing that could be taken back.
  std::string fate_of_text(const std::string& picture) const;
  /// Error bad_request where the request leaves the folders that it may use. Its paths are absolute.
  void confine(const spec::RequestOptions& options) const;
  void confine(const std::filesystem::path& path, const std::filesystem::path& folder,
               std::string_view what) const;
  std::filesystem::path output_folder() const;
  std::vector<store::NewJob> jobs_of(const std::string& name, const std::string& content) const;

  const store::JobStore& store_;
  const core::Clock& clock_;
  const InboxClaims& claims_;
  const InboxSettings& settings_;
};

}  // namespace turbodiff::sched
