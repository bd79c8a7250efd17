#include "cost/routing.h"

#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzz::expect_error_only([&] {
    core::Problems problems;
    const cost::RoutingRules rules = cost::parse_routing(text, "fuzz.yaml", problems);
    fuzz::check_problems(problems, "fuzz.yaml");
    if (!problems.empty()) return;
    for (const cost::RoutingJob& job :
         {cost::RoutingJob{}, cost::RoutingJob{"demo", 32, 32, 5, 1, -3, 0, "now"},
          cost::RoutingJob{"", 1, 1, 1, 1, 0, -1, "cheapest"}}) {
      const cost::Route route = cost::route(rules, job);
      fuzz::require(route.rule != nullptr && route.tier != nullptr, "every job has a way");
      fuzz::require(route.steps.size() <= rules.rules.size(), "a rule is looked at once");
      fuzz::require(&rules.tier(route.rule->tier) == route.tier, "the tier is the rule's");
    }
  });
}
