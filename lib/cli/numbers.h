// Numbers on a command line. CLI11 itself takes "nan", "0x10" and 010 (as 8), and cuts what is too large.
#pragma once

#include <cstdint>
#include <limits>

namespace CLI {
class Validator;
}

namespace turbodiff::cli {

/// For CLI::Option::check(): a whole decimal number from `low` to `high`.
CLI::Validator whole_between(std::int64_t low, std::int64_t high = std::numeric_limits<std::int64_t>::max());
/// A finite decimal number from `low` to `high`.
CLI::Validator number_between(double low, double high);

}  // namespace turbodiff::cli
