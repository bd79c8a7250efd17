// Reading and writing the values of options (option_table.h).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "core/error.h"
#include "core/text/strings.h"
#include "spec/option_table.h"
#include "spec/resolution.h"

namespace turbodiff::spec {
namespace {

using Json = nlohmann::ordered_json;

std::string with_dashes(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string choices_of(const Option& option) {
  return fmt::format("one of {}", fmt::join(option.choices, ", "));
}

[[noreturn]] void refuse(const Option& option, const std::string& problem, const std::string& hint = {}) {
  throw Error::bad_request(fmt::format("--{}: {}", option.name, problem), hint);
}

std::string range_of(const Option& option) {
  if (option.minimum && option.maximum)
    return fmt::format("it goes from {} to {}", *option.minimum, *option.maximum);
  return "";
}

template <class Number>
void check_range(const Option& option, Number value) {
  const auto as_double = static_cast<double>(value);
  if ((option.minimum && as_double < *option.minimum) || (option.maximum && as_double > *option.maximum))
    refuse(option, fmt::format("{} is out of range", value), range_of(option));
}

std::string check_text(const Option& option, std::string value) {
  if (!option.choices.empty() &&
      std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end())
    refuse(option, fmt::format("unknown value '{}'", value), choices_of(option));
  if (option.name == "size") parse_size(value);
  if (value.find('\0') != std::string::npos) refuse(option, "the value holds a NUL character");
  return value;
}

std::optional<Seed> parse_seed(std::string_view text) {
  if (text == "-1") return Seed{.random = true};
  Seed seed;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed.value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seed;
}

/// "true" and "false" of an option that is a flag, too, in its own words.
std::string of_flag(const Option& option, std::string_view text) {
  if (option.bare_value.empty() || (text != "true" && text != "false")) return std::string(text);
  return std::string(text == "true" ? option.bare_value : "off");
}

/// One overload per type that a field can have.
struct FromText {
  const Option& option;
  std::string_view text;

  void operator()(std::optional<std::string>& field) const {
    field = check_text(option, of_flag(option, text));
  }
  void operator()(std::optional<std::filesystem::path>& field) const {
    if (text.empty()) refuse(option, "the file name is empty");
    field = std::filesystem::path(check_text(option, std::string(text)));
  }
  void operator()(std::optional<std::int64_t>& field) const {
    const auto value = core::parse_integer(text);
    if (!value) refuse(option, fmt::format("'{}' is not a whole number", text), range_of(option));
    check_range(option, *value);
    field = *value;
  }
  void operator()(std::optional<double>& field) const {
    const auto value = core::parse_number(text);
    if (!value) refuse(option, fmt::format("'{}' is not a number", text), range_of(option));
    check_range(option, *value);
    field = *value;
  }
  void operator()(std::optional<bool>& field) const {
    if (text != "true" && text != "false") refuse(option, fmt::format("'{}' is not true or false", text));
    field = text == "true";
  }
  void operator()(std::optional<Seed>& field) const {
    const auto seed = parse_seed(text);
    if (!seed) refuse(option, fmt::format("'{}' is not a seed", text), "-1, or 0 to 18446744073709551615");
    field = *seed;
  }
};

struct FromJson {
  const Option& option;
  const Json& value;

  void expect(bool ok, std::string_view type) const {
    if (!ok) refuse(option, fmt::format("{} is not {}", value.dump(), type));
  }
  void operator()(std::optional<std::string>& field) const {
    if (!option.bare_value.empty() && value.is_boolean()) return FromText{option, value.dump()}(field);
    expect(value.is_string(), "a text");
    FromText{option, value.get<std::string>()}(field);
  }
  void operator()(std::optional<std::filesystem::path>& field) const {
    expect(value.is_string(), "a file name");
    FromText{option, value.get<std::string>()}(field);
  }
  void operator()(std::optional<std::int64_t>& field) const {
    expect(value.is_number_integer(), "a whole number");
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
      refuse(option, fmt::format("{} is out of range", value.dump()), range_of(option));
    check_range(option, value.get<std::int64_t>());
    field = value.get<std::int64_t>();
  }
  void operator()(std::optional<double>& field) const {
    expect(value.is_number(), "a number");
    check_range(option, value.get<double>());
    field = value.get<double>();
  }
  void operator()(std::optional<bool>& field) const {
    expect(value.is_boolean(), "true or false");
    field = value.get<bool>();
  }
  void operator()(std::optional<Seed>& field) const {
    expect(value.is_number_integer(), "a seed");
    FromText{option, value.dump()}(field);
  }
};

Json json_of(const std::filesystem::path& value) {
  return value.string();
}
Json json_of(const Seed& value) {
  if (value.random) return -1;
  return value.value;
}
template <class T>
Json json_of(const T& value) {
  return value;
}

template <class Visitor>
void set(RequestOptions& options, const Option& option, const Visitor& visitor) {
  std::visit([&](auto member) { visitor(options.*member); }, option.field);
  if (option.also_grid) options.grid = true;
}

}  // namespace

std::string Option::json_name() const {
  std::string text(name);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

const Option* find_json_option(std::string_view key) {
  const std::string wanted = with_dashes(key);
  for (const Option& option : option_table()) {
    if (!option.json_key) continue;
    if (option.name == wanted) return &option;
    for (const std::string_view alias : option.aliases)
      if (with_dashes(alias) == wanted) return &option;
  }
  return nullptr;
}

void set_from_text(RequestOptions& options, const Option& option, std::string_view text) {
  set(options, option, FromText{option, text});
}

void set_from_json(RequestOptions& options, const Option& option, const Json& value) {
  set(options, option, FromJson{option, value});
}

Json get_json(const RequestOptions& options, const Option& option) {
  return std::visit(
      [&](auto member) -> Json {
        const auto& field = options.*member;
        return field ? json_of(*field) : Json(nullptr);
      },
      option.field);
}

RequestOptions options_from_json(const Json& object, std::span<const std::string_view> ignored) {
  if (!object.is_object()) throw Error::bad_request("not a JSON object of options");
  RequestOptions options;
  for (const auto& [key, value] : object.items()) {
    if (std::find(ignored.begin(), ignored.end(), key) != ignored.end()) continue;
    const Option* option = find_json_option(key);
    if (!option) {
      std::vector<std::string> known;
      for (const Option& candidate : option_table())
        if (candidate.json_key) known.push_back(candidate.json_name());
      throw Error::bad_request(fmt::format("unknown key '{}'{}", key, core::did_you_mean(key, known)),
                               "the keys are the long options of 'turbodiff generate'");
    }
    set_from_json(options, *option, value);
  }
  return options;
}

Json options_to_json(const RequestOptions& options, bool recorded_only) {
  Json object = Json::object();
  for (const Option& option : option_table()) {
    if (option.also_grid || (recorded_only && !option.recorded)) continue;
    if (Json value = get_json(options, option); !value.is_null())
      object[option.json_name()] = std::move(value);
  }
  return object;
}

RequestOptions merge(const RequestOptions& base, const RequestOptions& over) {
  RequestOptions merged = base;
  const bool over_has_files = over.dit || over.high_noise_model || over.low_noise_model;
  if (over.model || over_has_files) {
    merged.model = std::nullopt;
    merged.dit = merged.high_noise_model = merged.low_noise_model = std::nullopt;
    if (!over_has_files) merged.vae = merged.text_encoder = merged.tokenizer = std::nullopt;
  }
  if (over.tier) {
    merged.steps = merged.frames = std::nullopt;
    merged.size = merged.resolution = merged.aspect_ratio = std::nullopt;
  }
  if (over.size) merged.resolution = merged.aspect_ratio = std::nullopt;
  if (over.resolution || over.aspect_ratio) merged.size = std::nullopt;
  for (const Option& option : option_table()) {
    std::visit(
        [&](auto member) {
          if (over.*member) merged.*member = over.*member;
        },
        option.field);
  }
  return merged;
}

}  // namespace turbodiff::spec
