// The content of a dropped file: requests, and how each is to be scheduled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/incoming_text.h"
#include "inbox/inbox_rules.h"
#include "spec/request_options.h"
#include "store/job.h"

namespace turbodiff::inbox {

struct InboxRequest {
  spec::RequestOptions options;
  /// The flags of `add`: when, priority, earliest, deadline, retries, group, held.
  store::JobSpec schedule;
  std::int64_t count = 1;
};

/// A time as a user writes it, in seconds; throws Error bad_request.
using InboxTime = std::function<std::int64_t(std::string_view text)>;

/// Parses `content`, the content of the file `name`, as core::incoming_text() with `note`.
///   .txt           one prompt a line, as spec::read_prompts()
///   .jsonl         one object a line
///   .json, .yaml   one prompt, one object, a list of these, or an object with `prompts`, a list of these,
///                  whose other keys apply to all of them
/// An object has the keys of spec::options_from_json() and when, priority, earliest, deadline, retries,
/// group, hold and count. Error bad_request with the place of what is wrong, in one line.
std::vector<InboxRequest> read_inbox_file(const std::string& content, const std::string& name, InboxKind kind,
                                          const InboxTime& read_time, const core::TextNote& note = {});

}  // namespace turbodiff::inbox
