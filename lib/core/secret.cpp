#include "core/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/os/private_file.h"
#include "core/text/encoding.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

constexpr std::size_t longest_secret = 4096;
/// Shorter ones would take ordinary words out of a message.
constexpr std::size_t shortest_hidden = 4;
constexpr std::string_view hidden = "***";

constexpr std::array<std::string_view, 9> secret_words = {
    "auth", "token", "key", "secret", "pass", "cookie", "signature", "credential", "session"};
/// Too short to be looked for within other words.
constexpr std::array<std::string_view, 5> secret_names = {"sig", "pw", "pwd", "jwt", "sid"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Letters and digits that change places often over a long stretch: no word, no date and no number.
bool looks_like_token(std::string_view segment) {
  constexpr std::size_t shortest_run = 16, letters_at_least = 4, changes_at_least = 3;
  constexpr std::size_t uuid_size = 36;
  if (segment.size() == uuid_size && std::count(segment.begin(), segment.end(), '-') == 4) return true;
  std::size_t run = 0, letters = 0, changes = 0;
  char before = 0;
  for (const char c : segment) {
    if (!is_digit(c) && !is_letter(c)) {
      run = letters = changes = 0;
      before = 0;
      continue;
    }
    ++run;
    if (is_letter(c)) ++letters;
    if (before != 0 && is_digit(before) != is_digit(c)) ++changes;
    before = c;
    if (run >= shortest_run && letters >= letters_at_least && changes >= changes_at_least) return true;
  }
  return false;
}

/// `found` gets what is hidden.
std::string redacted_path(std::string_view path, std::vector<std::string>& found) {
  std::string result;
  for (const std::string_view segment : split(path, '/')) {
    if (!result.empty() || segment.data() != path.data()) result += '/';
    const bool secret = looks_like_token(segment);
    if (secret) found.emplace_back(segment);
    result += secret ? hidden : segment;
  }
  return result;
}

std::string redacted_query(std::string_view query, std::vector<std::string>& found) {
  std::string result;
  for (const std::string_view field : split(query, '&')) {
    if (!result.empty()) result += '&';
    const std::size_t equals = field.find('=');
    const std::string_view key = field.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1);
    const bool named = equals != std::string_view::npos && sounds_secret(key) && !value.empty();
    const std::string_view content = equals == std::string_view::npos ? field : value;
    if (content != "{token}" && (named || looks_like_token(content))) {
      found.emplace_back(content);
      result += equals == std::string_view::npos ? std::string(hidden) : fmt::format("{}={}", key, hidden);
    } else {
      result += field;
    }
  }
  return result;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

bool sounds_secret(std::string_view name) {
  const std::string low = to_lower(name);
  return std::find(secret_names.begin(), secret_names.end(), low) != secret_names.end() ||
         std::any_of(secret_words.begin(), secret_words.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

std::string redacted_url(std::string_view url, std::vector<std::string>* secrets) {
  std::vector<std::string> found;
  std::string result;
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    result = url.substr(0, scheme + 3);
    url.remove_prefix(scheme + 3);
  }
  const std::string_view fragment = url.substr(std::min(url.find('#'), url.size()));
  url.remove_suffix(fragment.size());
  const std::string_view query = url.substr(std::min(url.find('?'), url.size()));
  url.remove_suffix(query.size());
  std::string_view host = url.substr(0, url.find('/'));
  url.remove_prefix(host.size());
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    result += hidden;
    found.emplace_back(host.substr(0, at));
    if (const std::size_t colon = host.find(':'); colon < at)
      found.emplace_back(host.substr(colon + 1, at - colon - 1));
    host.remove_prefix(at);
  }
  result += host;
  if (!url.empty()) result += redacted_path(url, found);
  if (!query.empty()) result += "?" + redacted_query(query.substr(1), found);
  if (!fragment.empty()) result += "#" + redacted_query(fragment.substr(1), found);
  if (secrets != nullptr) secrets->insert(secrets->end(), found.begin(), found.end());
  return result;
}

std::string without_secrets(std::string text, std::span<const std::string> secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < shortest_hidden) continue;
    for (const std::string& form : {secret, percent_encoded(secret), base64(secret)})
      text = replace_all(text, form, hidden);
    // An address that is secret as a whole, as a message shows it.
    if (secret.find("://") != std::string::npos) text = replace_all(text, redacted_url(secret), hidden);
  }
  return text;
}

std::string read_secret(const SecretSource& source, const Environment& environment) {
  const auto wrong = [&](const std::string& why) {
    return Error::bad_request(fmt::format("{}: {}: {}", source.where, source.key, why));
  };
  std::string secret;
  if (source.kind == SecretSource::Kind::variable) {
    const auto value = environment.get(source.name);
    if (!value) throw wrong(fmt::format("the variable {} is not set", escape_control(source.name)));
    secret = *value;
  } else {
    secret = read_secret_file(source.name, fmt::format("{}: {}", source.where, source.key), longest_secret);
  }
  secret = std::string(trim(secret));
  if (secret.empty()) throw wrong("it is empty");
  if (secret.size() > longest_secret || !is_plain(secret))
    throw wrong(fmt::format("it must be one line of at most {} printable ASCII characters", longest_secret));
  return secret;
}

}  // namespace turbodiff::core
