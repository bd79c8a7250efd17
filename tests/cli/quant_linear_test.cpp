// Whether int8 layers run: as measured, as asked, as a recipe says.
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;
namespace fs = std::filesystem;

namespace {

constexpr const char* forced = "--quant-linear=force";

/// A place where int8 layers were measured to be so many times as fast as plain ones.
class Measured {
 public:
  explicit Measured(double speedup) {
    place_.set("TURBODIFF_DEVICE", "cpu");  // whose speed is kept
    CHECK(place_.run({"doctor"}).code == 0);
    change(speedup);
  }

  /// As on another machine.
  void change(double speedup) {
    auto document = nlohmann::json::parse(testing::read_file(file()));
    int changed = 0;
    for (auto& [name, value] : document["figures"].items())
      if (name.starts_with("int8 over ")) {
        value = speedup;
        ++changed;
      }
    REQUIRE(changed == 1);
    testing::write_file(file(), document.dump());
  }

  testing::Finished dry_run(std::vector<std::string> more, bool json = true) const {
    more.insert(more.begin(), {"generate", "x", "--dry-run"});
    if (json) more.emplace_back("--json");
    return place_.run(more);
  }
  bool runs_int8(std::vector<std::string> more) const {
    return dry_run(std::move(more)).json()["jobs"][0]["quant_linear"].get<bool>();
  }
  /// The content of the file that is made.
  std::string made(std::vector<std::string> arguments, const std::string& to) const {
    arguments.insert(arguments.begin(), {"generate", "--steps", "1", "-o", to});
    const auto result = place_.run(arguments);
    CHECK_MESSAGE(result.code == 0, result.err);
    return testing::read_file(place_.path(to));
  }
  Workplace& place() { return place_; }

 private:
  fs::path file() const { return place_.path("home/.cache/turbodiff/speed.json"); }
  Workplace place_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The demo with its linear layers stored in int8, as model "int8".
void add_int8_model(Workplace& place) {
  const fs::path folder = place.path("models/int8");
  fs::create_directories(folder);
  for (const char* file : {"vae.pth", "t5.pth", "spiece.model", "config.json"})
    fs::copy(testing::demo_folder() / file, folder / file);
  REQUIRE(place
              .run({"convert", (testing::demo_folder() / "dit.pth").string(),
                    (folder / "dit.safetensors").string(), "--quant-linear"})
              .code == 0);
  place.set("TURBODIFF_MODELS", place.text_path("models"));
}

}  // namespace

TEST_CASE("where int8 layers are faster, --quant-linear runs them") {
  Measured machine(1.5);
  for (const char* flag :
       {"--quant-linear", "--quant_linear", "--quant-linear=auto", "--quant-linear=on", forced})
    CHECK_MESSAGE(machine.runs_int8({flag}), flag);
  CHECK_FALSE(machine.runs_int8({}));
  CHECK_FALSE(machine.runs_int8({"--quant-linear=off"}));
  CHECK(machine.dry_run({"--quant-linear"}, false).err.find(forced) == std::string::npos);
  const auto doctor = machine.place().run({"doctor"});
  CHECK(doctor.out.find("1.5 times as fast as") != std::string::npos);
  CHECK(doctor.out.find(forced) == std::string::npos);
}

TEST_CASE("where they are slower, plain ones run, said in one line, unless they are forced") {
  Measured machine(0.78);
  for (const char* flag : {"--quant-linear", "--quant_linear", "--quant-linear=auto", "--quant-linear=on"})
    CHECK_MESSAGE(!machine.runs_int8({flag}), flag);
  CHECK(machine.runs_int8({forced}));
  const auto said = machine.dry_run({"--quant-linear"}, false);
  CHECK(count(said.err, forced) == 1);
  CHECK(said.err.find("0.78 times as fast as") != std::string::npos);
  for (const auto& quiet : {std::vector<std::string>{}, {forced}, {"--quant-linear=off"}})
    CHECK(count(machine.dry_run(quiet, false).err, "int8 layers") == 0);
  const auto doctor = machine.place().run({"doctor"});
  CHECK(doctor.code == 0);
  CHECK(doctor.out.find("0.78 times as fast as") != std::string::npos);
  CHECK(doctor.out.find(forced) != std::string::npos);
}

TEST_CASE("the line is said once for many prompts, and not with --quiet") {
  Measured machine(0.5);
  testing::write_file(machine.place().path("prompts"), "one\ntwo\nthree\n");
  const std::vector<std::string> list{"generate",    "--prompts",      "prompts",  "-o",
                                      "{index}.mp4", "--quant-linear", "--dry-run"};
  CHECK(count(machine.place().run(list).err, forced) == 1);
  CHECK(machine.dry_run({"--quant-linear", "--quiet"}, false).err == "");
}

TEST_CASE("a checkpoint with int8 layers runs them where they are faster, or forced") {
  Measured machine(2);
  add_int8_model(machine.place());
  CHECK(machine.runs_int8({"--model", "int8"}));
  CHECK_FALSE(machine.runs_int8({"--model", "int8", "--quant-linear=off"}));
  machine.change(0.5);
  CHECK_FALSE(machine.runs_int8({"--model", "int8"}));
  CHECK(count(machine.dry_run({"--model", "int8"}, false).err, forced) == 1);
  CHECK(machine.runs_int8({"--model", "int8", forced}));
}

TEST_CASE("a value that does not exist is refused in one line") {
  const auto refused = Workplace().run({"generate", "x", "--quant-linear=fast"});
  CHECK(refused.code == 2);
  CHECK(refused.error_line() == "--quant-linear: unknown value 'fast'; one of auto, on, off, force");
}

TEST_CASE("the recipe says what ran, and another machine runs that again") {
  Measured machine(2);
  Workplace& place = machine.place();
  const auto recorded = [&](const char* file) {
    return place.run({"info", file, "--json"}).json()["recipe"]["request"]["quant_linear"];
  };
  const std::string int8 = machine.made({"a red circle", "--frames", "5", "--quant-linear"}, "int8.mp4");
  CHECK(recorded("int8.mp4") == "force");
  machine.change(0.5);
  const std::string plain = machine.made({"a red circle", "--frames", "5", "--quant-linear"}, "plain.mp4");
  CHECK(recorded("plain.mp4") == "off");
  CHECK(plain != int8);
  CHECK(machine.made({"--from", "int8.mp4"}, "int8-again.mp4") == int8);
  CHECK(machine.made({"a red circle", "--frames", "5", forced}, "forced.mp4") == int8);
  machine.change(2);
  CHECK(machine.made({"--from", "plain.mp4"}, "plain-again.mp4") == plain);
  CHECK(place.run({"info", "int8.mp4"}).out.find("quant-linear         force\n") != std::string::npos);

  const auto output = [&](const char* flag, const char* to) {
    return place.run({"generate", "a red circle", "--frames", "1", "--steps", "1", "--json", flag, "-o", to})
        .json()["outputs"][0]["quant_linear"];
  };
  CHECK(output("--quant-linear", "b.png") == true);
  CHECK(output("--quant-linear=off", "c.png") == false);
}

TEST_CASE("the time that is expected goes by the layers that run") {
  Measured machine(1e-5);
  const auto expected = [&](const char* flag) {
    return machine.dry_run({flag}).json()["jobs"][0]["expected_seconds"].get<double>();
  };
  CHECK(expected(forced) > 10 * expected("--quant-linear=off"));
  CHECK(expected(forced) > 10 * expected("--quant-linear"));
}
