#include "demo/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"

namespace turbodiff::demo {
namespace {

std::array<std::string, 4> values(const Attributes& a) {
  return {a.color, a.shape, a.motion, a.background};
}

bool enough(const Score& score, const Minimums& minimums, std::size_t name) {
  return score.clips > 0 && score.share(name) >= minimums[name];
}

}  // namespace

std::vector<EvalPrompt> read_eval_prompts(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw Error::bad_request(fmt::format("{}: cannot be opened", path.string()));
  std::vector<EvalPrompt> rows;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    try {
      const auto row = nlohmann::json::parse(line);
      rows.push_back({row.at("id"),
                      row.at("prompt"),
                      row.at("seed"),
                      {row.at("color"), row.at("shape"), row.at("motion"), row.at("background")}});
    } catch (const nlohmann::json::exception& error) {
      throw Error::bad_request(fmt::format("{}:{}: {}", path.string(), number, error.what()),
                               "each line needs id, prompt, seed, color, shape, motion and background");
    }
  }
  if (rows.empty()) throw Error::bad_request(fmt::format("{}: no prompts", path.string()));
  return rows;
}

std::vector<EvalPrompt> spread_sample(const std::vector<EvalPrompt>& all, std::size_t count) {
  if (count >= all.size()) return all;
  std::vector<EvalPrompt> sample;
  for (std::size_t k = 0; k < count; ++k) sample.push_back(all[k * all.size() / count]);
  return sample;
}

std::string to_prompts_file(const std::vector<EvalPrompt>& prompts) {
  std::string text;
  for (const EvalPrompt& p : prompts)
    text += nlohmann::json{{"prompt", p.prompt}, {"seed", p.seed}}.dump() + "\n";
  return text;
}

void add_clip(Score& score, const EvalPrompt& prompt, const Classification& found) {
  const auto wanted = values(prompt.wanted), got = values(found.attributes);
  std::string wrong;
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    score.right[k] += wanted[k] == got[k];
    if (wanted[k] != got[k]) {
      wrong +=
          fmt::format(", {} {} not {}", Score::kNames[k], got[k].empty() ? "unknown" : got[k], wanted[k]);
    }
  }
  ++score.clips;
  score.right[4] += wrong.empty();
  if (!wrong.empty()) score.misses.push_back(fmt::format("{} \"{}\"{}", prompt.id, prompt.prompt, wrong));
}

Minimums parse_minimums(const std::string& text) {
  Minimums minimums{};
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t equals = part.find('=');
    const auto name = std::find(Score::kNames.begin(), Score::kNames.end(), part.substr(0, equals));
    std::istringstream number(equals == std::string::npos ? "" : part.substr(equals + 1));
    double share = 0;
    if (name == Score::kNames.end() || !(number >> share) || !(share >= 0 && share <= 1)) {
      throw Error::bad_request(fmt::format("minimum '{}' is not NAME=SHARE", part),
                               "names: color, shape, motion, background, all; shares: 0 to 1");
    }
    minimums[name - Score::kNames.begin()] = share;
  }
  return minimums;
}

bool reaches(const Score& score, const Minimums& minimums) {
  for (std::size_t k = 0; k < minimums.size(); ++k) {
    if (!enough(score, minimums, k)) return false;
  }
  return true;
}

std::string to_text(const Score& score, const Minimums& minimums) {
  std::string text;
  for (const std::string& miss : score.misses) text += "miss " + miss + "\n";
  for (std::size_t k = 0; k < minimums.size(); ++k) {
    text += fmt::format("{:10}  {:3} of {:3}  {:.3f}", Score::kNames[k], score.right[k], score.clips,
                        score.share(k));
    if (minimums[k] > 0) {
      text += fmt::format("  minimum {:.3f}  {}", minimums[k], enough(score, minimums, k) ? "ok" : "FAIL");
    }
    text += "\n";
  }
  return text;
}

}  // namespace turbodiff::demo
