#include "layers_test/source_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace turbodiff::testing {
namespace fs = std::filesystem;
namespace {

constexpr int max_lines = 500;

using Names = std::set<std::string, std::less<>>;

/// What each part may include besides itself and what those may include in turn. apps/ parts by their folder.
const std::map<std::string, Names, std::less<>>& direct_layers() {
  static const std::map<std::string, Names, std::less<>> layers = {
      // the floor
      {"core", {}},
      {"spec", {"core"}},
      {"tariff", {"spec"}},
      {"energy", {"tariff"}},
      {"meter", {"energy"}},
      {"cost", {"energy"}},
      {"report", {"cost"}},
      {"cli", {"spec"}},
      // the engine
      {"kernels", {}},
      {"weights", {"report"}},
      {"text", {"report"}},
      {"sampler", {"weights"}},  // reads noise files
      {"media", {"report"}},
      {"ops", {"report", "kernels"}},
      {"model", {"ops", "weights", "text"}},
      {"pipeline", {"model", "sampler", "media"}},
      {"bench", {"pipeline"}},
      {"apps/turbodiff", {"bench", "cli"}},
      // the scheduler
      {"store", {"report"}},
      {"power", {"report"}},
      {"plan", {"energy"}},
      {"queue", {"store", "plan", "meter"}},
      {"inbox", {"queue"}},
      {"runner", {"inbox", "power"}},
      {"service", {"tariff"}},
      {"notify", {"runner"}},
      {"http", {"queue"}},
      {"apps/turbodiff-sched", {"notify", "http", "service", "cli"}},
  };
  return layers;
}

Names allowed_for(const std::string& part) {
  Names allowed = {part};
  for (const std::string& below : direct_layers().at(part)) {
    const Names more = allowed_for(below);
    allowed.insert(more.begin(), more.end());
  }
  return allowed;
}

bool is_torch_free(const std::string& part) {
  static const Names torch_free = {"core",
                                   "spec",
                                   "tariff",
                                   "energy",
                                   "meter",
                                   "cost",
                                   "report",
                                   "cli",
                                   "kernels",
                                   "store",
                                   "power",
                                   "plan",
                                   "queue",
                                   "inbox",
                                   "runner",
                                   "service",
                                   "notify",
                                   "http",
                                   "apps/turbodiff-sched"};
  return torch_free.contains(part);
}

bool is_torch_header(std::string_view path) {
  return path.starts_with("torch/") || path.starts_with("ATen/") || path.starts_with("c10/");
}

/// "core" for lib/core/x.h, "apps/turbodiff" for apps/turbodiff/main.cpp, "kernels" for all below kernels/.
std::optional<std::string> part_of(const fs::path& relative) {
  const std::vector<fs::path> names(relative.begin(), relative.end());
  if (names.size() >= 2 && names[0] == "kernels") return "kernels";
  if (names.size() >= 3 && names[0] == "lib") return names[1].string();
  if (names.size() >= 3 && names[0] == "apps") return "apps/" + names[1].string();
  return std::nullopt;
}

bool is_source(const fs::path& path) {
  static const Names extensions = {".h", ".hpp", ".cpp", ".cc", ".c", ".cu", ".cuh", ".inl"};
  return extensions.contains(path.extension().string());
}

bool is_script(const fs::path& path) {
  static const Names extensions = {".py", ".sh", ".cmake", ".bash"};
  return extensions.contains(path.extension().string()) || path.filename() == "CMakeLists.txt";
}

struct Include {
  std::string path;
  bool quoted;
};

std::optional<Include> parse_include(std::string_view line) {
  const auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  skip_blanks();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(7);
  skip_blanks();
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const bool quoted = line[0] == '"';
  const std::size_t end = line.find(quoted ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(line.substr(1, end - 1)), quoted};
}

/// The file of ours that an include means, relative to the root.
std::optional<fs::path> resolve(const fs::path& root, const fs::path& including, const Include& include) {
  std::vector<fs::path> bases = {root / "lib", root, root / "kernels"};
  if (include.quoted)
    for (fs::path folder = including.parent_path(); !folder.empty(); folder = folder.parent_path())
      bases.push_back(root / folder);
  for (const fs::path& base : bases)
    if (fs::is_regular_file(base / include.path))
      return (base / include.path).lexically_normal().lexically_relative(root);
  return std::nullopt;
}

class Scan {
 public:
  explicit Scan(fs::path root) : root_(std::move(root)) {}

  void scan_file(const fs::path& relative) {
    const bool source = is_source(relative);
    if (!source && !is_script(relative)) return;
    const auto part = source ? part_of(relative) : std::nullopt;
    if (part && !direct_layers().contains(*part))
      add(relative, 1, fmt::format("'{}' has no place in the layers", *part));
    std::ifstream in(root_ / relative);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (part && direct_layers().contains(*part))
        if (const auto include = parse_include(line)) check_include(relative, number, *part, *include);
    }
    if (number > max_lines)
      add(relative, number, fmt::format("{} lines; the limit is {}", number, max_lines));
  }

  std::vector<std::string> take() {
    std::sort(violations_.begin(), violations_.end());
    return std::move(violations_);
  }

 private:
  void check_include(const fs::path& file, int number, const std::string& part, const Include& include) {
    if (is_torch_header(include.path) && is_torch_free(part))
      add(file, number, fmt::format("{} must do without torch, but includes <{}>", part, include.path));
    const auto target = resolve(root_, file, include);
    if (!target) {
      if (include.quoted)
        add(file, number, fmt::format("\"{}\" is no file of ours; write <...>", include.path));
      return;
    }
    const auto target_part = part_of(*target);
    if (!target_part) {
      add(file, number, fmt::format("{} includes {}, which belongs to no part", part, target->string()));
    } else if (!allowed_for(part).contains(*target_part)) {
      add(file, number, fmt::format("{} may not include {} ({})", part, *target_part, include.path));
    }
  }

  void add(const fs::path& file, int line, const std::string& what) {
    violations_.push_back(fmt::format("{}:{}: {}", file.string(), line, what));
  }

  fs::path root_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> find_violations(const fs::path& root) {
  Scan scan(root);
  for (const char* top : {"lib", "apps", "kernels", "tests", "scripts"}) {
    if (!fs::is_directory(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top))
      if (entry.is_regular_file()) scan.scan_file(entry.path().lexically_relative(root));
  }
  return scan.take();
}

}  // namespace turbodiff::testing
