#include "core/config.h"

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::core;
using testing::error_of;
using testing::TempDir;
using testing::write_file;
namespace fs = std::filesystem;

namespace {

using Variables = Environment::Variables;

/// A HOME with configuration files of its own.
struct Home {
  Home() { fs::create_directories(folder / ".config/turbodiff"); }
  fs::path user_file() const { return folder / ".config/turbodiff/config.yaml"; }
  Config load(Variables variables = {}, ConfigInputs inputs = {}) const {
    variables.emplace("HOME", folder.path().string());
    inputs.system_file = folder / "etc.yaml";
    const Environment environment(variables);
    return Config::load(environment, Paths(environment, "/nowhere/bin/x"), inputs);
  }
  TempDir folder;
};

}  // namespace

TEST_CASE("without files the defaults hold") {
  const Config config = Home().load();
  CHECK(config.text("generate.device") == "auto");
  CHECK(config.integer("generate.threads") == 0);
  CHECK_FALSE(config.text("generate.model"));
  CHECK_FALSE(config.number("estimate.watts"));
  CHECK(config.find("generate.dtype")->source == ConfigSource::built_in);
  CHECK(config.find("generate.dtype")->where == "default");
  CHECK(config.files().empty());
  CHECK(error_of([&] { config.text("generate.colour"); }).code() == ErrorCode::work_failed);
}

TEST_CASE("flag, environment, user's file, system's file, default: the first that speaks wins") {
  const Home home;
  write_file(home.folder / "etc.yaml",
             "version: 1\ngenerate: {device: cpu, dtype: fp32, steps: 1, model: a, threads: 2}\n");
  write_file(home.user_file(), "version: 1\ngenerate:\n  dtype: bf16\n  steps: 2\n  model: b\n");
  const Config config = home.load({{"TURBODIFF_STEPS", "3"}, {"TURBODIFF_MODEL", "c"}},
                                  {.flags = {{"generate.model", {"d", "--model"}}}});
  CHECK(config.text("generate.model") == "d");
  CHECK(config.find("generate.model")->where == "--model");
  CHECK(config.integer("generate.steps") == 3);
  CHECK(config.find("generate.steps")->where == "TURBODIFF_STEPS");
  CHECK(config.find("generate.steps")->source == ConfigSource::environment);
  CHECK(config.text("generate.dtype") == "bf16");
  CHECK(config.find("generate.dtype")->where == home.user_file().string() + ":3:10");
  CHECK(config.find("generate.dtype")->source == ConfigSource::user_file);
  CHECK(config.text("generate.device") == "cpu");
  CHECK(config.find("generate.device")->source == ConfigSource::system_file);
  CHECK(config.files() == std::vector<fs::path>{home.user_file(), home.folder / "etc.yaml"});
  CHECK(config.entries().size() == config_keys().size());
}

TEST_CASE("paths are absolute: a file's to its folder, a variable's to the caller's") {
  const Home home;
  write_file(home.user_file(),
             "models: {path: ../my-models}\ntariff: tariffs/night.yaml\nstore: ~/jobs.db\n");
  const Config config = home.load();
  CHECK(config.path("models.path") == home.folder / ".config/my-models");
  CHECK(config.path("tariff") == home.folder / ".config/turbodiff/tariffs/night.yaml");
  CHECK(config.path("store") == home.folder / "jobs.db");
  const Config other = home.load({{"TURBODIFF_MODELS", "m"}, {"TURBODIFF_TARIFF", "night-2024"}});
  CHECK(other.path("models.path") == fs::current_path() / "m");
  CHECK(other.text("tariff") == "night-2024");
}

TEST_CASE("--config and TURBODIFF_CONFIG name the user's file and must exist") {
  const Home home;
  write_file(home.user_file(), "generate: {steps: 1}\n");
  write_file(home.folder / "a.yaml", "generate: {steps: 2}\n");
  write_file(home.folder / "b.yaml", "generate: {steps: 3}\n");
  const Variables variable = {{"TURBODIFF_CONFIG", (home.folder / "a.yaml").string()}};
  CHECK(home.load().integer("generate.steps") == 1);
  CHECK(home.load(variable).integer("generate.steps") == 2);
  CHECK(home.load(variable, {.config_flag = home.folder / "b.yaml"}).integer("generate.steps") == 3);
  CHECK(home.load({}, {.config_flag = fs::path("~/b.yaml")}).integer("generate.steps") == 3);
  const Error error = error_of([&] { home.load({}, {.config_flag = home.folder / "none.yaml"}); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("none.yaml' does not exist") != std::string::npos);
}

TEST_CASE("all problems of all layers are reported together") {
  const Home home;
  write_file(home.folder / "etc.yaml", "version: 2\n");
  write_file(home.user_file(),
             "version: 1\n"
             "generate:\n"
             "  stpes: 4\n"
             "  dtype: bf61\n"
             "  fps: [1]\n"
             "energy: {source: rapl}\n"
             "watch:\n"
             "generat: {}\n"
             "estimate: {watts: -5, watts: 3}\n");
  const std::string message =
      error_of([&] {
        home.load({{"TURBODIFF_STEPS", "four"}}, {.flags = {{"generate.threads", {"-1", "--threads"}}}});
      }).message();
  const std::string file = home.user_file().string();
  for (const std::string& line :
       {std::string("--threads: must be between 0 and 1024, not -1"),
        std::string("TURBODIFF_STEPS: must be a whole number, not 'four'"),
        file + ":3:3: unknown key 'generate.stpes' (did you mean 'steps'?)",
        file +
            ":4:10: generate.dtype must be one of auto, bf16, fp16, fp32, not 'bf61' (did you mean 'bf16'?)",
        file + ":5:8: generate.fps must be a single value, not a list",
        file + ":6:10: unknown key 'energy.source'",
        file + ":8:1: unknown key 'generat' (did you mean 'generate'?)",
        file + ":9:19: estimate.watts must be between 0 and 1000000, not -5",
        file + ":9:23: the key 'watts' is defined twice (first at line 9)",
        (home.folder / "etc.yaml").string() + ":1:10: version must be 1, not '2'"})
    CHECK_MESSAGE(message.find(line) != std::string::npos, line << "\nmissing in\n" << message);
}

TEST_CASE("a configuration that is no map is reported so") {
  const Home home;
  write_file(home.user_file(), "just text\n");
  CHECK(error_of([&] { home.load(); }).message() ==
        home.user_file().string() + ":1:1: the file must be a map of keys and values, not 'just text'");
  write_file(home.user_file(), "");
  CHECK(home.load().files().size() == 1);
}

TEST_CASE("the schema is sound") {
  for (const ConfigKey& key : config_keys()) {
    CAPTURE(std::string(key.name));
    CHECK(find_config_key(key.name) == &key);
    CHECK_FALSE(key.help.empty());
    if (!key.fallback.empty()) CHECK(value_problem(key, key.fallback).empty());
    if (!key.variable.empty()) CHECK(key.variable.starts_with("TURBODIFF_"));
    const auto dot = key.name.find('.');
    if (dot == std::string_view::npos) continue;
    bool known = false;
    for (const auto section : config_sections()) known = known || section == key.name.substr(0, dot);
    CHECK(known);
  }
  CHECK(find_config_key("none") == nullptr);
}
