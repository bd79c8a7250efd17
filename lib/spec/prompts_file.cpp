#include "spec/prompts_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_nesting.h"
#include "core/signals.h"
#include "core/strings.h"
#include "spec/option_table.h"

namespace turbodiff::spec {
namespace {

constexpr std::size_t longest_line = 1u << 20;

RequestOptions parse_line(std::string_view line) {
  if (!line.starts_with("{")) {
    RequestOptions options;
    options.prompt = std::string(line);
    return options;
  }
  nlohmann::ordered_json object;
  if (core::json_nesting(line) > core::max_json_nesting)
    throw Error::bad_request("lists and objects stand too deep in each other");
  try {
    object = nlohmann::ordered_json::parse(line);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error::bad_request(fmt::format("not valid JSON at column {}", error.byte));
  }
  RequestOptions options = options_from_json(object);
  if (!options.prompt) throw Error::bad_request("there is no \"prompt\"");
  return options;
}

}  // namespace

std::vector<PromptEntry> read_prompts(std::istream& in, const std::string& name) {
  std::vector<PromptEntry> entries;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.size() > longest_line)
      throw Error::bad_request(
          fmt::format("{}:{}: the line is longer than {} bytes", name, number, longest_line));
    std::string_view text = line;
    if (number == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    text = core::trim(text);
    if (text.empty() || text.starts_with("#")) continue;
    try {
      entries.push_back({number, parse_line(text)});
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}:{}: {}", name, number, error.message()), error.hint());
    }
  }
  core::throw_if_interrupted();
  if (in.bad()) throw Error::bad_request(fmt::format("cannot read '{}'", name));
  if (entries.empty())
    throw Error::bad_request(fmt::format("'{}' holds no prompt", name), "write one prompt a line");
  return entries;
}

std::vector<PromptEntry> read_prompts_file(const std::string& path) {
  if (path == "-") return read_prompts(std::cin, "standard input");
  std::error_code ignored;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, ignored))
    throw Error::bad_request(fmt::format("cannot read the prompts file '{}': {}", path,
                                         in ? "it is a folder" : std::strerror(errno)));
  return read_prompts(in, path);
}

}  // namespace turbodiff::spec
