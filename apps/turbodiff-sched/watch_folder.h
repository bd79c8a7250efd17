// --watch: the folder whose files are added as jobs, configured by flags and settings.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "inbox/inbox.h"
#include "queue.h"

namespace turbodiff::app {

/// Null where neither the flag nor watch.folder names a folder. Error bad_request for a bad setting.
/// `refused` as in inbox::InboxSettings.
std::unique_ptr<inbox::Inbox> make_inbox(Queue& queue, const std::optional<std::string>& folder_flag,
                                         decltype(inbox::InboxSettings::refused) refused);

}  // namespace turbodiff::app
