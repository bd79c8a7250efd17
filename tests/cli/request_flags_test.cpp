#include "cli/request_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;

namespace {
RequestOptions parse(std::vector<std::string> arguments) {
  CLI::App app;
  RequestOptions options;
  cli::add_request_flags(app, options);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return options;
}
}  // namespace

TEST_CASE("long, short and the reference's spellings") {
  const auto options = parse({"-p", "a cat", "--num_steps", "2", "--seed=-1", "--attention_type=sagesla",
                              "--quant_linear", "-o", "a.mp4", "--save-latents", "l.safetensors"});
  CHECK(options.prompt == "a cat");
  CHECK(options.steps == 2);
  CHECK(options.seed->random);
  CHECK(options.attention == "sagesla");
  CHECK(options.quant_linear == "auto");
  CHECK(options.output == "a.mp4");
  CHECK(options.save_latents == "l.safetensors");
  CHECK(!options.grid);
  CHECK(parse({"--num_samples", "2"}).grid == true);
  CHECK(parse({"--grid=false"}).grid == false);
  CHECK(parse({"--quant-linear=force"}).quant_linear == "force");
  CHECK(parse({"--quant-linear=true"}).quant_linear == "auto");
  CHECK(parse({"--quant-linear=false"}).quant_linear == "off");
  for (const char* value : {"auto", "on", "off", "force"})
    CHECK(parse({std::string("--quant-linear=") + value}).quant_linear == value);
  CHECK(!parse({"-p", "a cat"}).quant_linear);
  // The last one wins, whatever the spelling.
  CHECK(parse({"--quant_linear=force", "--quant-linear=off", "--quant_linear"}).quant_linear == "auto");
  CHECK(parse({"--quant_linear", "--quant-linear=force"}).quant_linear == "force");
  CHECK(parse({"--quant_linear=off", "-p", "a cat"}).quant_linear == "off");
  CHECK(parse({"--quant-linear", "-p", "a cat"}).quant_linear == "auto");
}

TEST_CASE("a negative seed and empty texts pass, bad values raise our own error") {
  CHECK(parse({"--seed", "-1"}).seed->random);
  CHECK(parse({"--prompt", ""}).prompt == "");
  CHECK(testing::error_of([] {
          parse({"--steps", "abc"});
        }).message() == "--steps: 'abc' is not a whole number");
}

TEST_CASE("the help shows every option once and no alias") {
  CLI::App app;
  RequestOptions options;
  cli::add_request_flags(app, options);
  const std::string help = app.help();
  CHECK(help.find("--aspect-ratio") != std::string::npos);
  CHECK(help.find("--aspect_ratio") == std::string::npos);
  CHECK(help.find("--num_samples") == std::string::npos);
  CHECK(help.find("--tier draft|standard|final") != std::string::npos);
}
