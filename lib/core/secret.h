// Secrets: where they are stored, and how messages are kept free of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"

namespace turbodiff::core {

/// Where a secret is stored; the configuration contains only that.
struct SecretSource {
  enum class Kind { none, file, variable };
  Kind kind = Kind::none;
  std::string name;  ///< the file's path or the variable's name
  std::string key;   ///< "notify.channels[0].token_file"
  std::string where;
  bool given() const { return kind != Kind::none; }
};

/// The secret: the first line of the file, or the variable. Error bad_request with the place and the key when
/// it cannot be read, is readable by other users (read_secret_file()), or is more than a line of printable
/// ASCII.
std::string read_secret(const SecretSource& source, const Environment& environment);

/// Whether the value of a header, query key or setting of this name is a secret: "token", "X-Api-Key".
bool sounds_secret(std::string_view name);

/// A url for messages and files: user and password, values of a query whose keys suggest a secret, and parts
/// of the path that look like tokens (as in webhooks) are replaced by ***. "{token}" is kept. `secrets`
/// receives what was hidden.
std::string redacted_url(std::string_view url, std::vector<std::string>* secrets = nullptr);

/// `text` with each secret of four or more characters, plain, percent-encoded or in Base64, replaced by ***.
std::string without_secrets(std::string text, std::span<const std::string> secrets);

}  // namespace turbodiff::core
