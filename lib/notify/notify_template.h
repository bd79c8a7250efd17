// The body of a webhook: text with {{names}}, each replaced by its value, escaped for its context.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::notify {

enum class Escaping {
  json,  ///< inside of a JSON string; numbers as they are
  form,  ///< percent-encoded
  none
};

/// json for application/json and similar types, form for application/x-www-form-urlencoded.
Escaping escaping_of(std::string_view content_type);

/// The values that a template can name. Numbers are written as JSON numbers, or null.
struct TemplateValues {
  std::string event, title, text, currency, videos, key, time, host;
  std::string picture;  ///< Base64 of the PNG; empty without one
  std::string done = "0", failed = "0", late = "0", kwh = "0", cost = "null";
};

class NotifyTemplate {
 public:
  /// Error bad_request for an unknown name, unclosed braces, or, with Escaping::json, a body that is not
  /// valid JSON after replacement.
  static NotifyTemplate parse(std::string_view text, Escaping escaping);

  std::string fill(const TemplateValues& values) const;

 private:
  struct Piece {
    std::string text;  ///< literal text, where there is no value
    std::string TemplateValues::*value = nullptr;
    bool number = false;
  };
  std::vector<Piece> pieces_;
  Escaping escaping_ = Escaping::none;
};

/// `text` escaped for a JSON string, without the quotes; invalid UTF-8 becomes U+FFFD.
std::string json_escaped(std::string_view text);

}  // namespace turbodiff::notify
