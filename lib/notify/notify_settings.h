// The channels of the section `notify` of the configuration file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/os/paths.h"
#include "core/secret.h"
#include "core/yaml/yaml_node.h"
#include "store/outbox.h"

namespace turbodiff::notify {

enum class ChannelType { email, wecom, serverchan, telegram, ntfy, webhook, desktop };
std::string_view name_of(ChannelType type);

/// Where a secret is stored. Only this is ever kept or shown.
using core::SecretSource;

struct ChannelHeader {
  std::string name, text;
  SecretSource secret;  ///< instead of the text
};

struct ChannelSettings {
  std::string name;
  ChannelType type = ChannelType::webhook;
  std::vector<store::NoticeKind> kinds;
  int burst = 3;           ///< maximum number of messages at once, then
  double interval_s = 60;  ///< one per interval; notices that arrive in between are combined
  double timeout_s = 30;   ///< of one exchange
  std::string server;      ///< of the service, with scheme and without a slash at the end
  std::string ca_file;     ///< certificates to trust instead of the system's
  SecretSource secret;     ///< password, key or token
  SecretSource address;    ///< webhook: the url; ntfy: the topic
  std::string target;      ///< telegram: the chat; ntfy: the topic; webhook: the url
  std::string user, from;  ///< email
  std::vector<std::string> to;
  bool starttls = true;
  std::string method = "POST", content_type, body;  ///< webhook; body: a template, empty for all there is
  std::vector<ChannelHeader> headers;
};

/// Whether messages to an address (http://, smtp://) can be read on the network: all but https:// and
/// smtps://, unless the address is on this machine.
bool is_readable_on_the_way(std::string_view url);

/// Parses notify.channels; errors become problems with their places. A secret in the file itself is one.
/// Paths are relative to the file's folder.
std::vector<ChannelSettings> parse_channels(const core::YamlNode& list, const core::Paths& paths,
                                            core::Problems& problems);

using core::read_secret;

}  // namespace turbodiff::notify
