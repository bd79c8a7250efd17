// Reads a file of the watch folder and makes its jobs.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "inbox/inbox_claims.h"
#include "inbox/inbox_file.h"
#include "queue/freeze.h"
#include "store/job_store.h"

namespace turbodiff::inbox {

struct InboxSettings {
  std::filesystem::path folder;  ///< absolute; created where it is missing
  /// Pattern of outputs, as --output; {file} is the dropped file's name. Relative to the folder.
  std::string output = "videos/{date}-{file}-{index}.mp4";
  double settle_s = 5;  ///< a file of unknown history must stay unchanged for this time
  double poll_s = 10;   ///< between scans where the file system does not report changes
  /// Whether dropped files may name files anywhere; else outputs must be below the folder of `output`, and
  /// files to read in the watch folder.
  bool allow_paths = false;
  bool skip_same = true;         ///< a file of the same name and content as an earlier one adds nothing
  spec::RequestOptions common;   ///< options from the settings
  queue::FreezeSettings freeze;  ///< its time is not used
  InboxTime read_time;
  /// Called with the key and name of a file that gave no jobs, and the reason; may be empty.
  std::function<void(const std::string& key, const std::string& name, const std::string& reason)> refused;
  core::TextNote note;  ///< receives notes about how a file was decoded; may be empty
  /// Throws Error bad_request when jobs cannot run, or not by their deadlines; may be empty.
  std::function<void(const std::vector<store::NewJob>&)> check;
};

class InboxReader {
 public:
  /// All arguments must outlive it.
  InboxReader(const store::JobStore& store, const core::Clock& clock, const InboxClaims& claims,
              const InboxSettings& settings)
      : store_(store), clock_(clock), claims_(claims), settings_(settings) {}

  /// The file, or nothing when it is still being written or gone, or must wait for its text. Error
  /// bad_request or not_found when it gives no jobs.
  std::optional<store::DroppedFile> read(const InboxClaim& claim) const;

 private:
  /// Whether the text of this picture must be processed first. Error bad_request for a picture, and for its
  /// text.
  bool must_wait(const InboxClaim& claim) const;
  /// The jobs of a text that was taken before its picture arrived; empty: none that could be cancelled.
  std::string fate_of_text(const std::string& picture) const;
  /// Error bad_request where the request uses files outside of the allowed folders. Its paths are absolute.
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

}  // namespace turbodiff::inbox
