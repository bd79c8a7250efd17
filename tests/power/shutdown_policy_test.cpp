#include "power/shutdown_policy.h"

#include <cmath>

#include "testing.h"

using namespace turbodiff::power;

namespace {

constexpr std::int64_t now = 1'800'000'000;

/// The facts in which exactly the vetoes in `mask` hold.
std::pair<Facts, Machine> facts_of(int mask) {
  const auto holds = [mask](Veto veto) { return (mask >> static_cast<int>(veto) & 1) != 0; };
  Facts facts;
  Machine machine;
  facts.off_at = now;
  if (holds(Veto::inhibitor)) facts.inhibitors = {"an update"};
  if (holds(Veto::user)) facts.users = {"alice"};
  if (holds(Veto::running_job)) facts.queue.running = 1;
  if (holds(Veto::waiting_job)) facts.queue.waiting = 2;
  if (holds(Veto::inbox_file)) facts.inbox_files = {"a.txt", "b.txt"};
  if (holds(Veto::operator_hold)) facts.hold = "it is kept on";
  facts.queue.next_start = now + (holds(Veto::start_near) ? 600 : 3600);
  machine.boot_wh = holds(Veto::short_gap) ? 100 : 0;
  return {facts, machine};
}

}  // namespace

TEST_CASE("each of the eight vetoes keeps the machine on, in all 256 combinations") {
  for (int mask = 0; mask < 1 << veto_count; ++mask) {
    CAPTURE(mask);
    const auto [facts, machine] = facts_of(mask);
    const Decision decision = decide(facts, machine);
    CHECK(decision.may_act() == (mask == 0));
    int found = 0;
    for (const Objection& objection : decision.objections) {
      found |= 1 << static_cast<int>(objection.veto);
      CHECK_FALSE(objection.text.empty());
      CHECK(decision.reasons().find(objection.text) != std::string::npos);
    }
    CHECK(found == mask);
  }
}

TEST_CASE("the alarm is set for the start less the time to boot and a margin") {
  Facts facts;
  facts.off_at = now;
  CHECK(decide(facts, {}).may_act());
  CHECK_FALSE(decide(facts, {}).wake_at);
  facts.queue.next_start = now + 7200;
  CHECK(decide(facts, {.boot_s = 75.5, .margin_s = 120}).wake_at == now + 7200 - 196);
}

TEST_CASE("the machine goes off from the second on at which that saves energy") {
  // 5 Wh at 60 W idle are 300 s.
  const Machine machine{.boot_s = 10, .margin_s = 0, .stay_before_s = 0, .boot_wh = 5, .idle_watts = 60};
  CHECK(break_even_s(machine) == 300);
  Facts facts;
  facts.off_at = now;
  for (const int gap : {1, 299, 300, 301}) {
    facts.queue.next_start = now + gap;
    CHECK(decide(facts, machine).may_act() == (gap >= 300));
  }
  Machine free = machine;
  free.idle_watts = 0;
  CHECK(std::isinf(break_even_s(free)));
  CHECK_FALSE(decide(facts, free).may_act());
}

TEST_CASE("an alarm that would lie in the past is a start too near") {
  const Machine slow{.boot_s = 1200, .margin_s = 120, .stay_before_s = 0, .boot_wh = 0};
  Facts facts;
  facts.off_at = now;
  facts.queue.next_start = now + 1379;
  REQUIRE(decide(facts, slow).objections.size() == 1);
  CHECK(decide(facts, slow).objections[0].veto == Veto::start_near);
  facts.queue.next_start = now + 1380;
  CHECK(decide(facts, slow).may_act());
  facts.queue.next_start = now - 5;
  CHECK_FALSE(decide(facts, slow).may_act());
}
