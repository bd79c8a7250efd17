#include "core/text/json_text.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace turbodiff::core {
namespace {

/// How numbers of a key, and of what lies within it, are written.
struct Decimals {
  int count = 9;
  bool keep_small = true;
  bool exact = false;  ///< the shortest text that is read back as the same double
};

Decimals decimals_of(std::string_view key, const Decimals& outer) {
  const auto ends = [&](std::string_view end) {
    return key == end ||
           (key.size() > end.size() && key.ends_with(end) && key[key.size() - end.size() - 1] == '_');
  };
  // What a video was made with is made again from it.
  if (outer.exact || key == "recipe" || key == "request" || key == "options") return {0, false, true};
  if (ends("kwh") || ends("price")) return {9, false, false};
  if (ends("cost") || ends("seconds") || key == "cost_detail" || ends("saving") || ends("saved"))
    return {6, false, false};
  return outer;
}

std::string shortest(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <typename Json>
class Writer {
 public:
  explicit Writer(JsonStyle style) : style_(style) {}

  void write(const Json& value, const Decimals& decimals, int level) {
    if (value.is_object()) return write_object(value, decimals, level);
    if (value.is_array()) return write_array(value, decimals, level);
    if (value.is_number_float()) {
      const auto number = value.template get<double>();
      if (!std::isfinite(number))
        text += "null";
      else
        text += decimals.exact ? shortest(number) : number_text(number, decimals.count, decimals.keep_small);
      return;
    }
    text += value.dump(-1, ' ', style_.ascii, Json::error_handler_t::replace);
  }

  std::string text;

 private:
  void write_object(const Json& object, const Decimals& decimals, int level) {
    text += '{';
    bool first = true;
    for (const auto& [key, value] : object.items()) {
      separate(first, level + 1);
      text += Json(key).dump(-1, ' ', style_.ascii, Json::error_handler_t::replace);
      text += style_.indent >= 0 ? ": " : ":";
      write(value, decimals_of(key, decimals), level + 1);
    }
    close(first, level, '}');
  }

  void write_array(const Json& array, const Decimals& decimals, int level) {
    text += '[';
    bool first = true;
    for (const Json& value : array) {
      separate(first, level + 1);
      write(value, decimals, level + 1);
    }
    close(first, level, ']');
  }

  void separate(bool& first, int level) {
    if (!std::exchange(first, false)) text += ',';
    break_line(level);
  }
  void close(bool empty, int level, char bracket) {
    if (!empty) break_line(level);
    text += bracket;
  }
  void break_line(int level) {
    if (style_.indent >= 0) text += '\n' + std::string(static_cast<std::size_t>(level * style_.indent), ' ');
  }

  JsonStyle style_;
};

template <typename Json>
std::string text_of(const Json& json, JsonStyle style) {
  Writer<Json> writer(style);
  writer.write(json, {}, 0);
  return std::move(writer.text);
}

}  // namespace

std::string number_text(double value, int decimals, bool keep_small) {
  constexpr double small = 1e-3, large = 1e15;
  const double size = std::abs(value);
  if (size >= large || (keep_small && size < small && size != 0))
    return size >= large ? shortest(value) : fmt::format("{:.6g}", value);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text += '0';
  return text == "-0.0" ? "0.0" : text;
}

std::string json_text(const nlohmann::ordered_json& json, JsonStyle style) {
  return text_of(json, style);
}
std::string json_text(const nlohmann::json& json, JsonStyle style) {
  return text_of(json, style);
}

}  // namespace turbodiff::core
