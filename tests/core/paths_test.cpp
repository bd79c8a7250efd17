#include "core/os/paths.h"

#include "testing.h"

using namespace turbodiff;
using core::Environment;
using core::Paths;
using testing::error_of;
using testing::TempDir;
using testing::write_file;
namespace fs = std::filesystem;

namespace {
Paths paths_with(Environment::Variables variables, const fs::path& executable = "/nowhere/bin/x") {
  return Paths(Environment(std::move(variables)), executable);
}
}  // namespace

TEST_CASE("an empty variable counts as unset") {
  const Environment environment({{"A", ""}, {"B", "x"}});
  CHECK_FALSE(environment.has("A"));
  CHECK(environment.get("B") == "x");
  CHECK_FALSE(environment.get("C"));
  CHECK(Environment::of_process().has("PATH"));
}

TEST_CASE("the XDG folders stand below HOME unless they are named") {
  const Paths home = paths_with({{"HOME", "/home/me"}});
  CHECK(home.config_dir() == "/home/me/.config/turbodiff");
  CHECK(home.data_dir() == "/home/me/.local/share/turbodiff");
  CHECK(home.state_dir() == "/home/me/.local/state/turbodiff");
  CHECK(home.cache_dir() == "/home/me/.cache/turbodiff");
  CHECK(home.user_config_file() == fs::path("/home/me/.config/turbodiff/config.yaml"));
  CHECK(home.user_models_dir(std::nullopt) == "/home/me/.local/share/turbodiff/models");
  CHECK(home.user_models_dir("/models") == "/models");

  const Paths named =
      paths_with({{"HOME", "/home/me"}, {"XDG_DATA_HOME", "/data"}, {"XDG_CACHE_HOME", "relative"}});
  CHECK(named.data_dir() == "/data/turbodiff");
  CHECK(named.cache_dir() == "/home/me/.cache/turbodiff");
}

TEST_CASE("without HOME only what needs it fails, with one clear error") {
  const Paths paths = paths_with({{"HOME", ""}, {"XDG_CACHE_HOME", "/cache"}});
  CHECK(paths.cache_dir() == "/cache/turbodiff");
  CHECK_FALSE(paths.user_config_file());
  CHECK(paths.model_dirs(std::nullopt).empty());
  const Error error = error_of([&] { paths.data_dir(); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("HOME is not set") != std::string::npos);
  CHECK(error_of([&] { paths.expand("~/x"); }).code() == ErrorCode::bad_request);
  CHECK(paths.expand("/x") == "/x");
}

TEST_CASE("a tilde at the front is HOME") {
  const Paths paths = paths_with({{"HOME", "/home/me"}});
  CHECK(paths.expand("~") == "/home/me");
  CHECK(paths.expand("~/models") == "/home/me/models");
  CHECK(paths.expand("a/~/b") == "a/~/b");
  CHECK(paths.expand("~you/b") == "~you/b");
}

TEST_CASE("models are looked for at the user's, then beside the installed program") {
  const TempDir folder;
  fs::create_directories(folder / "prefix/share/turbodiff/models");
  fs::create_directories(folder / "mine");
  const Paths paths = paths_with({{"HOME", (folder / "home").string()}}, folder / "prefix/bin/turbodiff");
  CHECK(paths.model_dirs(folder / "mine") ==
        std::vector<fs::path>{folder / "mine", folder / "prefix/share/turbodiff/models"});
  CHECK(paths.model_dirs(std::nullopt) == std::vector<fs::path>{folder / "prefix/share/turbodiff/models"});
  CHECK(paths.model_dirs(folder / "gone") == std::vector<fs::path>{folder / "prefix/share/turbodiff/models"});
}

TEST_CASE("a build tree finds the files of its source folder") {
  const TempDir folder;
  fs::create_directories(folder / "source/models");
  fs::create_directories(folder / "out/release/bin");
  write_file(folder / "out/release/CMakeCache.txt",
             "# cache\nOTHER:STRING=1\nCMAKE_HOME_DIRECTORY:INTERNAL=" + (folder / "source").string() + "\n");
  const Paths paths = paths_with({}, folder / "out/release/bin/turbodiff");
  CHECK(paths.shared_dirs("models") == std::vector<fs::path>{folder / "source/models"});
  CHECK(paths.shared_dirs("schedules").empty());
}

TEST_CASE("the running program is found") {
  CHECK(Paths::this_executable().filename() == "core_test");
}
