#include "inbox/inbox_file.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "core/text/json_nesting.h"
#include "core/text/strings.h"
#include "core/yaml/yaml_node.h"
#include "spec/option_table.h"
#include "spec/prompts_file.h"

namespace turbodiff::inbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view schedule_keys[] = {"when",    "priority", "earliest", "deadline",
                                              "retries", "group",    "hold",     "count"};

bool is_schedule_key(std::string_view key) {
  return std::find(std::begin(schedule_keys), std::end(schedule_keys), key) != std::end(schedule_keys);
}

std::string text_of(const Json& value, std::string_view key) {
  if (!value.is_string()) throw Error::bad_request(fmt::format("'{}' must be a text", key));
  if (const auto problem = core::text_problem(value.get<std::string>()))
    throw Error::bad_request(fmt::format("'{}' {}", key, *problem));
  return value.get<std::string>();
}

std::int64_t whole(const Json& value, std::string_view key, std::int64_t min, std::int64_t max) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) ||
      value.get<std::int64_t>() < min || value.get<std::int64_t>() > max)
    throw Error::bad_request(
        fmt::format("'{}' must be a whole number between {} and {}, not {}", key, min, max, value.dump()));
  return value.get<std::int64_t>();
}

void set(InboxRequest& request, const std::string& key, const Json& value, const InboxTime& read_time) {
  store::JobSpec& schedule = request.schedule;
  if (key == "when") {
    const auto when = spec::when_named(text_of(value, key));
    if (!when) throw Error::bad_request("'when' must be off-peak, cheapest or now, not " + value.dump());
    schedule.when = *when;
  } else if (key == "priority") {
    schedule.priority = whole(value, key, -1'000'000'000, 1'000'000'000);
  } else if (key == "earliest" || key == "deadline") {
    (key == "earliest" ? schedule.earliest : schedule.deadline) = read_time(text_of(value, key));
  } else if (key == "retries") {
    schedule.retries = static_cast<int>(whole(value, key, 0, 1000));
  } else if (key == "group") {
    schedule.group = text_of(value, key);
  } else if (key == "count") {
    request.count = whole(value, key, 1, 100'000);
  } else {
    if (!value.is_boolean()) throw Error::bad_request(fmt::format("'{}' must be true or false", key));
    schedule.held = value.get<bool>();
  }
}

/// `base` with what the entry says over it.
InboxRequest read_entry(const Json& entry, InboxRequest base, const InboxTime& read_time) {
  if (entry.is_string()) {
    base.options.prompt = std::string(core::trim(entry.get<std::string>()));
    return base;
  }
  if (!entry.is_object()) throw Error::bad_request("is neither a prompt nor an object of options");
  static const std::vector<std::string_view> not_options = [] {
    std::vector<std::string_view> keys(std::begin(schedule_keys), std::end(schedule_keys));
    keys.emplace_back("prompts");
    return keys;
  }();
  base.options = spec::merge(base.options, spec::options_from_json(entry, not_options));
  for (const auto& [key, value] : entry.items())
    if (is_schedule_key(key)) set(base, key, value, read_time);
  return base;
}

std::vector<InboxRequest> read_document(const Json& document, const std::string& name,
                                        const InboxTime& read_time) {
  const auto located = [&](const std::string& where, const auto& work) {
    try {
      return work();
    } catch (const Error& error) {
      throw Error::bad_request(fmt::format("{}{}: {}", name, where, error.message()), error.hint());
    }
  };
  InboxRequest base;
  const Json* list = &document;
  Json single;
  if (document.is_object() && document.contains("prompts")) {
    base = located("", [&] { return read_entry(document, {}, read_time); });
    if (base.options.prompt) throw Error::bad_request(name + ": 'prompt' and 'prompts' exclude each other");
    list = &document["prompts"];
    if (!list->is_array()) throw Error::bad_request(name + ": 'prompts' must be a list");
  } else if (!document.is_array()) {
    single = Json::array({document});
    list = &single;
  }
  std::vector<InboxRequest> requests;
  for (const Json& entry : *list) {
    const std::string where = list == &single ? "" : fmt::format(": prompt {}", requests.size() + 1);
    requests.push_back(located(where, [&] {
      if (entry.is_object() && entry.contains("prompts"))
        throw Error::bad_request("'prompts' cannot be nested in 'prompts'");
      InboxRequest request = read_entry(entry, base, read_time);
      if (!request.options.prompt) throw Error::bad_request("there is no \"prompt\"");
      return request;
    }));
  }
  if (requests.empty()) throw Error::bad_request(fmt::format("'{}' holds no prompt", name));
  return requests;
}

Json scalar(const core::YamlNode& node, bool as_text) {
  const std::string& text = node.text;
  if (node.quoted || as_text) return text;
  std::uint64_t natural = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), natural);
  if (error == std::errc() && end == text.data() + text.size()) return natural;
  if (const auto number = core::parse_integer(text)) return *number;
  if (const auto number = core::parse_number(text)) return *number;
  if (const auto boolean = core::parse_boolean(text)) return *boolean;
  return text;
}

/// Keys whose values are text whatever they look like: "no" is a prompt.
bool is_text_key(std::string_view key) {
  if (is_schedule_key(key)) return key != "priority" && key != "retries" && key != "hold" && key != "count";
  const spec::Option* option = spec::find_json_option(key);
  return option != nullptr && option->bare_value.empty() &&
         (std::holds_alternative<spec::Option::Member<std::string>>(option->field) ||
          std::holds_alternative<spec::Option::Member<std::filesystem::path>>(option->field));
}

Json json_of(const core::YamlNode& node, bool as_text) {
  switch (node.kind) {
    case core::YamlNode::Kind::null:
      return nullptr;
    case core::YamlNode::Kind::scalar:
      return scalar(node, as_text);
    case core::YamlNode::Kind::sequence: {
      Json list = Json::array();
      for (const core::YamlNode& item : node.items) list.push_back(json_of(item, true));
      return list;
    }
    case core::YamlNode::Kind::map: {
      Json map = Json::object();
      for (const core::YamlEntry& entry : node.entries)
        map[entry.key.text] = json_of(entry.value, is_text_key(entry.key.text));
      return map;
    }
  }
  return nullptr;
}

Json parse_json(std::string_view text) {
  if (core::json_nesting(text) > core::max_json_nesting)
    throw Error::bad_request("JSON is nested too deeply");
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception&) {
    throw Error::bad_request("it is not valid JSON");
  }
}

std::vector<InboxRequest> read_json_lines(std::string_view content, const std::string& name,
                                          const InboxTime& read_time) {
  std::vector<InboxRequest> requests;
  int number = 0;
  for (std::string_view line : core::split(content, '\n')) {
    ++number;
    line = core::trim(line);
    if (line.empty() || line.starts_with("#")) continue;
    try {
      requests.push_back(read_entry(parse_json(line), {}, read_time));
      if (!requests.back().options.prompt) throw Error::bad_request("there is no \"prompt\"");
    } catch (const Error& error) {
      throw Error::bad_request(fmt::format("{}:{}: {}", name, number, error.message()), error.hint());
    }
  }
  if (requests.empty()) throw Error::bad_request(fmt::format("'{}' holds no prompt", name));
  return requests;
}

}  // namespace

std::vector<InboxRequest> read_inbox_file(const std::string& content, const std::string& name, InboxKind kind,
                                          const InboxTime& read_time, const core::TextNote& note) {
  const std::string text = core::incoming_text(content, name, note);
  switch (kind) {
    case InboxKind::prompts: {
      std::istringstream in(text);
      std::vector<InboxRequest> requests;
      for (spec::PromptEntry& entry : spec::read_prompts(in, name))
        requests.push_back({std::move(entry.options), {}});
      return requests;
    }
    case InboxKind::json_lines:
      return read_json_lines(text, name, read_time);
    case InboxKind::yaml: {
      core::Problems problems;
      const core::YamlNode node = core::parse_yaml(text, name, problems);
      if (!problems.empty()) throw Error::bad_request(problems.lines().front());
      return read_document(json_of(node, true), name, read_time);
    }
    case InboxKind::json: {
      Json document;
      try {
        document = parse_json(text);
      } catch (const Error& error) {
        throw Error::bad_request(fmt::format("{}: {}", name, error.message()));
      }
      return read_document(document, name, read_time);
    }
    default:
      throw Error::bad_request(fmt::format("'{}' is not a .txt, .jsonl, .json or .yaml file", name));
  }
}

}  // namespace turbodiff::inbox
