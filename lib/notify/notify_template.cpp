#include "notify/notify_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/encoding.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::notify {
namespace {

struct Name {
  std::string_view name;
  std::string TemplateValues::*value;
  bool number;
};

const std::array<Name, 14>& all_names() {
  using V = TemplateValues;
  static const std::array<Name, 14> names = {{{"event", &V::event, false},
                                              {"title", &V::title, false},
                                              {"text", &V::text, false},
                                              {"currency", &V::currency, false},
                                              {"videos", &V::videos, false},
                                              {"key", &V::key, false},
                                              {"time", &V::time, false},
                                              {"host", &V::host, false},
                                              {"picture", &V::picture, false},
                                              {"done", &V::done, true},
                                              {"failed", &V::failed, true},
                                              {"late", &V::late, true},
                                              {"kwh", &V::kwh, true},
                                              {"cost", &V::cost, true}}};
  return names;
}

/// Values that show where a name stands wrongly: a text outside of quotes, digits that run together.
std::vector<TemplateValues> samples() {
  std::vector<TemplateValues> all;
  for (const auto& [number, cost] : std::initializer_list<std::pair<const char*, const char*>>{
           {"0", "null"}, {"1", "-0.5"}, {"12", "34.25"}}) {
    TemplateValues sample;
    for (const Name& name : all_names()) sample.*name.value = name.number ? number : "\"x\n";
    sample.cost = cost;
    all.push_back(std::move(sample));
  }
  return all;
}

}  // namespace

Escaping escaping_of(std::string_view content_type) {
  const std::string type = core::to_lower(core::trim(content_type.substr(0, content_type.find(';'))));
  if (type == "application/x-www-form-urlencoded") return Escaping::form;
  return type == "application/json" || type.ends_with("+json") ? Escaping::json : Escaping::none;
}

std::string json_escaped(std::string_view text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

NotifyTemplate NotifyTemplate::parse(std::string_view text, Escaping escaping) {
  NotifyTemplate result;
  result.escaping_ = escaping;
  while (!text.empty()) {
    const std::size_t open = text.find("{{");
    if (open != 0) result.pieces_.push_back({std::string(text.substr(0, open))});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) throw Error::bad_request("has '{{' without '}}' after it");
    const std::string_view name = core::trim(text.substr(open + 2, close - open - 2));
    const auto& names = all_names();
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const Name& one) { return one.name == name; });
    if (found == names.end()) {
      std::vector<std::string> known;
      for (const Name& one : names) known.emplace_back(one.name);
      throw Error::bad_request(fmt::format("names '{}', which is not one of {}{}", core::excerpt(name, 40),
                                           core::join(known, ", "),
                                           core::did_you_mean(name.substr(0, 40), known)));
    }
    result.pieces_.push_back({{}, found->value, found->number});
    text.remove_prefix(close + 2);
  }
  if (escaping == Escaping::json)
    for (const TemplateValues& sample : samples())
      if (!nlohmann::json::accept(result.fill(sample)))
        throw Error::bad_request(
            "is not valid JSON once it is filled in: texts belong into quotes, as in \"{{title}}\"");
  return result;
}

std::string NotifyTemplate::fill(const TemplateValues& values) const {
  std::string filled;
  for (const Piece& piece : pieces_) {
    if (piece.value == nullptr) {
      filled += piece.text;
      continue;
    }
    const std::string& value = values.*piece.value;
    if (piece.number || escaping_ == Escaping::none)
      filled += value;
    else
      filled += escaping_ == Escaping::json ? json_escaped(value) : core::percent_encoded(value);
  }
  return filled;
}

}  // namespace turbodiff::notify
