#include "cli/manual.h"
#include "spec/option_table.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;

TEST_CASE("man/turbodiff.1 is what the program itself prints") {
  const std::string shipped =
      testing::read_file(std::filesystem::path(TURBODIFF_SOURCE_DIR) / "man/turbodiff.1");
  const std::string printed = Workplace().run({"manual"}).out;
  CHECK_MESSAGE(shipped == printed, "run 'turbodiff manual > man/turbodiff.1'");
}

TEST_CASE("every option and every other spelling is in the manual") {
  const std::string manual = Workplace().run({"manual"}).out;
  for (const spec::Option& option : spec::option_table()) {
    CHECK_MESSAGE(manual.find(cli::roff_escape("--" + std::string(option.name))) != std::string::npos,
                  option.name);
    for (const auto alias : option.aliases)
      CHECK_MESSAGE(manual.find(cli::roff_escape("--" + std::string(alias))) != std::string::npos, alias);
  }
  for (const char* command : {"generate", "info", "models verify", "doctor", "completion"})
    CHECK_MESSAGE(manual.find(".SS turbodiff " + std::string(command)) != std::string::npos, command);
}
