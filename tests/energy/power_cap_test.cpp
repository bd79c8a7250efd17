#include "meter/power_cap.h"

#include <cstdlib>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::meter;
using testing::error_of;
using testing::TempDir;
namespace fs = std::filesystem;

TEST_CASE("a cap is put back at the end, by whoever finds it, and to what was in force before") {
  const TempDir folder;
  const fs::path file = folder / "state" / "power-limit.json";
  Nvml nvml(FAKE_NVML);
  nvml.set_power_limit(0, 280'000);  // the user's own, below the default
  {
    PowerCap cap(nvml, file);
    cap.apply(200'000);
    CHECK(nvml.power_limit(0)->current_mw == 200'000);
    cap.apply(150'000);
    CHECK(fs::exists(file));
  }
  CHECK(nvml.power_limit(0)->current_mw == 280'000);
  CHECK_FALSE(fs::exists(file));
  {
    // What kill -9 leaves: the file, and the cap.
    PowerCap cap(nvml, file);
    cap.apply(1);  // no less than the GPU allows
    CHECK(nvml.power_limit(0)->current_mw == 100'000);
    fs::copy(file, folder / "kept");
  }
  nvml.set_power_limit(0, 100'000);
  fs::rename(folder / "kept", file);
  CHECK(PowerCap(nvml, file).restore().empty());
  CHECK(nvml.power_limit(0)->current_mw == 280'000);
  CHECK_FALSE(fs::exists(file));
  // A file that was torn, or names another GPU.
  testing::write_file(file, "{\"GPU-else\": 250000}");
  CHECK_FALSE(PowerCap(nvml, file).restore().empty());
  CHECK(fs::exists(file));
  testing::write_file(file, "{\"GPU-");
  CHECK(PowerCap(nvml, file).restore().empty());
  nvml.set_power_limit(0, 300'000);
}

TEST_CASE("without the permission nothing is changed and nothing is left behind") {
  const TempDir folder;
  Nvml nvml(FAKE_NVML);
  ::setenv("FAKE_NVML_NO_PERMISSION", "1", 1);
  PowerCap cap(nvml, folder / "power-limit.json");
  const Error error = error_of([&] { cap.apply(200'000); });
  ::unsetenv("FAKE_NVML_NO_PERMISSION");
  CHECK(error.code() == ErrorCode::refused);
  CHECK_FALSE(fs::exists(folder / "power-limit.json"));
}

TEST_CASE("the cap with the least money is chosen, within the slowdown, with hours that slip into peak") {
  const std::vector<CapPoint> points = {
      {300'000, 10, 290}, {250'000, 10.3, 245}, {200'000, 11, 198}, {150'000, 14, 149}};
  const auto flat = [](double seconds, double watts) { return seconds * (watts + 60); };
  CHECK(choose_cap(points, 1.1, 3600, flat).cap_mw == 200'000);
  CHECK(choose_cap(points, 1.05, 3600, flat).cap_mw == 250'000);
  CHECK(choose_cap(points, 1.0, 3600, flat).cap_mw == 300'000);
  // After 3,650 s electricity costs twenty times as much.
  const auto peak = [](double seconds, double watts) {
    return (watts + 60) * (std::min(seconds, 3650.0) + 20 * std::max(0.0, seconds - 3650));
  };
  CHECK(choose_cap(points, 1.5, 3600, peak).cap_mw == 300'000);
  CHECK(choose_cap(points, 1.5, 1800, peak).cap_mw == 200'000);
  // Ties go to the higher cap.
  CHECK(choose_cap({{300'000, 10, 100}, {200'000, 10, 100}}, 2, 60, flat).cap_mw == 300'000);
}
