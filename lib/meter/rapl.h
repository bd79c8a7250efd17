// Energy of processors and their memory, as Linux's powercap tree counts it (RAPL of Intel and AMD).
//
// Zones nest: psys holds everything on the board, package-N a processor with its cores and uncore, and dram
// is counted on its own although it hangs below a package. So packages and dram add up; core and uncore are
// part of a package, and psys is left out unless it is all there is. intel-rapl-mmio repeats what intel-rapl
// has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace turbodiff::meter {

class Rapl {
 public:
  /// Searches zones below `root`; never fails: see problem().
  explicit Rapl(std::filesystem::path root = "/sys/class/powercap");

  struct Zone {
    std::string name;            ///< "package-0", "dram"
    std::filesystem::path file;  ///< energy_uj
    std::uint64_t range_uj = 0;  ///< the counter restarts after it; 0: not known
  };
  /// The zones that are added up and can be read.
  const std::vector<Zone>& zones() const { return zones_; }
  /// Why none can be read, and what to do about it; empty when some can.
  const std::string& problem() const { return problem_; }
  /// Nothing when it cannot be read now.
  std::optional<std::uint64_t> read(std::size_t zone) const;

 private:
  std::vector<Zone> zones_;
  std::string problem_;
};

}  // namespace turbodiff::meter
