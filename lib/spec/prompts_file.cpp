#include "spec/prompts_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/signals.h"
#include "core/text/json_nesting.h"
#include "core/text/strings.h"
#include "spec/option_table.h"

namespace turbodiff::spec {
namespace {

constexpr std::size_t longest_line = 1u << 20;
constexpr std::size_t largest_file = 256u << 20;

std::string read_all(std::istream& in, const std::string& name) {
  std::string bytes;
  for (std::array<char, 1 << 14> part; in;) {
    in.read(part.data(), part.size());
    bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
    core::throw_if_interrupted();
    if (bytes.size() > largest_file)
      throw Error::bad_request(fmt::format("'{}' is larger than {} MiB", name, largest_file >> 20),
                               "split it");
  }
  if (in.bad()) throw Error::bad_request(fmt::format("cannot read '{}'", name));
  return bytes;
}

RequestOptions parse_line(std::string_view line) {
  if (!line.starts_with("{")) {
    // A prompt that begins with one of these is written with a backslash before it.
    if (line.starts_with("\\{") || line.starts_with("\\#") || line.starts_with("\\\\")) line.remove_prefix(1);
    if (const auto problem = core::text_problem(line)) throw Error::bad_request("the prompt " + *problem);
    RequestOptions options;
    options.prompt = std::string(line);
    return options;
  }
  nlohmann::ordered_json object;
  if (core::json_nesting(line) > core::max_json_nesting)
    throw Error::bad_request("JSON is nested too deeply");
  try {
    object = nlohmann::ordered_json::parse(line);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error::bad_request(fmt::format("not valid JSON at column {}", error.byte),
                             "a prompt that begins with a brace is written \\{...");
  }
  RequestOptions options = options_from_json(object);
  if (!options.prompt) throw Error::bad_request("there is no \"prompt\"");
  if (core::is_blank(*options.prompt)) throw Error::bad_request("the \"prompt\" is empty");
  if (const auto problem = core::text_problem(*options.prompt))
    throw Error::bad_request("the prompt " + *problem);
  return options;
}

}  // namespace

std::vector<PromptEntry> read_prompts(std::istream& in, const std::string& name, const core::TextNote& note) {
  std::vector<PromptEntry> entries;
  const std::string whole = core::incoming_text(read_all(in, name), name, note);
  int number = 0;
  for (std::string_view line : core::split(whole, '\n')) {
    ++number;
    if (line.size() > longest_line)
      throw Error::bad_request(
          fmt::format("{}:{}: the line is longer than {} bytes", name, number, longest_line));
    // Files with byte order marks that were put together have some within.
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    line = core::trim(line);
    if (core::is_blank(line) || line.starts_with("#")) continue;
    try {
      entries.push_back({number, parse_line(line)});
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}:{}: {}", name, number, error.message()), error.hint());
    }
  }
  if (entries.empty())
    throw Error::bad_request(fmt::format("'{}' holds no prompt", name), "write one prompt a line");
  return entries;
}

std::vector<PromptEntry> read_prompts_file(const std::string& path, const core::TextNote& note) {
  if (path == "-") return read_prompts(std::cin, "standard input", note);
  std::error_code ignored;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, ignored))
    throw Error::bad_request(fmt::format("cannot read the prompts file '{}': {}", path,
                                         in ? "it is a folder" : std::strerror(errno)));
  return read_prompts(in, path, note);
}

}  // namespace turbodiff::spec
