// A notification channel: an e-mail account, a chat, a push service, the desktop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/environment.h"
#include "notify/notify_message.h"
#include "notify/notify_settings.h"

namespace turbodiff::notify {

/// The result of sending a message.
struct SendResult {
  enum class Kind {
    sent,     ///< the service has confirmed that it has the message
    retry,    ///< a retry may succeed; without an answer the message may have been accepted already
    refused,  ///< the service will not accept the message
    stopped   ///< ended by the caller's `stop`
  };
  Kind kind = Kind::sent;
  std::string problem = {};                  ///< one line
  std::optional<double> retry_after_s = {};  ///< requested by the service
  std::string picture_problem = {};          ///< why the message was sent without its picture
};

/// Called about once a second; true ends the exchange.
using SendStop = std::function<bool()>;

class Channel {
 public:
  virtual ~Channel() = default;
  /// Sends a message in bounded time. Throws nothing; no text of the result contains a secret of the channel.
  SendResult send(const Message& message, const SendStop& stop) noexcept;

 protected:
  explicit Channel(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}
  /// Error and std::exception count as `retry`, Error interrupted as `stopped`.
  virtual SendResult deliver(const Message& message, const SendStop& stop) = 0;

 private:
  std::string without_secrets(std::string text) const;
  std::vector<std::string> secrets_;
};

/// Reads the channel's secrets: errors as read_secret(). Nothing is sent.
std::unique_ptr<Channel> make_channel(const ChannelSettings& settings, const core::Environment& environment);

// One function per type, for make_channel().
std::unique_ptr<Channel> make_email(const ChannelSettings& settings, const std::string& password);
std::unique_ptr<Channel> make_desktop();
/// wecom, serverchan, telegram, ntfy, webhook. `headers` are complete lines; secrets are passed separately
/// for without_secrets().
struct WebSecrets {
  std::string secret, address;
  std::vector<std::string> headers;
};
std::unique_ptr<Channel> make_web_channel(const ChannelSettings& settings, WebSecrets secrets,
                                          std::vector<std::string> all_secrets);

/// A header's value according to RFC 2047: ASCII unchanged, else encoded words; never a line break.
std::string header_value(std::string_view text);

}  // namespace turbodiff::notify
