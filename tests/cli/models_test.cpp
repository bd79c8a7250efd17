#include <fstream>

#include "json_schema.h"
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

TEST_CASE("folders that cannot be used are listed with the reason") {
  Workplace place;
  place.set("TURBODIFF_MODELS", place.text_path("models"));
  for (const char* name : {"good", "two", "garbage", "headless", "untold"})
    fs::create_directories(place.path("models") / name);
  for (const char* name : {"good", "two", "garbage", "headless"})
    for (const auto& file : fs::directory_iterator(testing::demo_folder()))
      fs::copy_file(file.path(), place.path("models") / name / file.path().filename());
  fs::copy_file(place.path("models/two/dit.pth"), place.path("models/two/dit2.pth"));
  testing::write_file(place.path("models/garbage/t5.pth"), "<!DOCTYPE html>");
  fs::remove(place.path("models/headless/config.json"));
  testing::write_file(place.path("models/untold/weights-final.safetensors"), "x");
  const auto document = place.run({"models", "list", "--json"}).json();
  CHECK(testing::schema_violations(testing::read_schema("models-list"), document).empty());
  const auto problem = [&](const std::string& name) {
    for (const auto& model : document["models"])
      if (model["name"] == name) return model["problem"].is_null() ? "" : model["problem"].get<std::string>();
    return std::string("not listed");
  };
  CHECK(problem("good") == "");
  CHECK(problem("two").find("more than one transformer") != std::string::npos);
  CHECK(problem("garbage").find("t5.pth': it is a web page") != std::string::npos);
  CHECK(problem("headless").find("nothing says how many heads") != std::string::npos);
  CHECK(problem("untold").find("none of its files is recognised as the transformer") != std::string::npos);
  const auto table = place.run({"models", "list"});
  CHECK(table.code == 0);
  CHECK(table.out.find("unusable: ") != std::string::npos);
  CHECK(place.run({"models", "list", "--quiet"}).out == "good\ndemo\ndemo-sla\n");
  CHECK(place.run({"models", "show", "good"}).code == 0);
  const auto shown = place.run({"models", "show", "garbage"});
  CHECK(shown.code == 2);
  CHECK(shown.out.find("unusable: ") != std::string::npos);
  CHECK(shown.error_line().find("model 'garbage' cannot be used: ") == 0);
  const auto as_json = place.run({"models", "show", "garbage", "--json"});
  CHECK(as_json.code == 2);
  CHECK(as_json.json()["problem"].get<std::string>().find("it is a web page") != std::string::npos);
  fs::remove(place.path("models/good/spiece.model"));
  const auto without = place.run({"models", "show", "good"});
  CHECK(without.code == 2);
  CHECK(without.error_line().find("model 'good' cannot be used: there is no tokenizer: ") == 0);
}

TEST_CASE("a snapshot of the Hugging Face hub has its repository's name") {
  Workplace place;
  const std::string hash = "0123456789abcdef0123456789abcdef01234567";
  const fs::path repository = place.path("hub/models--someone--Tiny-Wan");
  fs::create_directories(repository / "snapshots" / hash);
  for (const auto& file : fs::directory_iterator(testing::demo_folder()))
    fs::copy_file(file.path(), repository / "snapshots" / hash / file.path().filename());
  place.set("TURBODIFF_MODELS", place.text_path("hub"));
  CHECK(place.run({"models", "list", "--quiet"}).out == "Tiny-Wan\ndemo\ndemo-sla\n");
  CHECK(place.run({"models", "path", "Tiny-Wan"}).out == (repository / "snapshots" / hash).string() + "\n");
  for (const std::string& path : {(repository / "snapshots" / hash).string(), repository.string()})
    CHECK(place.run({"models", "show", path, "--json"}).json()["name"] == "Tiny-Wan");
  place.set("TURBODIFF_MODELS", (repository / "snapshots").string());
  CHECK(place.run({"models", "list", "--quiet"}).out == "Tiny-Wan\ndemo\ndemo-sla\n");
}

TEST_CASE("verify gives a verdict") {
  Workplace place;
  fs::copy(testing::demo_folder(), place.path("m"));
  const auto verify = [&](std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"models", "verify", "./m", "--json"});
    const auto result = place.run(more);
    CHECK(testing::schema_violations(testing::read_schema("models-verify"), result.json()).empty());
    return std::pair(result.code, result.json()["verdict"].get<std::string>());
  };
  CHECK(verify() == std::pair(0, std::string("unknown")));
  CHECK(verify() == std::pair(0, std::string("ok")));
  CHECK(place.run({"models", "verify", "./m"}).out.find("m: ok\n") != std::string::npos);
  std::ofstream(place.path("m/config.json"), std::ios::app) << "\n";
  CHECK(verify() == std::pair(2, std::string("changed")));
  CHECK(verify() == std::pair(2, std::string("changed")));  // asking again does not make it right
  CHECK(
      place.run({"models", "verify", "./m"}).out.find("changed: differs from the SHA-256 recorded before") !=
      std::string::npos);
  CHECK(verify({"--accept"}).first == 0);
  CHECK(verify() == std::pair(0, std::string("ok")));
}

TEST_CASE("a blob of the hub is compared with the hash it is named after") {
  Workplace place;
  const fs::path repository = place.path("models--a--b");
  fs::create_directories(repository / "blobs");
  fs::create_directories(repository / "snapshots/1");
  for (const auto& file : fs::directory_iterator(testing::demo_folder()))
    fs::copy_file(file.path(), repository / "snapshots/1" / file.path().filename());
  const std::string right = place.run({"models", "verify", (repository / "snapshots/1").string(), "--json"})
                                .json()["files"][0]["sha256"];
  for (const std::string& name : {right, std::string(64, '0')}) {
    fs::rename(fs::canonical(repository / "snapshots/1/dit.pth"), repository / "blobs" / name);
    fs::remove(repository / "snapshots/1/dit.pth");
    fs::create_symlink("../../blobs/" + name, repository / "snapshots/1/dit.pth");
    const auto result = place.run({"models", "verify", (repository / "snapshots/1").string(), "--json"});
    CHECK(result.code == (name == right ? 0 : 2));
    CHECK(result.json()["files"][0]["compared_with"] == "the name of its blob");
    CHECK(result.json()["files"][0]["verdict"] == (name == right ? "ok" : "changed"));
  }
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
