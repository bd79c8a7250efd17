// The text of notifications: one message about one or more notices.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "notify/notify_template.h"
#include "store/outbox.h"

namespace turbodiff::notify {

/// The summary of a batch.
struct BatchSummary {
  struct Line {
    store::JobId job = 0;
    std::string prompt, text;  ///< text: the file, the error, or the deadline
  };
  std::int64_t begin = 0, end = 0;  ///< seconds, UTC
  std::int64_t done_count = 0, failed_count = 0, late_count = 0;
  std::vector<Line> done, failed, late;  ///< the first of each
  std::int64_t microjoules = 0;
  bool measured = false;
  std::map<std::string, std::int64_t> costs;  ///< millionths by currency

  /// The summary of attempts that have ended, oldest first. `label` formats an instant (seconds, UTC).
  static BatchSummary of(const std::vector<store::EndedAttempt>& attempts,
                         const std::function<std::string(std::int64_t)>& label);
  std::string to_json() const;
  /// Error work_failed for text that was not written by to_json().
  static BatchSummary from_json(std::string_view text);
};

struct Message {
  std::string key;    ///< identical for the same notices of the same store
  std::string title;  ///< one line
  std::string text;   ///< lines, without a last newline
  std::vector<store::NoticeKind> kinds;
  bool urgent = false;  ///< something went wrong
  std::int64_t at = 0;  ///< time of the newest notice, seconds
  std::string host;
  BatchSummary batch;               ///< all batches combined
  std::vector<std::string> videos;  ///< of the batches
  std::string picture;              ///< PNG; empty: none
  std::string picture_file;         ///< the file of the picture

  TemplateValues values() const;
  /// All of it as a JSON document (schemas/sched-notify-webhook.schema.json).
  std::string to_json() const;
};

struct MessageOptions {
  std::string host;
  std::function<std::string(std::int64_t)> label;  ///< formats an instant (seconds, UTC)
};

/// `notices` must not be empty.
Message compose(const std::vector<store::Notice>& notices, const MessageOptions& options);
/// The message of `notify test`.
Message test_message(const std::string& channel, std::int64_t now, const MessageOptions& options);

/// The start of `text` in at most `bytes` bytes, with "…" where something is left out; whole characters.
std::string shortened(std::string_view text, std::size_t bytes);

}  // namespace turbodiff::notify
