#include "http/job_progress.h"

#include <algorithm>
#include <fstream>

#include "core/text/strings.h"

namespace turbodiff::http {
namespace {

constexpr std::streamoff longest_tail = 8192;

/// "    12.3 s  denoise 2/4": what the runner writes of itself; lines of the engine look otherwise.
bool parse_line(std::string_view line, JobProgress& progress) {
  const std::size_t unit = line.find(" s  ");
  if (unit == std::string_view::npos || !core::parse_number(core::trim(line.substr(0, unit)))) return false;
  const auto words = core::split(core::trim(line.substr(unit + 4)), ' ');
  if (words[0].empty() || words.size() > 2) return false;
  JobProgress found{std::string(words[0]), 0, 0};
  if (words.size() == 2) {
    const auto parts = core::split(words[1], '/');
    const auto step = core::parse_integer(parts[0]);
    const auto steps = parts.size() == 2 ? core::parse_integer(parts[1]) : std::nullopt;
    if (!step || !steps || *step < 0 || *steps < *step) return false;
    found.step = *step;
    found.steps = *steps;
  }
  progress = found;
  return true;
}

}  // namespace

JobProgress progress_in(std::string_view log) {
  auto lines = core::split(log, '\n');
  JobProgress progress;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->starts_with("--- attempt")) break;
    if (parse_line(*line, progress)) break;
  }
  return progress;
}

JobProgress read_progress(const std::filesystem::path& log) {
  std::ifstream in(log, std::ios::binary);
  if (!in) return {};
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - longest_tail);
  std::string tail(static_cast<std::size_t>(std::max<std::streamoff>(0, size - from)), '\0');
  in.seekg(from);
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  tail.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
  return progress_in(tail);
}

}  // namespace turbodiff::http
