#include "notify/notify_channel.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/secret.h"
#include "core/text/encoding.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::notify {
namespace {

constexpr std::size_t longest_problem = 300;

}  // namespace

std::string Channel::without_secrets(std::string text) const {
  text = core::without_secrets(std::move(text), secrets_);
  return shortened(core::escape_control(text), longest_problem);
}

SendResult Channel::send(const Message& message, const SendStop& stop) noexcept {
  SendResult result;
  try {
    result = deliver(message, stop);
    result.problem = without_secrets(std::move(result.problem));
    result.picture_problem = without_secrets(std::move(result.picture_problem));
  } catch (const Error& error) {
    result = {error.code() == ErrorCode::interrupted ? SendResult::Kind::stopped : SendResult::Kind::retry,
              without_secrets(error.message())};
  } catch (const std::exception& error) {
    result = {SendResult::Kind::retry, without_secrets(error.what())};
  }
  return result;
}

std::string header_value(std::string_view text) {
  const std::string line = core::escape_control(text);
  if (std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
      line.find("=?") == std::string::npos)
    return line;
  // An encoded word has at most 75 characters: 12 around the Base64 of 45 bytes.
  constexpr std::size_t most_bytes = 45;
  std::string words;
  for (std::string_view rest = line; !rest.empty();) {
    std::size_t size = std::min(most_bytes, rest.size());
    while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U) --size;
    words += (words.empty() ? "=?UTF-8?B?" : " =?UTF-8?B?") + core::base64(rest.substr(0, size)) + "?=";
    rest.remove_prefix(size);
  }
  return words;
}

std::unique_ptr<Channel> make_channel(const ChannelSettings& settings, const core::Environment& environment) {
  const auto read = [&](const SecretSource& source) {
    return source.given() ? read_secret(source, environment) : std::string();
  };
  WebSecrets secrets{read(settings.secret), read(settings.address), {}};
  if (settings.type == ChannelType::webhook && settings.address.given() &&
      is_readable_on_the_way(secrets.address))
    throw Error::bad_request(fmt::format(
        "{}: {}: the address must begin with https://: http:// would send the secret in clear text",
        settings.address.where, settings.address.key));
  if (settings.type == ChannelType::email) return make_email(settings, secrets.secret);
  if (settings.type == ChannelType::desktop) return make_desktop();
  std::vector<std::string> all = {secrets.secret, secrets.address};
  if (settings.type == ChannelType::ntfy) all.push_back(settings.target);
  // A server may tell what it was asked for: the address without its host.
  if (const std::size_t host = secrets.address.find("://"); host != std::string::npos)
    if (const std::size_t path = secrets.address.find('/', host + 3); path != std::string::npos)
      all.push_back(secrets.address.substr(path));
  for (const ChannelHeader& header : settings.headers) {
    const std::string value = header.secret.given() ? read(header.secret) : header.text;
    if (header.secret.given()) all.push_back(value);
    secrets.headers.push_back(header.name + ": " + value);
  }
  return make_web_channel(settings, std::move(secrets), std::move(all));
}

}  // namespace turbodiff::notify
