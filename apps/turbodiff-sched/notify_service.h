// Notifications, configured by the settings.
#pragma once

#include <memory>
#include <vector>

#include "notify/notifier.h"
#include "queue.h"

namespace turbodiff::app {

/// notify.channels; empty without any. Error bad_request with every problem and its place.
std::vector<notify::ChannelSettings> notify_channels(Queue& queue);
notify::MessageOptions message_options(Queue& queue);
/// The file of the picture of the last batch.
std::filesystem::path picture_file(Queue& queue);

/// Null without channels. The store's lock must be held. `engine` renders the pictures. Errors as
/// notify_channels() and core::read_secret().
std::unique_ptr<notify::Notifier> start_notifier(Queue& queue, std::vector<notify::OpenChannel> channels,
                                                 const std::filesystem::path& engine);
/// The channels with their secrets read.
std::vector<notify::OpenChannel> open_channels(Queue& queue, std::vector<notify::ChannelSettings> settings);

}  // namespace turbodiff::app
