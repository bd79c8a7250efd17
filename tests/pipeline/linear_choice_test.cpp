#include "pipeline/linear_choice.h"

#include <nlohmann/json.hpp>

#include "testing.h"

using namespace turbodiff;
using pipeline::LinearChoice;
using spec::QuantLinear;
using testing::TempDir;

namespace {

constexpr auto plain = model::LinearKind::plain, int8 = model::LinearKind::int8;

LinearChoice choose(std::optional<QuantLinear> asked, bool stored_in_int8, std::optional<double> speedup) {
  return pipeline::choose_linear(asked, stored_in_int8, [&] { return speedup; });
}

}  // namespace

TEST_CASE("int8 layers run where they are asked for, or stored, and faster") {
  for (const bool stored : {false, true}) {
    const auto asked = stored ? std::nullopt : std::optional(QuantLinear::automatic);
    for (const double faster : {1.0, 1.7, 30.0}) {
      CHECK((choose(asked, stored, faster).kind == int8));
      CHECK_FALSE(choose(asked, stored, faster).declined);
      CHECK(choose(asked, stored, faster).speedup == faster);
    }
    for (const std::optional<double> slower :
         {std::optional(0.99), std::optional(0.05), std::optional<double>()}) {
      CHECK((choose(asked, stored, slower).kind == plain));
      CHECK(choose(asked, stored, slower).declined);
      CHECK(choose(asked, stored, slower).speedup == slower);
    }
  }
  CHECK((choose(QuantLinear::automatic, true, 2).kind == int8));
}

TEST_CASE("force, off, and a plain checkpoint with nothing asked go by no speed") {
  const auto unasked = []() -> std::optional<double> { throw Error::work_failed("measured in vain"); };
  for (const bool stored : {false, true}) {
    CHECK((pipeline::choose_linear(QuantLinear::force, stored, unasked).kind == int8));
    CHECK((pipeline::choose_linear(QuantLinear::off, stored, unasked).kind == plain));
    CHECK_FALSE(pipeline::choose_linear(QuantLinear::off, stored, unasked).declined);
  }
  CHECK((pipeline::choose_linear(std::nullopt, false, unasked).kind == plain));
  CHECK_FALSE(pipeline::choose_linear(std::nullopt, false, unasked).declined);
}

TEST_CASE("slower int8 layers run where plain ones do not fit into memory") {
  const auto chosen = [](std::optional<QuantLinear> asked, double speedup, bool only_int8_fits) {
    return pipeline::choose_linear(
        asked, true, [&] { return std::optional(speedup); }, [&] { return only_int8_fits; });
  };
  for (const auto asked : {std::optional<QuantLinear>(), std::optional(QuantLinear::automatic)}) {
    CHECK((chosen(asked, 0.5, true).kind == int8));
    CHECK(chosen(asked, 0.5, true).for_memory);
    CHECK_FALSE(chosen(asked, 0.5, true).declined);
    CHECK((chosen(asked, 0.5, false).kind == plain));
    CHECK(chosen(asked, 0.5, false).declined);
    CHECK_FALSE(chosen(asked, 2, true).for_memory);
  }
  CHECK((chosen(QuantLinear::off, 0.5, true).kind == plain));
}

TEST_CASE("what was measured is kept, and is what the next process finds") {
  const TempDir cache;
  const pipeline::Runtime runtime{.device = at::kCPU, .type = at::kFloat};
  const auto measured = pipeline::int8_speedup(runtime, cache.path());
  REQUIRE(measured);
  const auto kept = nlohmann::json::parse(testing::read_file(cache.path() / "speed.json"));
  CHECK(kept["figures"]["int8 over fp32"] == *measured);
  std::filesystem::remove(cache.path() / "speed.json");
  CHECK(pipeline::int8_speedup(runtime, cache.path()) == measured);  // this process has chosen by it
}
