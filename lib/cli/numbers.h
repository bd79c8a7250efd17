// Numbers on a command line. CLI11 itself accepts "nan", "0x10" and 010 (as 8), and truncates numbers that
// are too large.
#pragma once

#include <cstdint>
#include <limits>

namespace CLI {
class Validator;
}

namespace turbodiff::cli {

/// For CLI::Option::check(): an integer in decimal notation from `low` to `high`.
CLI::Validator whole_between(std::int64_t low, std::int64_t high = std::numeric_limits<std::int64_t>::max());
/// A finite decimal number from `low` to `high`.
CLI::Validator number_between(double low, double high);

}  // namespace turbodiff::cli
