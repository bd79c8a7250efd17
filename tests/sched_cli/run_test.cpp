#include <csignal>

#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(SchedPlace, "with the window open jobs run, are published and billed") {
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"}) add(name);
  const auto result = run({"--tariff", path("open.yaml"), "run", "--once"});
  CHECK_MESSAGE(result.code == 0, result.err);
  const auto listed = json({"list"});
  CHECK_FALSE(listed["jobs"].empty());
  for (const auto& job : listed["jobs"]) {
    CHECK(job["state"] == "done");
    CHECK(fs::exists(job["output"].get<std::string>()));
    const auto actual = job["actual"];
    CHECK(actual["source"] == "estimate");
    CHECK(actual["currency"] == "EUR");
    // kWh x 0.2, rounded once.
    CHECK(std::abs(actual["cost"].get<double>() - actual["kwh"].get<double>() * 0.2) <= 0.6e-6);
  }
  CHECK(place().run({"info", "a.mp4"}).out.find("a red circle") != std::string::npos);
  for (const auto& entry : fs::directory_iterator(path(""))) CHECK(entry.path().extension() != ".part");
  CHECK(run({"log", "1"}).out.find("denoise") != std::string::npos);
}

TEST_CASE_FIXTURE(SchedPlace, "a scheduled video equals a direct one") {
  add("queued.npy", {"--seed", "5"});
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once"}).code == 0);
  CHECK(place().run(quick_generate({"a red circle", "--seed", "5", "-o", "direct.npy"})).code == 0);
  CHECK(read_file(path("queued.npy")) == read_file(path("direct.npy")));
}

TEST_CASE_FIXTURE(SchedPlace, "with the window closed nothing runs but what must run now") {
  add("a.mp4");
  CHECK(run({"--tariff", path("closed.yaml"), "plan"})
            .out.find("off-peak time is awaited (0.2 instead of 0.5 EUR/kWh)") != std::string::npos);
  const auto closed = run({"--tariff", path("closed.yaml"), "run", "--once"});
  CHECK(closed.code == 0);
  CHECK(closed.err.find("no job may run now; the next job is planned for") != std::string::npos);
  CHECK(job(1)["state"] == "queued");
  add("b.mp4", {"--when", "now"});
  CHECK(run({"--tariff", path("closed.yaml"), "run", "--once"}).code == 0);
  CHECK(job(1)["state"] == "queued");
  CHECK(job(2)["state"] == "done");
}

TEST_CASE_FIXTURE(SchedPlace, "what cannot work fails once, with a reason, and so does what comes after it") {
  add("a.mp4", {"--retries", "3"});
  add("b.mp4", {"--after", "1"});
  write_file(path("a.mp4"), "in the way");
  const auto result = run({"--tariff", path("open.yaml"), "run", "--once"});
  CHECK(result.code == 1);
  CHECK(job(1)["state"] == "failed");
  CHECK(job(1)["attempt"] == 1);
  CHECK(job(1)["error"].get<std::string>().find("exists already") != std::string::npos);
  CHECK(job(2)["state"] == "failed");
  CHECK(job(2)["error"].get<std::string>().find("it comes after job 1, which has failed") !=
        std::string::npos);
  CHECK(run({"wait", "2", "--timeout", "10s"}).code == 1);
  CHECK(read_file(path("a.mp4")) == "in the way");
  fs::remove(path("a.mp4"));
  CHECK(run({"retry", "1"}).code == 0);
  CHECK(job(2)["state"] == "queued");
  CHECK(job(2)["waiting"] == "waits for job 1, which is queued");
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once"}).code == 0);
  CHECK(job(2)["state"] == "done");
  CHECK(run({"wait", "1", "2"}).code == 0);
}

TEST_CASE_FIXTURE(SchedPlace, "the engine says what is worth a second try; without a word failed work is") {
  const auto attempts_after = [&](int code, const std::string& retry) {
    write_file(path("engine"),
               "#!/bin/sh\necho '{\"event\":\"ready\"}'\nwhile read -r order; do\n"
               "id=${order#*:\\\"}\necho \"{\\\"event\\\":\\\"failed\\\",\\\"id\\\":\\\"${id%%\\\"*}\\\","
               "\\\"error\\\":{\\\"code\\\":" +
                   std::to_string(code) + ",\\\"message\\\":\\\"it went wrong\\\"" + retry + "}}\"\ndone\n");
    fs::permissions(path("engine"), fs::perms::owner_all);
    const auto id = add("a.mp4", {"--retries", "1", "--force"});
    CHECK(run({"--tariff", path("open.yaml"), "run", "--once", "--retry-delay", "1s", "--engine",
               path("engine")})
              .code == 1);
    CHECK(job(id)["state"] == "failed");
    return job(id)["attempts"].size();
  };
  CHECK(attempts_after(4, R"(,\"retry\":true)") == 2);  // a full disk
  CHECK(attempts_after(4, "") == 1);                    // too little memory
  CHECK(attempts_after(1, "") == 2);
  CHECK(attempts_after(1, R"(,\"retry\":false)") == 1);  // values that are not finite
}

TEST_CASE_FIXTURE(SchedPlace, "a model that has changed since add is refused") {
  fs::create_directories(path("models"));
  fs::copy(demo_folder(), path("models/mine"), fs::copy_options::recursive);
  place().set("TURBODIFF_MODELS", path("models"));
  add("a.mp4", {"--model", "mine"});
  std::ofstream(path("models/mine/config.json"), std::ios::app) << "\n";
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once"}).code == 1);
  CHECK(job(1)["error"].get<std::string>().find("have changed") != std::string::npos);
}

TEST_CASE_FIXTURE(SchedPlace, "add repeats the recipe of a video") {
  REQUIRE(place()
              .run({"generate", "a green square", "--steps", "2", "--frames", "5", "--size", "48x32",
                    "--seed", "5", "-o", "first.mp4"})
              .code == 0);
  const std::int64_t id = json({"add", "--from", "first.mp4", "-o", "again.mp4"})["ids"][0];
  CHECK(job(id)["prompt"] == "a green square");
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once"}).code == 0);
  CHECK(read_file(path("again.mp4")) == read_file(path("first.mp4")));
  write_file(path("plain.mp4"), "not a video");
  const auto bad = run({"add", "--from", "plain.mp4", "-o", "b.mp4"});
  CHECK(bad.code == 2);
  CHECK(bad.err.find("plain.mp4") != std::string::npos);
}

TEST_CASE_FIXTURE(SchedPlace, "a killed daemon loses nothing: the next one goes on by itself") {
  const auto id = add_sized("a.npy", {"--steps", "4", "--size", "128x128", "--frames", "17", "--seed", "9"});
  auto options = call({"--tariff", path("open.yaml"), "daemon"});
  options.errors = core::SubprocessOptions::Stream::pipe;
  core::Subprocess* running = nullptr;
  // At once: the job must not have ended before.
  options.on_errors = [&](std::string_view line) {
    if (line.find("started") != std::string_view::npos) running->signal(SIGKILL);
  };
  {
    core::Subprocess daemon(std::move(options));
    running = &daemon;
    const auto status = daemon.wait(static_cast<double>(patience.count()));
    REQUIRE(status);
    CHECK(status->signal == SIGKILL);
  }
  CHECK(job(id)["state"] == "running");
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once"}).code == 0);
  CHECK(job(id)["state"] == "done");
  CHECK(job(id)["attempts"].size() == 2);
  CHECK(job(id)["attempts"][0]["energy"]["flags"][0] == "cut-off");
  CHECK(job(id)["attempts"][0]["state"] == "interrupted");
  CHECK(place()
            .run({"generate", "a red circle", "--steps", "4", "--size", "128x128", "--frames", "17", "--seed",
                  "9", "-o", "direct.npy"})
            .code == 0);
  CHECK(read_file(path("a.npy")) == read_file(path("direct.npy")));
}

TEST_CASE_FIXTURE(SchedPlace, "a daemon starts what is added, cancels on request and stops on SIGTERM") {
  auto options = call({"--tariff", path("open.yaml"), "daemon"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  const auto id = add("a.mp4");
  CHECK(wait_for_job(id) == 0);
  const auto slow = add_sized("slow.mp4", {"--steps", "4", "--size", "512x512", "--frames", "33"});
  wait_for(daemon, [&] { return job(slow)["state"] == "running"; });
  CHECK(run({"cancel", std::to_string(slow)}).code == 0);
  wait_for(daemon, [&] { return job(slow)["state"] == "cancelled"; });
  CHECK_FALSE(fs::exists(path("slow.mp4")));
  CHECK(stop(daemon).ok());
}

TEST_CASE_FIXTURE(SchedPlace, "a signal at any moment of the start stops a daemon, and nothing stays open") {
  add("a.npy");
  int stopped_by_itself = 0;
  // Until long after a start, wherever this machine is slower than most.
  for (int wait_ms = 0; wait_ms < 300 || (stopped_by_itself == 0 && wait_ms < 60'000);
       wait_ms += std::max(15, wait_ms / 10)) {
    CAPTURE(wait_ms);
    auto options = call({"--tariff", path("open.yaml"), "daemon"});
    options.errors = core::SubprocessOptions::Stream::null;
    core::Subprocess daemon(std::move(options));
    daemon.wait(wait_ms / 1000.0);
    const core::ExitStatus status = stop(daemon);
    // Before it listens to signals it ends as any program does.
    CHECK_MESSAGE((status.ok() || status.code == 130 || status.signal == SIGTERM), status.describe());
    stopped_by_itself += status.ok() ? 1 : 0;
    if (!status.ok()) continue;
    const auto listed = job(1);
    CHECK(listed["state"] != "running");
    for (const auto& attempt : listed["attempts"]) CHECK_FALSE(attempt["ended"].is_null());
  }
  CHECK(stopped_by_itself > 0);
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once", "--retry-delay", "1s"}).code == 0);
  CHECK(job(1)["state"] == "done");
  CHECK(fs::exists(path("a.npy")));
}

TEST_CASE_FIXTURE(SchedPlace, "every job that waits says why, and what can never run ends with the reason") {
  add("a.mp4");
  add("b.mp4", {"--after", "1"});
  add("c.mp4", {"--after", "2", "--hold"});
  const auto waiting = [&](std::int64_t id) { return job(id)["waiting"].get<std::string>(); };
  CHECK(waiting(1).find("no tariff is named") == 0);
  place().set("TURBODIFF_TARIFF", path("closed.yaml"));
  CHECK(waiting(1).find("waits for off-peak time, planned for ") == 0);
  CHECK(waiting(2) == "waits for job 1, which is queued");
  CHECK(waiting(3).find("is held") == 0);
  CHECK(run({"list"}).out.find("waits for off-peak time") != std::string::npos);
  CHECK(run({"pause"}).code == 0);
  CHECK(run({"add", "a blue square", "-o", "paused.mp4", "--hold"}).err.find("the queue is paused") !=
        std::string::npos);
  CHECK(waiting(1).find("the queue is paused") == 0);
  CHECK(run({"plan"}).err.find("the queue is paused") != std::string::npos);
  const auto paused = run({"run", "--once"});
  CHECK(paused.code == 0);
  CHECK(paused.err.find("the queue is paused") != std::string::npos);
  CHECK(run({"cancel", "1"}).code == 0);
  for (const std::int64_t id : {2, 3}) {
    CHECK(job(id)["state"] == "failed");
    CHECK(job(id)["waiting"].is_null());
  }
  CHECK(job(2)["error"].get<std::string>().find("job 1, which was cancelled") != std::string::npos);
  CHECK(run({"wait", "2", "3", "--timeout", "10s"}).code == 1);
  const auto late = run({"add", "x", "-o", "d.mp4", "--after", "1"});
  CHECK(late.code == 2);
  CHECK(late.err.find("retry 1") != std::string::npos);
}
