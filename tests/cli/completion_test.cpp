#include "contains.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::Workplace;

namespace {
/// What bash offers for the last word of a command line.
std::string offers(const Workplace& place, const std::string& words) {
  auto options = place.call({});
  options.argv = {"bash", "--norc", "-c",
                  "source ./script; COMP_WORDS=(" + words +
                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _turbodiff; "
                      "printf '%s ' \"${COMPREPLY[@]}\""};
  const auto result = core::run_process(options);
  CHECK(result.errors == "");
  return result.output;
}
}  // namespace

TEST_CASE("bash completes commands, options and values") {
  Workplace place;
  testing::write_file(place.path("script"), place.run({"completion", "bash"}).out);
  CHECK(contains(offers(place, "turbodiff ''"), "generate "));
  CHECK(contains(offers(place, "turbodiff gen"), "generate "));
  CHECK(contains(offers(place, "turbodiff models ''"), "verify "));
  CHECK(contains(offers(place, "turbodiff generate --st"), "--steps "));
  CHECK(!contains(offers(place, "turbodiff generate --num_"), "--num_steps"));
  CHECK(offers(place, "turbodiff generate --tier ''") == "draft standard final \n");
  CHECK(contains(offers(place, "turbodiff generate --dit scr"), "script "));
  CHECK(contains(offers(place, "turbodiff generate --quant"), "--quant-linear --quant-linear=auto "));
  CHECK(contains(offers(place, "turbodiff generate --js"), "--json "));
  CHECK(contains(offers(place, "turbodiff completion ''"), "fish "));
}

TEST_CASE("zsh and fish scripts know every visible option") {
  Workplace place;
  const std::string zsh = place.run({"completion", "zsh"}).out, fish = place.run({"completion", "fish"}).out;
  CHECK(zsh.rfind("#compdef turbodiff", 0) == 0);
  const std::string help = place.run({"generate", "--help"}).out;
  std::istringstream words(help);
  int options = 0;
  for (std::string word; words >> word;) {
    if (word.rfind("--", 0) != 0 || word.size() < 4 || word.find('/') != std::string::npos) continue;
    const bool may_have_value = word.find("[=") != std::string::npos;
    word = word.substr(0, word.find_first_of(",;:.)'["));
    ++options;
    CHECK_MESSAGE(contains(zsh, "'" + word + (may_have_value ? "=-[" : "[")), word);
    CHECK_MESSAGE(contains(fish, "-l " + word.substr(2) + " "), word);
  }
  CHECK(options > 30);
  CHECK(contains(zsh, "::value:(auto on off force)'"));
  CHECK(contains(fish, "-l quant-linear -a 'auto on off force' "));
}
