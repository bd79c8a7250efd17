// What becomes of attempts that ended unseen: killed with their scheduler, or with the machine.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "runner/job_runner.h"
#include "store/publish.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::State;

namespace {

constexpr store::Micros noon = 1'790'000'000'000'000;
constexpr double retry_delay_s = 30;

store::NewJob new_job(const std::string& output, int retries) {
  store::NewJob job;
  job.preset = {R"({"steps":4})", "demo", "f00d", "cpu", "", 180, 4, 156'672};
  job.spec.prompt = "a red circle";
  job.spec.output = output;
  job.spec.options = R"({"seed":1})";
  job.spec.retries = retries;
  return job;
}

class Place {
 public:
  store::JobId add(int retries) {
    const store::NewJob job = new_job((folder_ / fmt::format("{}.mp4", ++added_)).string(), retries);
    return store_.add(std::span(&job, 1), micros()).front();
  }

  store::JobStore& store() { return store_; }
  store::Micros micros() const { return clock_.now().time_since_epoch().count(); }
  void advance(double seconds) { clock_.advance(seconds); }
  std::string told() const { return out_.str(); }

  /// A runner claims the job, has finished `steps` when it is seen last, after `seen_s`, and is gone.
  store::Attempt cut_off(store::JobId job, std::int64_t steps, double seen_s = 0,
                         const std::optional<store::ProcessIdentity>& worker = {}) {
    const auto epoch = store_.begin_epoch(store::this_process());
    const auto attempt = store_.claim(epoch, job, {2, 1, 4}, micros());
    REQUIRE(attempt);
    if (worker) store_.note_worker(epoch, attempt->id, *worker);
    if (seen_s > 0 || steps > 0)
      store_.note_alive(epoch, attempt->id, micros() + std::llround(seen_s * 1e6), {}, {}, steps);
    advance(seen_s);
    return *attempt;
  }

  /// A runner has finished the job, four seconds after it began, and dies before its file has its name.
  store::Publication leave_to_publish(store::JobId job) {
    const auto epoch = store_.begin_epoch(store::this_process());
    const auto attempt = store_.claim(epoch, job, {2, 1, 4}, micros());
    REQUIRE(attempt);
    store::Publication file;
    file.final = store_.job(job).spec.output;
    file.temporary = store::temporary_name(file.final, job, attempt->number).string();
    write_file(file.temporary, "a video");
    store::identify(file);
    store_.begin_publication(epoch, attempt->id, std::span(&file, 1), {}, false, micros() + 4'000'000);
    return file;
  }

  /// The next runner finds what is left; how many jobs it has set aside.
  int recover() {
    write_file(folder_ / "flat.yaml",
               "version: 1\nname: flat\ntimezone: UTC\ncurrency: EUR\nrates: { all: { price: 0.36 } }\n"
               "calendar: [ { rate: all } ]\n");
    queue::TariffClock tariff([this] { return tariff::read_tariff(folder_ / "flat.yaml"); });
    queue::Estimator estimator(store_, {100.0, 1, false});
    core::Log log(console_);
    return runner::JobRunner(store_, store_.begin_epoch(store::this_process()), tariff, estimator, clock_,
                             log, {"/bin/false", retry_delay_s, 1, nullptr})
        .recover();
  }

  /// cut_off() and recover() a second later.
  int crash(store::JobId job, std::int64_t steps) {
    cut_off(job, steps);
    advance(1);
    return recover();
  }

  const store::Attempt last_attempt(store::JobId job) { return store_.attempts(job).back(); }

 private:
  TempDir folder_;
  store::JobStore store_{folder_ / "jobs.db", true};
  core::ManualClock clock_{core::WallTime(std::chrono::microseconds(noon))};
  std::ostringstream out_;
  core::Console console_{out_, {}};
  int added_ = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Place, "a job that takes everything down is tried as often as its retries say, then held") {
  const store::ChannelRow channel{"mail", {store::NoticeKind::failed}};
  store().set_channels(std::span(&channel, 1), noon);
  const auto job = add(1), good = add(1);
  CHECK(crash(job, 0) == 0);
  CHECK(store().job(job).state == State::queued);
  CHECK(store().job(job).failures == 1);
  CHECK(last_attempt(job).state == store::AttemptState::interrupted);
  CHECK(store().pending("mail").empty());
  // The other job comes first: this one waits out the pause of a failure.
  const auto not_before = store().job(job).not_before;
  REQUIRE(not_before);
  CHECK(*not_before >= micros() + std::llround(retry_delay_s * 1e6));
  CHECK(*not_before <= micros() + std::llround(retry_delay_s * 1.25e6));

  CHECK(crash(job, 0) == 1);
  const store::Job held = store().job(job);
  CHECK(held.state == State::held);
  CHECK(held.error.find("held after 2 failures: turbodiff-sched or the machine stopped while it ran") == 0);
  CHECK(told().find(held.error) != std::string::npos);
  CHECK_FALSE(held.not_before);
  CHECK(last_attempt(job).state == store::AttemptState::failed);
  const auto notices = store().pending("mail");
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].notice.kind == store::NoticeKind::failed);
  CHECK(notices[0].notice.job == job);
  CHECK(notices[0].notice.detail == held.error);
  REQUIRE(store().waiting().size() == 1);
  CHECK(store().waiting()[0].id == good);
  CHECK(recover() == 0);  // nothing is left
}

TEST_CASE_FIXTURE(Place,
                  "a job that is alone is tried again at once, and without retries held the first time") {
  const auto alone = add(2);
  CHECK(crash(alone, 0) == 0);
  CHECK_FALSE(store().job(alone).not_before);
  const auto once = add(0);
  CHECK(crash(once, 0) == 1);
  CHECK(store().job(once).state == State::held);
  CHECK(store().job(once).error.find("held after 1 failure:") == 0);
}

TEST_CASE_FIXTURE(Place, "what got further than ever before does not count, what came as far again does") {
  const auto job = add(1);
  for (const std::int64_t steps : {1, 2, 3}) CHECK(crash(job, steps) == 0);
  CHECK(store().job(job).failures == 0);
  CHECK(store().job(job).state == State::queued);
  CHECK_FALSE(store().job(job).not_before);
  CHECK(crash(job, 3) == 0);
  CHECK(store().job(job).failures == 1);
  CHECK(crash(job, 2) == 1);
  CHECK(store().job(job).state == State::held);
}

TEST_CASE_FIXTURE(Place, "what a job reached before it was retried or released does not count any more") {
  for (const bool with_retry : {false, true}) {
    const auto job = add(0);
    CHECK(crash(job, 3) == 0);
    CHECK(crash(job, 3) == 1);
    with_retry ? (void)store().retry(job, micros()) : store().release(job, micros());
    CHECK(crash(job, 1) == 0);
    CHECK(store().job(job).failures == 0);
    CHECK(crash(job, 2) == 0);
    CHECK(crash(job, 2) == 1);
    // As well when it was cancelled meanwhile.
    store().cancel(job, micros());
    store().retry(job, micros());
    CHECK(crash(job, 1) == 0);
    CHECK(crash(job, 1) == 1);
    store().remove(job);
  }
}

TEST_CASE_FIXTURE(Place, "release and retry let a job that was set aside go again, with all its retries") {
  for (const bool with_retry : {false, true}) {
    const auto job = add(1);
    crash(job, 0);
    CHECK(crash(job, 0) == 1);
    with_retry ? (void)store().retry(job, micros()) : store().release(job, micros());
    const store::Job released = store().job(job);
    CHECK(released.state == State::queued);
    CHECK(released.failures == 0);
    CHECK(released.error.empty());
    CHECK(released.error_code == 0);
    CHECK(crash(job, 0) == 0);
    CHECK(crash(job, 0) == 1);
    store().remove(job);
  }
  // One that its owner holds is not retried, and keeps what it has failed.
  const auto own = add(3);
  crash(own, 0);
  store().hold(own, micros());
  CHECK(error_of([&] { store().retry(own, micros()); }).code() == ErrorCode::bad_request);
  store().release(own, micros());
  CHECK(store().job(own).failures == 1);
}

TEST_CASE_FIXTURE(Place, "a job whose end was asked for is cancelled, whatever its attempt was") {
  const auto job = add(0);
  cut_off(job, 0);
  store().cancel(job, micros());  // its runner, this process, lives
  REQUIRE(store().is_cancel_requested(job));
  CHECK(recover() == 0);
  CHECK(store().job(job).state == State::cancelled);
}

TEST_CASE_FIXTURE(Place, "an attempt is billed until its next note was due, and no longer than until now") {
  // 100 W at 0.36 EUR/kWh: 10 micro-euros a second.
  const auto job = add(9);
  const auto bill_after = [&](double seen_s, double later_s) {
    cut_off(job, 0, seen_s);
    advance(later_s);
    recover();
    return last_attempt(job).bill;
  };
  const store::Bill whole = bill_after(5, 60);
  CHECK(whole.microseconds == 6'000'000);
  CHECK(whole.microjoules == 600'000'000);
  CHECK(whole.cost.gross.micro() == 60);
  CHECK(whole.flags == "cut-off,end-assumed");
  CHECK_FALSE(whole.complete);
  const store::Bill early = bill_after(0, 0.25);
  CHECK(early.microseconds == 250'000);
  CHECK(early.microjoules == 25'000'000);
  const store::Bill at_once = bill_after(3, 0);
  CHECK(at_once.microseconds == 3'000'000);
  CHECK(at_once.flags == "cut-off");
}

TEST_CASE_FIXTURE(Place, "after a power cut the last notes may be missing: longer is assumed") {
  const auto job = add(9);
  store::ProcessIdentity before = store::this_process();
  before.boot_id = "another boot";
  const auto epoch = store().begin_epoch(before);
  const auto attempt = store().claim(epoch, job, {2, 1, 4}, micros());
  store().note_alive(epoch, attempt->id, micros() + 5'000'000);
  advance(3600);
  recover();
  CHECK(last_attempt(job).bill.microseconds == 15'000'000);
}

TEST_CASE_FIXTURE(Place, "an engine that is still there has used power until it is ended") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::pause();
    ::_exit(0);
  }
  ::setpgid(child, child);
  store::ProcessIdentity worker = store::this_process();
  worker.pid = child;
  worker.start = store::process_start(child).value_or(0);
  const auto job = add(9);
  cut_off(job, 0, 5, worker);
  advance(20);
  recover();
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WTERMSIG(status) == SIGKILL);
  CHECK(last_attempt(job).bill.microseconds == 25'000'000);
}

TEST_CASE_FIXTURE(Place, "what the next attempt has counted is not billed twice") {
  const auto first = add(9), second = add(9);
  const auto epoch = store().begin_epoch(store::this_process());
  store().claim(epoch, first, {2, 1, 4}, micros());
  advance(0.5);
  store().claim(epoch, second, {2, 1, 4}, micros());
  advance(30);
  recover();
  CHECK(last_attempt(first).bill.microseconds == 500'000);
  CHECK(last_attempt(second).bill.microseconds == 1'000'000);
}

TEST_CASE_FIXTURE(Place, "what was metered goes on at its last power until the assumed end") {
  const auto job = add(9);
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, job, {2, 1, 4}, micros());
  std::vector<energy::Sample> samples;
  for (int second = 0; second < 4; ++second)
    samples.push_back({micros() + second * 1'000'000,
                       micros() + (second + 1) * 1'000'000,
                       {150'000'000, 20'000'000, 30'000'000, 200'000'000}});
  store().note_alive(epoch, attempt->id, micros() + 4'000'000, samples,
                     R"({"measured":true,"method":"nvml","flags":"","uncertainty_ppm":40000,"gpu":"A GPU"})",
                     2);
  advance(60);
  recover();
  const store::Bill bill = last_attempt(job).bill;
  CHECK(bill.microseconds == 5'000'000);
  CHECK(bill.microjoules == 1'000'000'000);
  CHECK(bill.gpu_microjoules == 750'000'000);
  CHECK(bill.cost.gross.micro() == 100);
  CHECK(bill.source == "estimate");  // a fifth of it is assumed
  CHECK(bill.method == "nvml");
  CHECK(bill.flags == "cut-off,end-assumed");
  CHECK(last_attempt(job).steps == 2);
}

TEST_CASE_FIXTURE(Place,
                  "what the meter had noted is in the bill, and a note that cannot be read leaves it out") {
  const auto bill_of = [&](const std::string& state) {
    const auto job = add(9);
    const auto epoch = store().begin_epoch(store::this_process());
    const auto attempt = store().claim(epoch, job, {2, 1, 4}, micros());
    const energy::Sample sample{micros(), micros() + 2'000'000, {150, 20, 30, 400'000'000}};
    store().note_alive(epoch, attempt->id, micros() + 2'000'000, std::span(&sample, 1), state, 0);
    advance(2);
    recover();
    return last_attempt(job).bill;
  };
  const std::string numbers =
      R"("measured":true,"method":"nvml","flags":"gpu-lost","uncertainty_ppm":40000,"gpu_permille":900,)"
      R"("cpu_permille":80,"gpu_peak_bytes":7,"host_peak_bytes":9)";
  const store::Bill with_gpu = bill_of("{" + numbers + R"(,"gpu":"A GPU"})");
  CHECK(with_gpu.source == "measured");
  CHECK(with_gpu.method == "nvml");
  CHECK(with_gpu.flags == "gpu-lost,cut-off");
  CHECK(with_gpu.uncertainty_ppm == 40'000);
  CHECK(with_gpu.gpu == "A GPU");
  CHECK(with_gpu.gpu_permille == 900);
  CHECK(with_gpu.gpu_peak_bytes == 7);
  CHECK(with_gpu.cpu_permille == 80);
  CHECK(with_gpu.host_peak_bytes == 9);
  CHECK(with_gpu.microjoules == 400'000'000);
  CHECK(with_gpu.cpu_microjoules == 20);
  const store::Bill without = bill_of("{" + numbers + R"(,"gpu":""})");
  CHECK_FALSE(without.gpu_permille);  // of a device that the job did not use
  CHECK_FALSE(without.gpu_peak_bytes);
  CHECK(without.cpu_permille == 80);
  for (const char* broken : {"{half a no", "", "7"}) {
    CAPTURE(broken);
    const store::Bill bill = bill_of(broken);
    CHECK(bill.source == "estimate");
    CHECK(bill.microjoules == 400'000'000);
    CHECK(bill.gpu.empty());
    CHECK_FALSE(bill.cpu_permille);
  }
}

TEST_CASE_FIXTURE(Place, "what was finished and not yet published is published, billed as it was and done") {
  const auto job = add(0);
  const store::Publication file = leave_to_publish(job);
  advance(60);
  CHECK(recover() == 0);
  CHECK(store().job(job).state == State::done);
  CHECK(read_file(file.final) == "a video");
  CHECK_FALSE(std::filesystem::exists(file.temporary));
  const store::Attempt attempt = last_attempt(job);
  CHECK((attempt.state == store::AttemptState::done));
  CHECK(attempt.bill.complete);
  CHECK(attempt.bill.microseconds == 4'000'000);  // until it was seen last: the engine had ended
  CHECK(attempt.bill.flags == "cut-off");
  CHECK(told().find("job 1: was finished, and is published now") != std::string::npos);
  // A runner that dies after this one's rename finds the file in its place.
  const auto again = add(0);
  const store::Publication renamed = leave_to_publish(again);
  store::publish(renamed);
  CHECK(recover() == 0);
  CHECK(store().job(again).state == State::done);
  CHECK(read_file(renamed.final) == "a video");
}

TEST_CASE_FIXTURE(Place, "a finished file that cannot be published any more does not make its job done") {
  const auto gone = add(3), taken = add(3), cancelled = add(3);
  const std::vector files = {leave_to_publish(gone), leave_to_publish(taken), leave_to_publish(cancelled)};
  std::filesystem::remove(files[0].temporary);
  write_file(files[1].final, "someone else's");
  store::ProcessIdentity dead = store::this_process();
  dead.start -= 1;  // a process that had this number before
  store().begin_epoch(dead);
  CHECK(store().cancel(cancelled, micros()));
  CHECK(recover() == 0);
  for (const auto job : {gone, taken}) {
    CHECK(store().job(job).state == State::queued);
    CHECK(store().job(job).failures == 1);
    CHECK((last_attempt(job).state == store::AttemptState::interrupted));
  }
  CHECK(read_file(files[1].final) == "someone else's");
  CHECK(told().find("is gone") != std::string::npos);
  CHECK(told().find("was created in the meantime") != std::string::npos);
  CHECK(store().job(cancelled).state == State::cancelled);
  CHECK_FALSE(std::filesystem::exists(files[2].final));
}

TEST_CASE_FIXTURE(Place, "what an attempt has left half written is removed, and so are previews") {
  const auto job = add(1);
  const auto half = store::temporary_name(store().job(job).spec.output, job, 1);
  write_file(half, "half");
  std::filesystem::create_directories(store().folder("previews"));
  write_file(store().preview_file(job), "a picture");
  crash(job, 0);
  CHECK_FALSE(std::filesystem::exists(half));
  CHECK_FALSE(std::filesystem::exists(store().preview_file(job)));
}
