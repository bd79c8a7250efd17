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

TEST_CASE("each reason says what keeps the machine on, one or several of it") {
  const auto reasons = [](auto change, const Machine& machine = {}) {
    Facts facts;
    facts.off_at = now;
    change(facts);
    return decide(facts, machine).reasons();
  };
  CHECK(reasons([](Facts&) {}).empty());
  CHECK(reasons([](Facts& f) { f.inhibitors = {"an update"}; }) == "an update");
  CHECK(reasons([](Facts& f) {
          f.inhibitors = {"an update", "a backup", "a game"};
        }) == "an update and 2 more");
  CHECK(reasons([](Facts& f) { f.users = {"alice", "bob"}; }) == "alice and 1 more");
  CHECK(reasons([](Facts& f) { f.queue.running = 1; }) == "a job runs");
  CHECK(reasons([](Facts& f) { f.queue.running = 2; }) == "2 jobs run");
  CHECK(reasons([](Facts& f) { f.queue.waiting = 1; }) == "a job may run at a time not known yet");
  CHECK(reasons([](Facts& f) {
          f.queue.waiting = 3;
          f.queue.waiting_why = "no prices";
        }) == "3 jobs may run at a time not known yet (no prices)");
  CHECK(reasons([](Facts& f) { f.inbox_files = {"a.txt"}; }) == "in the inbox: a.txt");
  CHECK(reasons([](Facts& f) {
          f.hold = "kept on by hand";
          f.users = {"alice"};
        }) == "alice; kept on by hand");
  const Machine machine{.boot_s = 100, .margin_s = 50, .stay_before_s = 900, .boot_wh = 10, .idle_watts = 30};
  CHECK(
      reasons([](Facts& f) { f.queue.next_start = now + 600; }, machine) ==
      "the next job starts in 10 min 00 s; the machine stays on below 15 min 00 s; the next job starts in 10 "
      "min 00 s; switching off saves energy from 20 min 00 s");
  CHECK(reasons([](Facts& f) { f.queue.next_start = now - 9; }, machine)
            .find("starts in 0.00 s; the machine") != std::string::npos);
  CHECK(reasons([](Facts& f) { f.queue.next_start = now + 7200; }, {.boot_wh = 10, .idle_watts = 0}) ==
        "the next job starts in 2 h 00 min; switching off saves energy never at 0 W idle");
}

TEST_CASE("a start is too near below the time set for it, or below that to boot and a minute") {
  const auto objects = [](std::int64_t gap, const Machine& machine) {
    Facts facts;
    facts.off_at = now;
    facts.queue.next_start = now + gap;
    return !decide(facts, machine).may_act();
  };
  const Machine set{.boot_s = 10, .margin_s = 5, .stay_before_s = 900, .boot_wh = 0};
  CHECK(objects(899, set));
  CHECK_FALSE(objects(900, set));
  const Machine quick{.boot_s = 10, .margin_s = 5, .stay_before_s = 0, .boot_wh = 0};
  CHECK(objects(74, quick));
  CHECK_FALSE(objects(75, quick));
}

TEST_CASE("a machine that boots for nothing is switched off for any gap, one that idles for nothing never") {
  CHECK(break_even_s({.boot_wh = 0, .idle_watts = 0}) == 0);
  CHECK(break_even_s({.boot_wh = -1, .idle_watts = 50}) == 0);
  CHECK(std::isinf(break_even_s({.boot_wh = 0.5, .idle_watts = 0})));
  CHECK(std::isinf(break_even_s({.boot_wh = 0.5, .idle_watts = -0.5})));
  CHECK(break_even_s({.boot_wh = 0.5, .idle_watts = 1}) == 1800);
}

TEST_CASE("vetoes have the names that scripts see") {
  const std::pair<Veto, const char*> names[] = {
      {Veto::inhibitor, "inhibitor"},     {Veto::user, "user"},
      {Veto::running_job, "running-job"}, {Veto::waiting_job, "waiting-job"},
      {Veto::inbox_file, "inbox-file"},   {Veto::operator_hold, "operator-hold"},
      {Veto::start_near, "start-near"},   {Veto::short_gap, "short-gap"}};
  for (const auto& [veto, name] : names) CHECK(name_of(veto) == name);
}
