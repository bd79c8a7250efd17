// What a machine that is to be switched off says and writes down: why it stays on, when it goes off and
// wakes.
#include <unistd.h>

#include "contains.h"
#include "power/desk.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE_FIXTURE(Desk, "files in the inbox are those that become jobs, wherever they were dropped") {
  settings.grace_s = 0;
  settings.staying = true;
  const auto kept_by = [&] {
    SwitchOff off = make();
    look(off);
    bus().take_actions();
    return off.decision().reasons();
  };
  fs::create_directory(folder / "inbox/folder");
  write_file(folder / "inbox/.half", "");
  CHECK(kept_by().empty());
  write_file(folder / "inbox/b.txt", "");
  CHECK(kept_by() == "in the inbox: b.txt");
  settings.dropped = [] { return std::vector<std::string>{"a.txt", "c.txt"}; };
  CHECK(kept_by() == "in the inbox: a.txt and 2 more");
  settings.dropped = {};
  settings.inbox = folder / "none";
  CHECK(kept_by() == fmt::format("in the inbox: {} cannot be read (No such file or directory)",
                                 (folder / "none").string()));
  settings.inbox.reset();
  CHECK(kept_by().empty());
}

TEST_CASE_FIXTURE(Desk, "why the machine stays on is said once for each set of reasons") {
  settings.staying = true;
  settings.grace_s = 0;
  SwitchOff off = make();
  const auto times = [&](const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = lines.str().find(part, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  rest.queue.next_start = start + 600;
  CHECK(look(off) == start + 60);
  CHECK(times("the machine stays on: the next job starts in 10 min 00 s") == 1);
  clock.advance(59);
  CHECK(look(off) == start + 60);  // it has looked a minute ago
  clock.advance(1);
  CHECK(look(off) == start + 120);
  CHECK(times("the machine stays on: ") == 1);
  files().set_hold("");
  clock.advance(60);
  look(off);
  CHECK(times("the machine stays on: ") == 2);
  files().release_hold();
  clock.advance(60);
  look(off);
  CHECK(times("the machine stays on: ") == 3);
}

TEST_CASE_FIXTURE(Desk,
                  "a grace period of a part of a second is reported and counted in whole ones upwards") {
  settings.grace_s = 2.5;
  rest.queue.next_start = start + 36000;
  SwitchOff off = make();
  CHECK(look(off) == start + 1);
  CHECK(files().countdown()->at == start + 3);
  CHECK(files().countdown()->pid == ::getpid());
  CHECK(files().countdown()->action == "shutdown");
  clock.advance(2);
  CHECK(look(off) == start + 3);
  CHECK(off.counting());
  clock.advance(0.5);
  CHECK_FALSE(look(off));
  CHECK(off.acted());
  bus().take_actions();
  for (const char* part : {"the machine is switched off at 1800000003 (in 2.5 s)",
                           "10 h 00 min after switching off", "the machine is being switched off"})
    CHECK_MESSAGE(contains(lines.str(), part), lines.str());
}

TEST_CASE_FIXTURE(Desk, "the alarm follows the next job while the countdown runs, and goes with it") {
  settings.grace_s = 600;
  rest.queue.next_start = start + 36000;
  SwitchOff off = make();
  REQUIRE(look(off));
  const auto alarm = [&] { return read_file(folder / "wakealarm"); };
  CHECK(alarm() == fmt::format("{}\n", start + 36000 - 210));
  CHECK(files().alarm() == start + 36000 - 210);
  clock.advance(1);
  rest.queue.next_start = start + 50000;
  REQUIRE(look(off));
  CHECK(alarm() == fmt::format("{}\n", start + 50000 - 210));
  CHECK(files().alarm() == start + 50000 - 210);
  clock.advance(1);
  rest.queue.next_start.reset();
  REQUIRE(look(off));
  CHECK(alarm() == "0\n");
  CHECK_FALSE(files().alarm());
  clock.advance(1);
  rest.queue.next_start = start + 50000;  // the same once more
  REQUIRE(look(off));
  CHECK(alarm() == fmt::format("{}\n", start + 50000 - 210));
  off.job_starts();
  CHECK_FALSE(off.counting());
  CHECK(contains(lines.str(), "the machine stays on: a job starts"));
  bus().take_actions();
}

TEST_CASE_FIXTURE(Desk, "an alarm that could not be cleared is set anew with the next countdown") {
  settings.staying = true;
  rest.queue.next_start = start + 36000;
  SwitchOff off = make();
  REQUIRE(look(off));
  fs::remove(folder / "wakealarm");
  off.job_starts();
  CHECK_FALSE(off.counting());
  CHECK(contains(lines.str(), "cannot read the wake alarm"));
  write_file(folder / "wakealarm", "");
  clock.advance(1);
  REQUIRE(look(off));
  CHECK(read_file(folder / "wakealarm") == fmt::format("{}\n", start + 36000 - 210));
  off.job_starts();
  bus().take_actions();
}

TEST_CASE_FIXTURE(Desk, "an alarm is set for each time the machine goes off, also for the same instant") {
  settings.staying = true;
  settings.grace_s = 0;
  rest.queue.next_start = start + 36000;
  SwitchOff off = make();
  for (; rest.done < 3; ++rest.done) {
    write_file(folder / "wakealarm", "");  // it has gone off, or somebody has cleared it
    look(off);
    CHECK(bus().take_actions() == std::vector<std::string>{"PowerOff"});
    CHECK(read_file(folder / "wakealarm") == fmt::format("{}\n", start + 36000 - 210));
  }
}
