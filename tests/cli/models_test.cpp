#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;
namespace fs = std::filesystem;

TEST_CASE("the demo model is always there") {
  const auto result = Workplace().run({"models", "list"});
  CHECK(result.code == 0);
  CHECK(result.out.find("demo") != std::string::npos);
  CHECK(result.out.find("ready") != std::string::npos);
  CHECK(Workplace().run({"models", "list", "--quiet"}).out == "demo\ndemo-sla\n");
}

TEST_CASE("TURBODIFF_MODELS is looked into first") {
  Workplace place;
  fs::create_directories(place.path("models"));
  fs::copy(testing::demo_folder(), place.path("models/mine"));
  place.set("TURBODIFF_MODELS", place.text_path("models"));
  CHECK(place.run({"models", "path"}).out == place.text_path("models") + "\n");
  CHECK(place.run({"models", "path", "mine"}).out == place.text_path("models/mine") + "\n");
  const auto list = place.run({"models", "list", "--json"}).json()["models"];
  REQUIRE(list.size() == 3);
  CHECK(list[0]["name"] == "mine");
}

TEST_CASE("show and verify") {
  Workplace place;
  const auto shown = place.run({"models", "show", "demo", "--json"}).json();
  CHECK(shown["networks"]["transformer"]["layers"] == 5);
  CHECK(shown["sha256"].empty());
  const auto verified = place.run({"models", "verify", "demo", "--json"}).json();
  CHECK(verified["ok"] == true);
  CHECK(place.run({"models", "show", "demo", "--json"}).json()["sha256"]["dit"] ==
        verified["files"][0]["sha256"]);
  CHECK(place.run({"models", "show", "nothing"}).code == 3);
}

TEST_CASE("verify notices a file that differs from its checksum") {
  Workplace place;
  fs::copy(testing::demo_folder(), place.path("m"));
  testing::write_file(place.path("m/SHA256SUMS"), std::string(64, '0') + "  dit.pth\n");
  const auto result = place.run({"models", "verify", "./m", "--json"});
  CHECK(result.code == 2);
  CHECK(result.json()["ok"] == false);
  CHECK(result.json()["files"][0]["problem"] == "differs from SHA256SUMS");
}
