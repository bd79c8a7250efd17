// Scores clips of the demo model against what their prompts asked for.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "demo/classify.h"

namespace turbodiff::demo {

/// One row of an evaluation file.
struct EvalPrompt {
  std::string id;
  std::string prompt;
  std::int64_t seed = 0;
  Attributes wanted;
};

/// Reads JSON lines with the keys id, prompt, seed, color, shape, motion and background.
/// Throws Error (bad_request) naming file and line for a missing file, a missing key or no rows at all.
std::vector<EvalPrompt> read_eval_prompts(const std::filesystem::path& path);

/// `count` rows spread evenly over `all`, in order; all of them where there are no more.
std::vector<EvalPrompt> spread_sample(const std::vector<EvalPrompt>& all, std::size_t count);

/// The prompts and seeds alone, as JSON lines for `turbodiff generate --prompts`.
std::string to_prompts_file(const std::vector<EvalPrompt>& prompts);

/// Clips with the right answer, by attribute and for all four together.
struct Score {
  static constexpr std::array<const char*, 5> kNames = {"color", "shape", "motion", "background", "all"};
  std::array<int, 5> right{};  ///< in the order of kNames
  int clips = 0;
  std::vector<std::string> misses;  ///< one line for each clip that is not right in all four

  double share(std::size_t name) const { return clips == 0 ? 0.0 : static_cast<double>(right[name]) / clips; }
};

void add_clip(Score& score, const EvalPrompt& prompt, const Classification& found);

/// Least shares, in the order of Score::kNames; 0 asks for nothing.
using Minimums = std::array<double, 5>;

/// Parses "color=0.97,all=0.85"; names left out ask for nothing.
/// Throws Error (bad_request) for an unknown name or a share outside 0..1.
Minimums parse_minimums(const std::string& text);

/// Whether every share reaches its minimum; no clips never do.
bool reaches(const Score& score, const Minimums& minimums);

/// The misses and a table of the shares, for a person.
std::string to_text(const Score& score, const Minimums& minimums);

}  // namespace turbodiff::demo
