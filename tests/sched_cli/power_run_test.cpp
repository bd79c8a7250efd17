// --on-finish through the real program, against a mock logind on a bus of the test's own. Every call names
// that bus, a shutdown program that only takes notes, and a file for the wake alarm.
#include <csignal>

#include "power/private_bus.h"
#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

PrivateBus& bus() {
  static PrivateBus shared;
  return shared;
}

struct PowerPlace : SchedPlace {
  PowerPlace() {
    bus().take_actions();
    place().set("DBUS_SYSTEM_BUS_ADDRESS", bus().address());
    place().set("TURBODIFF_CONFIG", path("config.yaml"));
    write_file(path("wakealarm"), "");
    write_file(path("shutdown"), "#!/bin/sh\necho \"$1 $2\" >> " + path("shutdown-calls") + "\n");
    fs::permissions(path("shutdown"), fs::perms::owner_all);
    configure(path("wakealarm"), "veto");
  }
  void configure(const std::string& alarm, const std::string& users, const std::string& more = {}) const {
    write_file(path("config.yaml"), "version: 1\npower:\n  wake_alarm: " + alarm + "\n  users: " + users +
                                        "\n  shutdown_command: " + path("shutdown") + "\n" + more);
  }
  Finished finish(const std::string& action, const std::string& grace,
                  const std::string& tariff = "open.yaml") const {
    return run({"--tariff", path(tariff), "run", "--once", "--on-finish", action, "--grace", grace});
  }
  std::string files(const std::string& name) const { return path("jobs.db-files/" + name); }
  bool powered_off() const {
    bool off = false;
    for (const std::string& name : bus().take_actions())
      off = off || name == "PowerOff" || name == "Suspend" || name == "Hibernate";
    return off;
  }
};

}  // namespace

TEST_CASE_FIXTURE(PowerPlace, "after its jobs users are notified, and the machine is switched off once") {
  add("a.mp4");
  const auto result = finish("shutdown", "1s");
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(job(1)["state"] == "done");
  CHECK(bus().take_actions() == Strings{"SetWallMessage", "ScheduleShutdown", "SetWallMessage",
                                        "CancelScheduledShutdown", "PowerOff"});
  CHECK(read_file(path("wakealarm")).empty());
}

TEST_CASE_FIXTURE(PowerPlace, "jobs that wait for a later hour have the machine woken before it") {
  add("a.mp4");
  CHECK(finish("suspend", "0s", "closed.yaml").code == 0);
  CHECK(bus().take_actions() == Strings{"Suspend"});
  const std::int64_t alarm = std::stoll(read_file(path("wakealarm")));
  CHECK(alarm >= closed_opens() - 210);
  CHECK(alarm < closed_opens() + 3600);
  const auto listed = json({"list"})["jobs"][0];
  CHECK(job(1)["state"] == "queued");
  CHECK_FALSE(listed["planned_start"].is_null());

  configure("/dev/null", "veto");
  const auto kept = finish("shutdown", "0s", "closed.yaml");
  CHECK(kept.code == 1);
  CHECK(kept.err.find("wake alarm /dev/null") != std::string::npos);
  CHECK_FALSE(powered_off());
}

TEST_CASE_FIXTURE(PowerPlace, "what keeps the machine on is named, and is no failure") {
  bus().add_session("c1", "alice", 4000);
  auto result = finish("shutdown", "1s");
  bus().remove_session("c1");
  CHECK(result.code == 0);
  CHECK(result.err.find("alice") != std::string::npos);
  bus().inhibit("sleep", "block");
  result = finish("hibernate", "1s");
  bus().release_inhibitors();
  CHECK(result.err.find("a test") != std::string::npos);
  add("a.mp4");
  CHECK(run({"pause"}).code == 0);
  result = finish("shutdown", "0s");
  CHECK(result.err.find("paused") != std::string::npos);
  CHECK(run({"remove", "1"}).code == 0);
  CHECK(json({"power", "hold", "a film is on"})["hold"] == true);
  result = finish("shutdown", "0s");
  CHECK(result.err.find("a film is on") != std::string::npos);
  CHECK_FALSE(powered_off());
  CHECK(run({"power", "release"}).code == 0);
  CHECK(run({"power", "release"}).code == 3);
  CHECK(run({"power", "cancel"}).code == 3);
  CHECK(finish("shutdown", "0s").code == 0);
  CHECK(powered_off());
}

TEST_CASE_FIXTURE(PowerPlace, "files that are no jobs yet, a start that is near and a short gap keep it on") {
  const auto keeps = [&](const std::string& tariff, const std::string& part) {
    const auto result = finish("shutdown", "0s", tariff);
    CHECK(result.code == 0);
    CHECK_MESSAGE(result.err.find("the machine stays on: ") != std::string::npos, result.err);
    CHECK_MESSAGE(result.err.find(part) != std::string::npos, result.err);
    CHECK_FALSE(powered_off());
    CHECK(read_file(path("wakealarm")).empty());
  };
  configure(path("wakealarm"), "veto", "watch:\n  folder: " + path("watch") + "\n");
  fs::create_directory(path("watch"));
  write_file(path("watch/late.txt.part"), "a red");
  keeps("open.yaml", "in the inbox: late.txt.part");
  fs::remove(path("watch/late.txt.part"));

  fs::create_directory(path("inbox"));
  write_file(path("inbox/order"), "");
  configure(path("wakealarm"), "veto", "  inbox: " + path("inbox") + "\n");
  keeps("open.yaml", "in the inbox: order");

  add("a.mp4");
  configure(path("wakealarm"), "veto");
  const std::int64_t soon = std::time(nullptr) + 600;
  write_closed_tariff("soon.yaml", soon - soon % 60);
  keeps("soon.yaml", "the machine stays on below 15 min");
  configure(path("wakealarm"), "veto", "  boot_wh: 2000\n");
  keeps("closed.yaml", "switching off saves energy from");
  configure(path("wakealarm"), "veto", "  boot_wh: 1\n");
  CHECK(finish("shutdown", "0s", "closed.yaml").code == 0);
  CHECK(powered_off());
}

TEST_CASE_FIXTURE(PowerPlace,
                  "a daemon that is stopped by whoever switches the machine off leaves an alarm") {
  add("a.mp4");
  auto options = call({"--tariff", path("closed.yaml"), "daemon", "--on-finish", "shutdown"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  wait_for(daemon, [&] { return !job(1)["planned_start"].is_null(); });
  CHECK(stop(daemon).ok());
  CHECK_FALSE(powered_off());
  CHECK(std::stoll(read_file(path("wakealarm"))) >= closed_opens() - 210);
  // The job is gone before the machine goes off for another reason.
  CHECK(run({"remove", "1"}).code == 0);
  CHECK(finish("shutdown", "0s").code == 0);
  CHECK(powered_off());
  CHECK(read_file(path("wakealarm")) == "0\n");
}

TEST_CASE_FIXTURE(PowerPlace, "a countdown is called off by command, file, signal and shutdown -c") {
  const auto call_off = [&](const char* what, int code, const std::function<void(core::Subprocess&)>& how) {
    CAPTURE(std::string(what));
    auto options =
        call({"--tariff", path("open.yaml"), "run", "--once", "--on-finish", "shutdown", "--grace", "1h"});
    options.errors = core::SubprocessOptions::Stream::null;
    core::Subprocess process(std::move(options));
    wait_for(process, [&] { return fs::exists(files("countdown")); });
    const auto status_document = json({"power", "status"});
    CHECK(schema_violations(read_schema("sched-power"), status_document).empty());
    CHECK(status_document["countdown"]["action"] == "shutdown");
    how(process);
    // Before the end of the grace period.
    const auto status = process.wait(static_cast<double>(patience.count()));
    REQUIRE(status);
    CHECK(status->code == code);
    const auto actions = bus().take_actions();
    CHECK(std::count(actions.begin(), actions.end(), "PowerOff") == 0);
    CHECK(std::count(actions.begin(), actions.end(), "CancelScheduledShutdown") > 0);
    CHECK_FALSE(fs::exists(files("countdown")));
  };
  call_off("power cancel", 0, [&](core::Subprocess&) { CHECK(run({"power", "cancel"}).code == 0); });
  call_off("stay-on", 0, [&](core::Subprocess&) { write_file(files("stay-on"), ""); });
  fs::remove(files("stay-on"));
  call_off("SIGTERM", 130, [](core::Subprocess& process) { process.signal(SIGTERM); });
  call_off("SIGINT", 130, [](core::Subprocess& process) { process.signal(SIGINT); });
  call_off("shutdown -c", 0, [](core::Subprocess&) { bus().cancel_scheduled(); });
}

TEST_CASE_FIXTURE(PowerPlace, "a killed countdown leaves a machine that is on") {
  auto options =
      call({"--tariff", path("open.yaml"), "run", "--once", "--on-finish", "shutdown", "--grace", "1h"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess process(std::move(options));
  wait_for(process, [&] { return fs::exists(files("countdown")); });
  process.signal(SIGKILL);
  process.wait();
  CHECK_FALSE(powered_off());
  CHECK(json({"power", "status"})["countdown"].is_null());
}

TEST_CASE_FIXTURE(PowerPlace, "a daemon switches off after a batch, not before and not twice") {
  auto options = call({"--tariff", path("open.yaml"), "daemon", "--on-finish", "shutdown", "--grace", "0s"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  CHECK_FALSE(daemon.wait(0.3));
  CHECK_FALSE(powered_off());
  const auto id = add("a.mp4");
  CHECK(wait_for_job(id) == 0);
  wait_for(daemon, [&] { return powered_off(); });
  CHECK(run({"pause"}).code == 0);  // wakes it
  CHECK(run({"resume"}).code == 0);
  CHECK_FALSE(daemon.wait(0.3));
  CHECK_FALSE(powered_off());
  CHECK(stop(daemon).ok());
}

TEST_CASE_FIXTURE(PowerPlace, "a daemon with a job for a later hour sleeps until it, alarm set") {
  add("later.mp4");
  const auto id = add("now.mp4", {"--when", "now"});
  auto options =
      call({"--tariff", path("closed.yaml"), "daemon", "--on-finish", "hibernate", "--grace", "0s"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  wait_for(daemon, [&] { return powered_off(); });
  CHECK(job(id)["state"] == "done");
  CHECK(job(1)["state"] == "queued");
  CHECK(std::stoll(read_file(path("wakealarm"))) >= closed_opens() - 210);
  stop(daemon);
}

TEST_CASE_FIXTURE(PowerPlace, "without logind shutdown(8) does it, and is taken back") {
  place().set("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" + path("no-bus"));
  configure(path("wakealarm"), "ignore");
  CHECK(finish("shutdown", "0s").code == 0);
  CHECK(read_file(path("shutdown-calls")) == "-h +0\n");
  const auto asleep = finish("suspend", "0s");
  CHECK(asleep.code == 1);
  CHECK(asleep.err.find("logind") != std::string::npos);
  auto options =
      call({"--tariff", path("open.yaml"), "run", "--once", "--on-finish", "shutdown", "--grace", "59m"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess process(std::move(options));
  wait_for(process, [&] { return read_file(path("shutdown-calls")) == "-h +0\n-h +59\n"; });
  CHECK(run({"power", "cancel"}).code == 0);
  REQUIRE(process.wait(static_cast<double>(patience.count())));
  CHECK(read_file(path("shutdown-calls")) == "-h +0\n-h +59\n-c \n");
  CHECK_FALSE(powered_off());
}

TEST_CASE_FIXTURE(PowerPlace, "any other text is a command, which knows how many jobs there were") {
  add("a.mp4");
  add("b.mp4");
  write_file(path("b.mp4"), "in the way");
  CHECK(finish("echo $TURBODIFF_DONE $TURBODIFF_FAILED > told", "10m").code == 1);
  CHECK(read_file(path("told")) == "1 1\n");
  CHECK(finish("sleep 0.5; echo $TURBODIFF_DONE > told", "10m").code == 0);
  CHECK(read_file(path("told")) == "0\n");
  const auto bad = finish("exit 3", "10m");
  CHECK(bad.code == 1);
  CHECK(bad.err.find("exit code 3") != std::string::npos);
  CHECK(finish("shutdwon", "10m").code == 2);
  CHECK(finish("", "10m").code == 2);
  CHECK(finish("shutdown", "soon").code == 2);
  CHECK_FALSE(powered_off());
}
