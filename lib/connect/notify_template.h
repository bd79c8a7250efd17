// The body of a webhook: text with {{names}}, each replaced by what is told, escaped for where it stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::connect {

enum class Escaping {
  json,  ///< inside of a JSON string; numbers as they are
  form,  ///< percent-encoded
  none
};

/// json for application/json and its like, form for application/x-www-form-urlencoded.
Escaping escaping_of(std::string_view content_type);

/// What a template can name. Numbers are written as JSON numbers, or null.
struct TemplateValues {
  std::string event, title, text, currency, videos, key, time, host;
  std::string picture;  ///< Base64 of the PNG; empty without one
  std::string done = "0", failed = "0", late = "0", kwh = "0", cost = "null";
};

class NotifyTemplate {
 public:
  /// Error bad_request for an unknown name, braces that are not closed, or, with Escaping::json, a body that
  /// is no JSON once it is filled in.
  static NotifyTemplate parse(std::string_view text, Escaping escaping);

  std::string fill(const TemplateValues& values) const;

 private:
  struct Piece {
    std::string text;  ///< as it stands, where there is no value
    std::string TemplateValues::*value = nullptr;
    bool number = false;
  };
  std::vector<Piece> pieces_;
  Escaping escaping_ = Escaping::none;
};

/// `text` as it stands within the quotes of a JSON string; what is no UTF-8 becomes U+FFFD.
std::string json_escaped(std::string_view text);

}  // namespace turbodiff::connect
