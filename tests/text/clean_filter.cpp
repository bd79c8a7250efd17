// Runs the cleaning functions over strings from another program, so that their results can be compared.
//   clean_filter MODE [MODEL]
// stdin: records of a little-endian u32 byte count and that many bytes; stdout: one result each, in the same
// form. MODE fix_text, clean_prompt, or ids: little-endian i32 token ids of the bytes, uncleaned, by the
// tokenizer MODEL.
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <string>

#include "core/error.h"
#include "text/clean_prompt.h"
#include "text/ftfy/fix_text.h"
#include "text/tokenizer.h"

namespace {

using turbodiff::text::Tokenizer;

std::optional<std::string> read_record() {
  std::uint32_t size = 0;
  if (!std::cin.read(reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::string record(size, '\0');
  if (!std::cin.read(record.data(), size)) return std::nullopt;
  return record;
}

void write_record(const std::string& record) {
  const auto size = static_cast<std::uint32_t>(record.size());
  std::cout.write(reinterpret_cast<const char*>(&size), sizeof size);
  std::cout.write(record.data(), size);
}

std::string ids_of(const Tokenizer& tokenizer, const std::string& text) {
  const auto ids = tokenizer.encode(text, std::numeric_limits<std::size_t>::max());
  return {reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(ids[0])};
}

std::function<std::string(const std::string&)> filter_of(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "fix_text") return [](const std::string& text) { return turbodiff::text::fix_text(text); };
  if (mode == "clean_prompt")
    return [](const std::string& text) { return turbodiff::text::clean_prompt(text); };
  if (mode == "ids" && argc > 2) {
    return [tokenizer = Tokenizer::from_file(argv[2])](const std::string& text) {
      return ids_of(tokenizer, text);
    };
  }
  throw turbodiff::Error::bad_request("usage: clean_filter fix_text|clean_prompt|ids MODEL");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto filter = filter_of(argc, argv);
    while (const auto record = read_record()) write_record(filter(*record));
    return 0;
  } catch (const turbodiff::Error& error) {
    std::cerr << error.message() << '\n';
    return static_cast<int>(error.code());
  }
}
