#include "cost/routing.h"

#include "testing.h"

using namespace turbodiff;
using cost::RoutingJob;
using cost::RoutingRules;

namespace {

const std::string head =
    "version: 1\ntiers:\n  small: { gpus: [a], device: cuda }\n  big: { gpus: [b, c] }\nrules:\n";

RoutingRules parse(const std::string& text) {
  core::Problems problems;
  RoutingRules rules = cost::parse_routing(text, "routing.yaml", problems);
  problems.throw_if_any();
  return rules;
}

std::string problem_of(const std::string& text) {
  return testing::error_of([&] { parse(text); }).message();
}

/// The name of the rule that a job with one condition's rule in front of the rest gets.
bool fits(const std::string& condition, const RoutingJob& job) {
  const RoutingRules rules = parse(head + "  - { name: first, if: { " + condition +
                                   " }, tier: big }\n  - { name: rest, tier: small }\n");
  return cost::route(rules, job).rule->name == "first";
}

}  // namespace

TEST_CASE("every condition, at its ends") {
  const RoutingJob job{"wan2.1-t2v-14b-720p", 1280, 720, 81, 4, 5, 7200, "now"};
  CHECK(fits("model: wan2.1-t2v-14b-720p", job));
  CHECK(fits("model: [demo, \"wan2.1*14b*\"]", job));
  CHECK_FALSE(fits("model: \"*480p\"", job));
  CHECK(fits("resolution: 720p", job));
  CHECK_FALSE(fits("resolution: [480p]", job));
  CHECK(fits("pixels: { min: 921600, max: 921600 }", job));
  CHECK_FALSE(fits("pixels: { min: 921601 }", job));
  CHECK(fits("frames: 81", job));
  CHECK_FALSE(fits("frames: { max: 80 }", job));
  CHECK(fits("steps: { min: 4 }", job));
  CHECK(fits("priority: { min: 5 }", job));
  CHECK_FALSE(fits("priority: { min: 6 }", job));
  CHECK(fits("slack: { max: 2h }", job));
  CHECK_FALSE(fits("slack: { max: 1h59m }", job));
  CHECK(fits("when: [now, cheapest]", job));
  CHECK_FALSE(fits("when: off-peak", job));
  CHECK(fits("frames: 81, steps: 4, when: now", job));
  CHECK_FALSE(fits("frames: 81, steps: 3, when: now", job));
}

TEST_CASE("without a deadline there is no end to the slack") {
  CHECK_FALSE(fits("slack: { max: 1w }", RoutingJob{.model = "demo", .slack_s = {}}));
  CHECK(fits("slack: { min: 1w }", RoutingJob{.model = "demo", .slack_s = {}}));
}

TEST_CASE("the first rule that matches wins, and those before it say why not") {
  const RoutingRules rules = parse(head +
                                   "  - { name: one, if: { frames: { max: 5 } }, tier: big }\n"
                                   "  - { name: two, if: { steps: 4 }, tier: big, why: quick }\n"
                                   "  - { name: three, tier: small }\n");
  const cost::Route found = cost::route(rules, RoutingJob{.model = "demo"});
  CHECK(found.rule->name == "two");
  CHECK(found.tier->gpus == std::vector<std::string>{"b", "c"});
  REQUIRE(found.steps.size() == 2);
  CHECK(found.steps[0].mismatch == "frames 81 is above 5");
  CHECK(found.steps[1].mismatch.empty());
}

TEST_CASE("what is wrong with rules is reported with its place") {
  const std::string rest = "  - { name: rest, tier: small }\n";
  CHECK(problem_of(head + "  - { name: x, if: { frame: 3 }, tier: small }\n" + rest) ==
        "routing.yaml:6:22: unknown key 'rules.if.frame' (did you mean 'frames'?)");
  CHECK(problem_of(head + "  - { name: x, if: { frames: 3 }, tier: smal }\n" + rest) ==
        "routing.yaml:6:41: rules.tier: unknown tier 'smal' (did you mean 'small'?)");
  CHECK(problem_of(head + "  - { name: rest, if: { frames: 3 }, tier: big }\n" + rest)
            .find("is defined twice") != std::string::npos);
  CHECK(problem_of(head + rest + "  - { name: late, tier: small }\n").find("is never reached") !=
        std::string::npos);
  CHECK(problem_of(head + "  - { name: x, if: { frames: 3 }, tier: big }\n")
            .find("the last rule must have no 'if'") != std::string::npos);
  CHECK(problem_of(head + "  - { name: x, if: { frames: { min: 9, max: 3 } }, tier: big }\n" + rest)
            .find("nothing would match") != std::string::npos);
  CHECK(problem_of(head + "  - { name: x, if: { resolution: 4k }, tier: big }\n" + rest)
            .find("'4k' is none of") != std::string::npos);
  CHECK(problem_of(head + "  - { name: x, if: { slack: { max: soon } }, tier: big }\n" + rest)
            .find("a duration") != std::string::npos);
  CHECK(problem_of("version: 1\ntiers: { x: { device: gpu } }\nrules: [{ name: r, tier: x }]\n")
            .find("must be auto, cpu, cuda or cuda:N") != std::string::npos);
  CHECK(problem_of("version: 1\n").find("rules is missing") != std::string::npos);
}

TEST_CASE("the shipped rules") {
  const RoutingRules rules =
      cost::read_routing(std::filesystem::path(TURBODIFF_SOURCE_DIR) / "hardware/routing.yaml");
  CHECK(cost::route(rules, RoutingJob{.model = "demo"}).tier->name == "cpu");
  CHECK(cost::route(rules, RoutingJob{.model = "wan2.1-t2v-1.3b-480p"}).tier->name == "consumer");
  CHECK(cost::route(rules, RoutingJob{.model = "wan2.1-t2v-14b-720p", .width = 1280, .height = 720})
            .tier->name == "datacenter");
  CHECK(cost::route(rules, RoutingJob{.model = "x", .slack_s = 1800}).rule->name == "urgent");
}
