#include "meter/rapl.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "core/os/unique_fd.h"

namespace turbodiff::meter {
namespace fs = std::filesystem;
namespace {

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// Opened anew each time, so that a replaced file is noticed. errno says why there is no number.
std::optional<std::uint64_t> read_number(const fs::path& file) {
  const core::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::array<char, 32> text{};
  const ssize_t length = ::read(fd.get(), text.data(), text.size());
  if (length <= 0) return std::nullopt;
  return number_in({text.data(), static_cast<std::size_t>(length)});
}

/// All zones of a control type, those below others too: some trees nest the folders, sysfs lists them flat.
void collect(const fs::path& folder, int depth, std::vector<fs::path>& found) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("intel-rapl:") && !name.starts_with("amd-rapl:")) continue;
    if (std::none_of(found.begin(), found.end(), [&](const fs::path& p) { return p.filename() == name; }))
      found.push_back(entry.path());
    if (depth > 0 && !fs::is_symlink(entry.path(), error)) collect(entry.path(), depth - 1, found);
  }
}

}  // namespace

Rapl::Rapl(fs::path root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    problem_ =
        fmt::format("there is no '{}': the kernel or the virtual machine offers no RAPL", root.string());
    return;
  }
  std::vector<fs::path> folders;
  collect(root, 2, folders);
  for (const char* type : {"intel-rapl", "amd-rapl"}) collect(root / type, 2, folders);
  std::sort(folders.begin(), folders.end());
  std::vector<Zone> psys;
  std::string forbidden;
  for (const fs::path& folder : folders) {
    Zone zone;
    zone.name = first_line(folder / "name");
    const bool whole = zone.name == "psys";
    if (!whole && !zone.name.starts_with("package") && zone.name != "dram") continue;
    zone.range_uj = number_in(first_line(folder / "max_energy_range_uj")).value_or(0);
    zone.file = folder / "energy_uj";
    errno = 0;
    if (read_number(zone.file))
      (whole ? psys : zones_).push_back(std::move(zone));
    else if (errno == EACCES || errno == EPERM)
      forbidden = zone.file.string();
  }
  const bool has_package =
      std::any_of(zones_.begin(), zones_.end(), [](const Zone& z) { return z.name.starts_with("package"); });
  // Memory alone does not stand for the processor.
  if (!has_package) zones_.swap(psys);
  if (!zones_.empty()) return;
  problem_ = forbidden.empty()
                 ? fmt::format("'{}' has no zone that can be read", root.string())
                 : fmt::format("'{}' may be read by root only; allow it with: chmod a+r {}/*rapl*/energy_uj",
                               forbidden, root.string());
}

std::optional<std::uint64_t> Rapl::read(std::size_t zone) const {
  return read_number(zones_[zone].file);
}

}  // namespace turbodiff::meter
