#include "weights/name_rules.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/text/strings.h"

namespace turbodiff::weights {
namespace {

constexpr std::size_t most_numbers = 4;

/// What the wildcards of a pattern matched.
struct Captures {
  std::array<std::string_view, most_numbers> numbers;
  std::size_t count = 0;
  std::string_view last;
};

std::optional<Captures> match(std::string_view pattern, std::string_view name) {
  Captures captures;
  std::size_t at = 0;
  for (const char expected : pattern) {
    if (expected == '#') {
      std::size_t end = at;
      while (end < name.size() && core::is_digit(name[end]) && end - at < 9) ++end;
      if (end == at || captures.count == most_numbers) return std::nullopt;
      captures.numbers[captures.count++] = name.substr(at, end - at);
      at = end;
    } else if (expected == '*') {
      captures.last = name.substr(at);
      at = name.size();
      if (captures.last.empty() || captures.last.find('.') != std::string_view::npos) return std::nullopt;
    } else if (at == name.size() || name[at++] != expected) {
      return std::nullopt;
    }
  }
  return at == name.size() ? std::optional(captures) : std::nullopt;
}

std::int64_t to_number(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string substitute(std::string_view pattern, const Captures& captures, std::int64_t blocks) {
  std::string name;
  std::size_t next = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (pattern[i] == '#') {
      name += captures.numbers[next++];
    } else if (pattern[i] == '*') {
      name += captures.last;
    } else if (rest.starts_with("<flat>")) {
      const std::int64_t stage = to_number(captures.numbers[next++]);
      name += std::to_string(stage * (blocks + 1) + to_number(captures.numbers[next++]));
      i += std::string_view("<flat>").size() - 1;
    } else if (rest.starts_with("<flat-end>")) {
      name += std::to_string(to_number(captures.numbers[next++]) * (blocks + 1) + blocks);
      i += std::string_view("<flat-end>").size() - 1;
    } else if (rest.starts_with("<end>")) {
      name += std::to_string(blocks);
      i += std::string_view("<end>").size() - 1;
    } else {
      name += pattern[i];
    }
  }
  return name;
}

}  // namespace

ResidualBlocks count_residual_blocks(const std::vector<std::string_view>& names) {
  ResidualBlocks blocks;
  for (const std::string_view name : names) {
    if (const auto down = match("encoder.down_blocks.#.resnets.#.norm1.*", name))
      blocks.encoder = std::max(blocks.encoder, to_number(down->numbers[1]) + 1);
    if (const auto up = match("decoder.up_blocks.#.resnets.#.norm1.*", name))
      blocks.decoder = std::max(blocks.decoder, to_number(up->numbers[1]) + 1);
  }
  return blocks;
}

std::optional<std::string> canonical_name(const NameConvention& convention, std::string_view source,
                                          const ResidualBlocks& blocks) {
  for (const NameRule& rule : convention.rules)
    if (const auto captures = match(rule.source, source)) {
      if (rule.canonical.empty()) return std::string(source);
      return substitute(rule.canonical, *captures,
                        source.starts_with("encoder.") ? blocks.encoder : blocks.decoder);
    }
  return std::nullopt;
}

}  // namespace turbodiff::weights
