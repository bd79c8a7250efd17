// --watch: the folder whose files are added as jobs, configured by flags and settings.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "queue.h"
#include "sched/inbox.h"

namespace turbodiff::app {

/// Null where neither the flag nor watch.folder names a folder. Error bad_request for a bad setting.
/// `refused` as in sched::InboxSettings.
std::unique_ptr<sched::Inbox> make_inbox(Queue& queue, const std::optional<std::string>& folder_flag,
                                         decltype(sched::InboxSettings::refused) refused);

}  // namespace turbodiff::app
