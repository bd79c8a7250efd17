#include "power/switch_off.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "power/desk.h"

using namespace turbodiff;
using namespace turbodiff::power;
using namespace turbodiff::testing;

namespace {

using Actions = std::vector<std::string>;

bool powered_off(const Actions& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const std::string& name) {
    return name == "PowerOff" || name == "Suspend" || name == "Hibernate";
  });
}

std::string joined(const Actions& actions) {
  std::string text;
  for (const std::string& name : actions) text += name + " ";
  return text;
}

const Actions announced = {"SetWallMessage", "ScheduleShutdown"};
const Actions withdrawn = {"CancelScheduledShutdown", "SetWallMessage"};

}  // namespace

TEST_CASE_FIXTURE(Desk, "all 256 combinations of the vetoes, asked of logind: none switches off wrongly") {
  settings.grace_s = 0;
  int offs = 0;
  // The two that logind knows change rarely, as the mock is slow.
  for (int asked = 0; asked < 4; ++asked) {
    if ((asked & 1) != 0) bus().inhibit(asked == 1 ? "shutdown" : "idle:sleep", "block");
    if ((asked & 2) != 0) bus().add_session("c1", "alice", 4000);
    for (int own = 0; own < 64; ++own) {
      const int mask = asked | own << 2;
      CAPTURE(mask);
      const auto holds = [mask](Veto veto) { return (mask >> static_cast<int>(veto) & 1) != 0; };
      rest.queue = {.running = holds(Veto::running_job), .waiting = holds(Veto::waiting_job)};
      rest.queue.next_start = start + (holds(Veto::start_near) ? 600 : 3600);
      settings.machine.boot_wh = holds(Veto::short_gap) ? 1000 : 0;
      if (holds(Veto::inbox_file)) write_file(folder / "inbox/new.txt", "a red circle");
      if (holds(Veto::operator_hold)) files().set_hold("");
      SwitchOff off = make();
      CHECK_FALSE(look(off));
      const auto actions = bus().take_actions();
      CHECK(powered_off(actions) == (mask == 0));
      CHECK(off.acted() == (mask == 0));
      int found = 0;
      for (const Objection& objection : off.decision().objections)
        found |= 1 << static_cast<int>(objection.veto);
      CHECK(found == mask);
      offs += powered_off(actions) ? 1 : 0;
      fs::remove(folder / "inbox/new.txt");
      files().release_hold();
    }
    bus().release_inhibitors();
    if ((asked & 2) != 0) bus().remove_session("c1");
  }
  CHECK(offs == 1);
  CHECK(read_file(folder / "wakealarm") == fmt::format("{}\n", start + 3600 - 210));
}

TEST_CASE_FIXTURE(Desk, "each action calls its own method, and none that the machine cannot") {
  settings.grace_s = 0;
  for (const auto& [action, method] : {std::pair{Action::shutdown, "PowerOff"},
                                       {Action::suspend, "Suspend"},
                                       {Action::hibernate, "Hibernate"}}) {
    settings.action = action;
    SwitchOff off = make();
    look(off);
    CHECK(bus().take_actions() == Actions{method});
  }
  for (const char* answer : {"na", "no", "challenge"}) {
    bus().set_method("CanHibernate", "", "s", fmt::format("ret = '{}'", answer));
    SwitchOff off = make();
    CHECK_FALSE(look(off));
    CHECK(off.problem().find("cannot hibernate") != std::string::npos);
    CHECK(bus().take_actions().empty());
  }
  bus().set_method("CanHibernate", "", "s", "ret = 'yes'");
}

TEST_CASE_FIXTURE(Desk, "delaying locks and other locks do not keep the machine on") {
  settings.grace_s = 0;
  bus().inhibit("shutdown:sleep", "delay");
  bus().inhibit("handle-power-key:idle", "block");
  SwitchOff off = make();
  look(off);
  CHECK(off.acted());
  bus().release_inhibitors();
  for (const char* mode : {"block", "block-weak"}) {
    bus().inhibit("handle-lid-switch:shutdown", mode);
    SwitchOff kept = make();
    look(kept);
    CHECK_FALSE(kept.acted());
    bus().release_inhibitors();
  }
}

TEST_CASE_FIXTURE(Desk, "whose sessions count can be set") {
  settings.grace_s = 0;
  const auto goes_off = [&](UsersRule rule) {
    settings.users = rule;
    SwitchOff off = make();
    look(off);
    return off.acted();
  };
  bus().add_session("c2", "me", ::getuid());
  CHECK_FALSE(goes_off(UsersRule::veto));
  CHECK(goes_off(UsersRule::others));
  CHECK(goes_off(UsersRule::ignore));
  bus().remove_session("c2");
  bus().add_session("c3", "alice", 4000);
  CHECK_FALSE(goes_off(UsersRule::others));
  CHECK(goes_off(UsersRule::ignore));
  bus().remove_session("c3");
}

TEST_CASE_FIXTURE(Desk, "the grace period is reported, counted to its end, and has one end") {
  settings.grace_s = 600;
  SwitchOff off = make();
  CHECK(look(off) == start + 1);
  CHECK(bus().take_actions() == announced);
  CHECK(files().countdown()->at == start + 600);
  clock.advance(599.5);
  CHECK(look(off));
  CHECK(bus().take_actions().empty());
  clock.advance(0.5);
  CHECK_FALSE(look(off));
  // The dry shutdown is gone before, as it would make the real one dry in some versions.
  CHECK(bus().take_actions() == Actions{"SetWallMessage", "CancelScheduledShutdown", "PowerOff"});
  CHECK_FALSE(files().has_countdown());
  CHECK_FALSE(look(off));
  CHECK(bus().take_actions().empty());
}

TEST_CASE_FIXTURE(Desk, "a countdown can be called off by each way, until the last moment") {
  settings.grace_s = 600;
  rest.queue.next_start = start + 36000;
  const auto calls_off = [&](const char* what, const std::function<void(SwitchOff&)>& how) {
    CAPTURE(what);
    SwitchOff off = make();
    REQUIRE(look(off));
    CHECK_FALSE(read_file(folder / "wakealarm") == "0\n");
    clock.advance(600);
    bus().take_actions();
    how(off);
    look(off);
    CHECK_FALSE(off.acted());
    CHECK_FALSE(off.counting());
    CHECK(joined(bus().take_actions()) == joined(withdrawn));
    CHECK_FALSE(files().has_countdown());
    CHECK(read_file(folder / "wakealarm") == "0\n");
    fs::remove(settings.folder / "stay-on");
    look(off);
    CHECK_FALSE(off.counting());  // the batch has had its turn
    clock.advance(-600);
  };
  calls_off("the command", [&](SwitchOff&) { files().remove_countdown(); });
  calls_off("the file", [&](SwitchOff&) { write_file(settings.folder / "stay-on", ""); });
}

TEST_CASE_FIXTURE(Desk, "what comes up in the grace period keeps the machine on") {
  settings.grace_s = 600;
  const auto stays = [&](const char* what, const std::function<void(SwitchOff&)>& how) {
    CAPTURE(what);
    SwitchOff off = make();
    REQUIRE(look(off));
    bus().take_actions();
    how(off);
    look(off);
    CHECK_FALSE(off.counting());
    CHECK_FALSE(off.acted());
    CHECK_FALSE(powered_off(bus().take_actions()));
    // Once: the batch has had its turn.
    clock.advance(1000);
    look(off);
    CHECK_FALSE(off.acted());
    CHECK_FALSE(off.counting());
  };
  stays("somebody else's shutdown -c", [](SwitchOff&) { bus().cancel_scheduled(); });
  stays("a lock", [](SwitchOff&) { bus().inhibit("shutdown", "block"); });
  bus().release_inhibitors();
  stays("a login", [](SwitchOff&) { bus().add_session("c4", "alice", 4000); });
  bus().remove_session("c4");
  stays("a file in the inbox", [&](SwitchOff&) { write_file(folder / "inbox/x", ""); });
  fs::remove(folder / "inbox/x");
  stays("a new job", [&](SwitchOff&) { rest.queue.next_start = start + 1600; });
  rest.queue.next_start.reset();
  stays("a job that starts", [&](SwitchOff& off) {
    off.job_starts();
    rest.finished = false;
  });
}

TEST_CASE_FIXTURE(Desk, "a user who may not write to the terminals still switches off") {
  bus().set_method("SetWallMessage", "sb", "", "raise dbus.exceptions.DBusException('not allowed')");
  settings.grace_s = 5;
  {
    SwitchOff off = make();
    REQUIRE(look(off));
    CHECK(lines.str().find("users could not be notified") != std::string::npos);
    clock.advance(5);
    look(off);
    CHECK(off.acted());
  }
  CHECK(bus().take_actions() == Actions{"SetWallMessage", "ScheduleShutdown", "SetWallMessage",
                                        "CancelScheduledShutdown", "PowerOff"});
  bus().set_method("SetWallMessage", "sb", "", "");
}

TEST_CASE_FIXTURE(Desk, "an end of the program calls its countdown off") {
  {
    SwitchOff off = make();
    REQUIRE(look(off));
    bus().take_actions();
  }
  CHECK(joined(bus().take_actions()) == joined(withdrawn));
  CHECK_FALSE(files().has_countdown());
}

TEST_CASE_FIXTURE(Desk, "a daemon acts once for each batch, and looks again when a reason is gone") {
  settings.staying = true;
  settings.grace_s = 0;
  SwitchOff off = make();
  rest.done = 0;
  CHECK_FALSE(look(off));  // no job has run
  rest.done = 1;
  files().set_hold("");
  CHECK(look(off) == start + 60);
  clock.advance(1);
  CHECK(look(off));
  CHECK_FALSE(off.acted());
  files().release_hold();
  pollfd entry{off.fd(), POLLIN, 0};
  CHECK(::poll(&entry, 1, 0) == 1);
  CHECK_FALSE(look(off));
  CHECK(off.acted());
  CHECK(bus().take_actions() == Actions{"PowerOff"});
  clock.advance(1000);
  CHECK_FALSE(look(off));
  CHECK(bus().take_actions().empty());
  rest.failed = 1;
  look(off);
  CHECK(bus().take_actions() == Actions{"PowerOff"});
}

TEST_CASE_FIXTURE(Desk, "without a wake alarm the machine stays on while a job waits") {
  settings.grace_s = 0;
  rest.queue.next_start = start + 36000;
  for (const char* file : {"/dev/null", "/nonexistent/wakealarm"}) {
    settings.wake_alarm = [file] { return WakeAlarm(file); };
    SwitchOff off = make();
    CHECK_FALSE(look(off));
    CHECK(off.problem().find("wake alarm") != std::string::npos);
    CHECK(bus().take_actions().empty());
  }
  rest.queue.next_start.reset();
  SwitchOff off = make();
  look(off);
  CHECK(off.acted());
}

TEST_CASE_FIXTURE(Desk, "a daemon that is stopped has the machine woken for its next job") {
  rest.now = start;
  rest.queue.next_start = start + 36000;
  {
    SwitchOff once = make();
    once.stopping(rest);
    CHECK(read_file(folder / "wakealarm").empty());
  }
  settings.staying = true;
  {
    SwitchOff off = make();
    rest.queue.next_start = start + 100;  // at once, or nearly
    off.stopping(rest);
    rest.queue.next_start.reset();
    off.stopping(rest);
    CHECK(read_file(folder / "wakealarm").empty());
    rest.queue.next_start = start + 36000;
    off.stopping(rest);
    CHECK(read_file(folder / "wakealarm") == fmt::format("{}\n", start + 36000 - 210));
  }
  settings.grace_s = 600;
  {
    SwitchOff off = make();
    REQUIRE(look(off));
    REQUIRE(off.counting());
    rest.queue.next_start = start + 40000;
    off.stopping(rest);
    CHECK_FALSE(off.counting());
  }
  CHECK(read_file(folder / "wakealarm") == fmt::format("{}\n", start + 40000 - 210));
  std::vector<std::string> told;
  settings.wake_alarm = [] { return WakeAlarm("/dev/null"); };
  settings.wake_failed = [&](std::int64_t, const std::string& problem) { told.push_back(problem); };
  SwitchOff off = make();
  off.stopping(rest);
  CHECK(told.size() == 1);
}

TEST_CASE_FIXTURE(Desk, "an alarm of an earlier process is cleared when no job needs it, another's is not") {
  settings.grace_s = 0;
  for (const bool ours : {true, false}) {
    CAPTURE(ours);
    rest.queue.next_start = start + 36000;
    {
      SwitchOff off = make();
      look(off);
      REQUIRE(off.acted());
    }
    const std::string other = fmt::format("{}\n", start + 5000);
    if (!ours) write_file(folder / "wakealarm", other);
    rest.queue.next_start.reset();
    SwitchOff off = make();
    look(off);
    CHECK(off.acted());
    CHECK(read_file(folder / "wakealarm") == (ours ? "0\n" : other));
    CHECK_FALSE(files().alarm());
  }
}

TEST_CASE_FIXTURE(Desk, "the numbers behind a decision are logged") {
  rest.queue.next_start = start + 36000;
  SwitchOff off = make();
  look(off);
  for (const char* part : {"9 h 50 min", "3 min 36 s", "1800035790"})
    CHECK_MESSAGE(lines.str().find(part) != std::string::npos, lines.str());
}

TEST_CASE_FIXTURE(Desk, "a logind that refuses or fails leaves the machine on") {
  settings.grace_s = 0;
  // As systemd 257 does for locks that have come since they were asked for.
  bus().set_method("PowerOff", "b", "",
                   "raise dbus.exceptions.DBusException('blocked by a lock', "
                   "name='org.freedesktop.login1.BlockedByInhibitorLock')");
  {
    SwitchOff off = make();
    CHECK_FALSE(look(off));
    CHECK_FALSE(off.acted());
    CHECK(off.problem().find("blocked by a lock") != std::string::npos);
    CHECK_FALSE(files().has_countdown());
  }
  bus().set_method("PowerOff", "b", "", "");
  struct Mute final : PowerControl {
    std::string obstacle(Action) override { return {}; }
    std::vector<std::string> inhibitors() override { throw Error::work_failed("no answer"); }
    std::vector<UserSession> sessions() override { throw Error::work_failed("no answer"); }
    void announce(Action, std::int64_t, double, const std::string&) override {}
    bool called_off() override { return false; }
    void withdraw() override {}
    void act(Action) override { FAIL("it was switched off"); }
  };
  settings.connect = [] { return std::make_unique<Mute>(); };
  {
    SwitchOff off = make();
    look(off);
    CHECK_FALSE(off.acted());
    CHECK(off.decision().objections.size() == 2);
  }
  settings.connect = []() -> std::unique_ptr<PowerControl> { throw Error::work_failed("no bus"); };
  SwitchOff off = make();
  look(off);
  CHECK(off.problem().find("no bus") != std::string::npos);
}
