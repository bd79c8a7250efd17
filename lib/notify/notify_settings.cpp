#include "notify/notify_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/duration.h"
#include "core/net/loopback.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "core/yaml/yaml_reader.h"
#include "notify/notify_template.h"
#include "tariff/local_time.h"

namespace turbodiff::notify {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 7> type_names = {"email", "wecom",   "serverchan", "telegram",
                                                        "ntfy",  "webhook", "desktop"};

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// "https://[::1]:8080/x" -> "::1".
std::string_view host_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  if (url.starts_with("[")) return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.find(':'));
}

/// Reads one item of the list.
class Reader {
 public:
  Reader(const core::YamlNode& node, std::string name, const core::Paths& paths, core::Problems& problems)
      : node_(node), map_(node, std::move(name), problems), paths_(paths), problems_(problems) {}

  ChannelSettings read() {
    ChannelSettings channel;
    const core::YamlNode* type = map_.require("type");
    const bool known = type != nullptr && read_type(*type, channel.type);
    channel.name = map_.text("name").value_or(known ? std::string(name_of(channel.type)) : "");
    check_name(channel.name);
    channel.kinds = kinds();
    channel.interval_s = duration("interval", known && channel.type == ChannelType::serverchan ? 300 : 60);
    channel.timeout_s = std::min(duration("timeout", 30), 600.0);
    channel.burst = static_cast<int>(map_.integer("burst", 1, 100).value_or(3));
    if (!known) return channel;  // its other keys cannot be judged
    if (channel.type != ChannelType::desktop) channel.ca_file = file("ca_file");
    read_service(channel);
    map_.finish();
    return channel;
  }

 private:
  void add(std::string_view key, std::string_view message) {
    const core::YamlNode* value = node_.find(key);
    problems_.add(value != nullptr ? value->where() : node_.where(),
                  fmt::format("{} {}", map_.path_of(key), message));
  }

  bool read_type(const core::YamlNode& node, ChannelType& type) {
    const auto text = core::yaml_text(node, map_.path_of("type"), problems_);
    if (!text) return false;
    const auto found = std::find(type_names.begin(), type_names.end(), *text);
    if (found != type_names.end()) {
      type = static_cast<ChannelType>(found - type_names.begin());
      return true;
    }
    const std::vector<std::string> names(type_names.begin(), type_names.end());
    add("type", fmt::format("must be one of {}, not '{}'{}", core::join(names, ", "), core::excerpt(*text),
                            core::did_you_mean(*text, names)));
    return false;
  }

  void check_name(const std::string& name) {
    const bool odd = std::any_of(name.begin(), name.end(), [](char c) {
      return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_');
    });
    if (map_.find("name") != nullptr && (name.empty() || name.size() > 40 || odd))
      add("name", "must be 1 to 40 letters, digits, - and _");
  }

  std::vector<store::NoticeKind> kinds() {
    using enum store::NoticeKind;
    const std::vector<std::string> names = {"batch", "failed", "deadline", "wake"};
    std::vector<store::NoticeKind> kinds;
    for (const core::YamlNode* item : map_.list("events")) {
      const auto text = core::yaml_text(*item, map_.path_of("events"), problems_);
      if (!text) continue;
      if (const auto kind = store::notice_kind_named(*text))
        kinds.push_back(*kind);
      else
        problems_.add(item->where(),
                      fmt::format("{} are {}, not '{}'{}", map_.path_of("events"), core::join(names, ", "),
                                  core::excerpt(*text), core::did_you_mean(*text, names)));
    }
    if (map_.find("events") == nullptr) return {batch, failed, deadline, wake};
    return kinds;
  }

  double duration(std::string_view key, double fallback) {
    const auto text = map_.text(key);
    if (!text) return fallback;
    try {
      return static_cast<double>(core::require_duration(*text, map_.path_of(key)));
    } catch (const Error&) {
      add(key, "must be a duration such as 30s or 5m");
      return fallback;
    }
  }

  std::string file(std::string_view key) {
    const auto text = map_.text(key);
    if (!text) return {};
    try {
      return (fs::absolute(node_.file).parent_path() / paths_.expand(*text)).lexically_normal().string();
    } catch (const Error& error) {
      add(key, error.message());
      return {};
    }
  }

  std::string required(std::string_view key) {
    if (map_.require(key) == nullptr) return {};
    const std::string text = map_.text(key).value_or("");
    if (text.empty() || !is_plain(text)) add(key, "must be printable ASCII");
    return text;
  }

  /// KEY_file or KEY_env; `also_literal` where the value need not be secret.
  SecretSource secret(const std::string& key, bool required, bool also_literal = false) {
    const std::string file_key = key + "_file", variable_key = key + "_env";
    if (!also_literal && map_.find(key) != nullptr)
      add(key,
          fmt::format("is a secret and must not be stored in this file: put it into a file of its own and "
                      "name that as {}, or a variable as {}",
                      file_key, variable_key));
    const bool has_file = map_.find(file_key) != nullptr, has_variable = map_.find(variable_key) != nullptr;
    if (has_file && has_variable) add(variable_key, fmt::format("and {} exclude each other", file_key));
    SecretSource source;
    if (has_file) source = {SecretSource::Kind::file, file(file_key), map_.path_of(file_key), {}};
    if (!has_file && has_variable)
      source = {
          SecretSource::Kind::variable, map_.text(variable_key).value_or(""), map_.path_of(variable_key), {}};
    if (source.given()) source.where = node_.find(has_file ? file_key : variable_key)->where();
    if (required && !source.given() && map_.find(key) == nullptr)
      problems_.add(node_.where(), fmt::format("{} or {} is missing", map_.path_of(file_key), variable_key));
    return source;
  }

  std::string server(std::string_view key, std::string_view fallback, std::vector<std::string_view> schemes) {
    std::string url = map_.text(key).value_or(std::string(fallback));
    check_url(key, url, schemes);
    while (url.ends_with('/')) url.pop_back();
    return url;
  }

  void check_url(std::string_view key, const std::string& url, const std::vector<std::string_view>& schemes) {
    const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                     [&](std::string_view start) { return url.starts_with(start); });
    if (scheme == schemes.end() || url.size() == scheme->size() || !is_plain(url) ||
        url.find(' ') != std::string::npos) {
      // Whatever stands there may be a secret.
      add(key, fmt::format("must be an address that begins with {}", fmt::join(schemes, " or ")));
      return;
    }
    const std::string rest = url.substr(scheme->size());
    const std::size_t query = rest.find('?');
    if (rest.substr(0, rest.find('/')).find('@') != std::string::npos)
      add(key, "has a password in it; take it out");
    else if (query != std::string::npos && core::sounds_secret(rest.substr(query)))
      add(key,
          fmt::format("has a secret in it: put the address into a file of its own and name that as {}_file, "
                      "or a variable as {}_env",
                      key, key));
  }

  /// For what goes with a secret; `key` is the address's.
  void refuse_readable(std::string_view key, const std::string& url) {
    if (is_readable_on_the_way(url))
      add(key, "must begin with https://: http:// would send the secret in clear text");
  }

  void read_service(ChannelSettings& channel) {
    read_type_of_service(channel);
    const bool server_gets_a_secret = channel.secret.given() || channel.address.given();
    if (channel.type != ChannelType::email && channel.type != ChannelType::webhook && server_gets_a_secret)
      refuse_readable("server", channel.server);
  }

  void read_type_of_service(ChannelSettings& channel) {
    const std::vector<std::string_view> web = {"https://", "http://"};
    switch (channel.type) {
      case ChannelType::email:
        return read_email(channel);
      case ChannelType::wecom:
        channel.server = server("server", "https://qyapi.weixin.qq.com", web);
        channel.secret = secret("key", true);
        return;
      case ChannelType::serverchan:
        channel.server = server("server", "https://sctapi.ftqq.com", web);
        channel.secret = secret("key", true);
        return;
      case ChannelType::telegram:
        channel.server = server("server", "https://api.telegram.org", web);
        channel.secret = secret("token", true);
        channel.target = required("chat");
        return;
      case ChannelType::ntfy:
        channel.server = server("server", "https://ntfy.sh", web);
        channel.secret = secret("token", false);
        channel.target = map_.text("topic").value_or("");
        channel.address = secret("topic", true, true);
        return;
      case ChannelType::webhook:
        return read_webhook(channel, web);
      case ChannelType::desktop:
        return;
    }
  }

  std::string address_of(const core::YamlNode& node, std::string_view key) {
    const std::string text = core::yaml_text(node, map_.path_of(key), problems_).value_or("a@b");
    const std::size_t at = text.find('@');
    if (at == std::string::npos || at == 0 || at + 1 == text.size() || !is_plain(text) ||
        text.find_first_of(" <>,;\"") != std::string::npos)
      problems_.add(node.where(), fmt::format("{} must be an address like me@example.org, not '{}'",
                                              map_.path_of(key), core::excerpt(text)));
    return text;
  }

  void read_email(ChannelSettings& channel) {
    if (map_.require("server") != nullptr) channel.server = server("server", "", {"smtps://", "smtp://"});
    channel.user = map_.text("user").value_or("");
    channel.secret = secret("password", !channel.user.empty());
    if (channel.secret.given() && channel.user.empty()) add("user", "is missing: there is a password");
    if (const core::YamlNode* from = map_.require("from")) channel.from = address_of(*from, "from");
    if (map_.require("to") != nullptr)
      for (const core::YamlNode* to : map_.list("to")) channel.to.push_back(address_of(*to, "to"));
    const std::string encryption = map_.text("encryption").value_or("required");
    if (encryption != "required" && encryption != "none") add("encryption", "must be required or none");
    channel.starttls = encryption != "none";
    if (!channel.starttls && is_readable_on_the_way(channel.server) && channel.secret.given())
      add("encryption", "none would send the password in clear text");
  }

  void read_webhook(ChannelSettings& channel, const std::vector<std::string_view>& web) {
    if (const auto url = map_.text("url")) {
      channel.target = *url;
      check_url("url", *url, web);
    }
    channel.address = secret("url", true, true);
    if (channel.address.given() && !channel.target.empty())
      add("url", "and its file or variable exclude each other");
    channel.secret = secret("token", false);
    channel.method = map_.text("method").value_or("POST");
    if (channel.method != "POST" && channel.method != "PUT") add("method", "must be POST or PUT");
    channel.content_type = map_.text("content_type").value_or("application/json");
    if (!is_plain(channel.content_type)) add("content_type", "must be printable ASCII");
    channel.body = map_.text("body").value_or("");
    if (!channel.body.empty()) try {
        NotifyTemplate::parse(channel.body, escaping_of(channel.content_type));
      } catch (const Error& error) {
        add("body", error.message());
      }
    read_headers(channel);
    refuse_readable_webhook(channel);
  }

  void read_headers(ChannelSettings& channel) {
    const core::YamlNode* headers = map_.find("headers");
    if (headers == nullptr) return;
    if (headers->kind != core::YamlNode::Kind::map)
      return add("headers", "must be a map of names and values");
    for (const auto& [key, value] : headers->entries) read_header(channel, key, value);
  }
  void refuse_readable_webhook(const ChannelSettings& channel) {
    const bool secret_header = std::any_of(channel.headers.begin(), channel.headers.end(),
                                           [](const ChannelHeader& header) { return header.secret.given(); });
    if (channel.secret.given() || secret_header) refuse_readable("url", channel.target);
  }

  void read_header(ChannelSettings& channel, const core::YamlNode& key, const core::YamlNode& value) {
    ChannelHeader header;
    header.name = key.text;
    const bool odd =
        std::any_of(key.text.begin(), key.text.end(), [](char c) { return c <= ' ' || c > '~' || c == ':'; });
    if (key.text.empty() || odd)
      problems_.add(key.where(), fmt::format("{} has an invalid header name", map_.path_of("headers")));
    const std::string path = fmt::format("{}.{}", map_.path_of("headers"), core::escape_control(key.text));
    if (value.kind == core::YamlNode::Kind::map) {
      core::YamlMap source(value, path, problems_);
      const auto named_file = source.text("file"), variable = source.text("env");
      source.finish();
      if (named_file.has_value() == variable.has_value())
        problems_.add(value.where(), fmt::format("{} must have file or env", path));
      else if (named_file)
        header.secret = {
            SecretSource::Kind::file,
            (fs::absolute(node_.file).parent_path() / paths_.expand(*named_file)).lexically_normal().string(),
            path, value.where()};
      else
        header.secret = {SecretSource::Kind::variable, *variable, path, value.where()};
    } else if (core::sounds_secret(key.text)) {
      problems_.add(value.where(),
                    fmt::format("{} is a secret and must not be stored in this file: write {{ file: "
                                "PATH }} or {{ env: NAME }}",
                                path));
    } else {
      header.text = core::yaml_text(value, path, problems_).value_or("");
      if (!is_plain(header.text))
        problems_.add(value.where(), fmt::format("{} must be printable ASCII", path));
    }
    channel.headers.push_back(std::move(header));
  }

  const core::YamlNode& node_;
  core::YamlMap map_;
  const core::Paths& paths_;
  core::Problems& problems_;
};

}  // namespace

bool is_readable_on_the_way(std::string_view url) {
  const std::string low = core::to_lower(url.substr(0, 8));
  return (low.starts_with("http://") || low.starts_with("smtp://")) && !core::is_loopback(host_of(url));
}

std::string_view name_of(ChannelType type) {
  return type_names.at(static_cast<std::size_t>(type));
}

std::vector<ChannelSettings> parse_channels(const core::YamlNode& list, const core::Paths& paths,
                                            core::Problems& problems) {
  std::vector<ChannelSettings> channels;
  if (list.kind != core::YamlNode::Kind::sequence) {
    problems.add(list.where(), "notify.channels must be a list: begin each channel with '- type: ...'");
    return channels;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.items.size() && !problems.full(); ++i) {
    const core::YamlNode& item = list.items[i];
    const std::string path = fmt::format("notify.channels[{}]", i);
    if (item.kind != core::YamlNode::Kind::map) {
      problems.add(item.where(), fmt::format("{} must be a map of keys and values", path));
      continue;
    }
    channels.push_back(Reader(item, path, paths, problems).read());
    if (!channels.back().name.empty() && !names.insert(channels.back().name).second)
      problems.add(item.where(), fmt::format("{}: the name '{}' is taken; give it another with 'name'", path,
                                             core::escape_control(channels.back().name)));
  }
  return channels;
}

}  // namespace turbodiff::notify
