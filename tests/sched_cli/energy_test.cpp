// Jobs metered by the real program: NVML by a library that stands for it, RAPL by files that grow.
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <thread>

#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

constexpr double cpu_watts = 6;
const std::string engine = TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py";

/// powercap's files, grown by a thread at constant power. It is small, for the thread may be late.
class FakePowercap {
 public:
  explicit FakePowercap(const fs::path& root) : file_(root / "intel-rapl:0" / "energy_uj") {
    fs::create_directories(file_.parent_path());
    write_file(file_.parent_path() / "name", "package-0\n");
    write_file(file_.parent_path() / "max_energy_range_uj", "262143328850\n");
    put();
    thread_ = std::thread([this] {
      while (!over_) {
        put();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
  }
  ~FakePowercap() {
    over_ = true;
    thread_.join();
  }

 private:
  void put() {
    const auto energy =
        static_cast<std::int64_t>((seconds_of(CLOCK_BOOTTIME) - start_s_) * cpu_watts * 1e6) + 7;
    write_file(file_.string() + ".new", std::to_string(energy) + "\n");
    fs::rename(file_.string() + ".new", file_);
  }
  fs::path file_;
  double start_s_ = seconds_of(CLOCK_BOOTTIME);
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

/// The GPU's power as steps from now on.
class GpuTrace {
 public:
  void step(double seconds, double watts) { steps_.push_back({seconds, watts}); }
  void step_now(double watts) { step(seconds_of(CLOCK_BOOTTIME) - start_s_, watts); }
  void event_now(const std::string& kind) {
    events_ += fmt::format("{} {:.6f}\n", kind, seconds_of(CLOCK_BOOTTIME));
  }
  void write(const fs::path& file) const {
    std::string text = "start 123456\n";
    for (const auto& [seconds, watts] : steps_)
      text += fmt::format("watts {:.6f} {}\n", start_s_ + seconds, watts);
    write_file(file.string() + ".new", text + events_);
    fs::rename(file.string() + ".new", file);
  }
  /// Between two instants in microseconds since 1970.
  double joules(double from_us, double to_us) const {
    const double offset_s = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
    const double from = from_us / 1e6 - offset_s - start_s_, to = to_us / 1e6 - offset_s - start_s_;
    double sum = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const double end = i + 1 < steps_.size() ? std::min(to, steps_[i + 1].first) : to;
      sum += std::max(0.0, end - std::max(from, steps_[i].first)) * steps_[i].second;
    }
    return sum;
  }

 private:
  double start_s_ = seconds_of(CLOCK_BOOTTIME);
  std::vector<std::pair<double, double>> steps_;
  std::string events_;
};

class MeteredPlace : public SchedPlace {
 public:
  MeteredPlace() : powercap_(path("powercap")) {
    place().set("LD_LIBRARY_PATH", FAKE_NVML_FOLDER);
    place().set("TURBODIFF_ENERGY_GPU", "on");
    place().set("TURBODIFF_POWERCAP", path("powercap"));
    place().set("FAKE_NVML_TRACE", path("trace"));
    place().set("FAKE_ENGINE_SECONDS", "2.5");
    write_file(path("config.yaml"),
               "version: 1\nenergy: { rest_watts: 40, psu_efficiency: 0.8, cooling: 1.25 }\n");
    place().set("TURBODIFF_CONFIG", path("config.yaml"));
  }
  Finished run_jobs() const { return run(run_arguments()); }
  std::vector<std::string> run_arguments() const {
    return {"--tariff", path("open.yaml"), "run", "--once", "--engine", engine};
  }
  /// Rows of energy that were noted while jobs ran, one a second.
  int samples() const {
    SQLite::Database db(path("jobs.db"), SQLite::OPEN_READONLY, 5000);
    return db.execAndGet("SELECT count(*) FROM energy_samples").getInt();
  }
  static double wall_joules(const GpuTrace& trace, double from_us, double to_us) {
    return (trace.joules(from_us, to_us) + (cpu_watts + 40) * (to_us - from_us) / 1e6) / 0.8 * 1.25;
  }

 private:
  FakePowercap powercap_;
};

}  // namespace

TEST_CASE_FIXTURE(MeteredPlace, "estimates of energy go by the power of metered jobs") {
  GpuTrace trace;
  trace.step(0, 160);
  trace.write(path("trace"));
  add("a.mp4");
  REQUIRE(run_jobs().code == 0);
  const auto estimate = job(add("b.mp4"))["estimate"];
  const double watts = estimate["kwh"].get<double>() * 3.6e6 / estimate["seconds"].get<double>();
  CHECK(watts == doctest::Approx((160 + cpu_watts + 40) / 0.8 * 1.25).epsilon(0.02));
}

TEST_CASE_FIXTURE(MeteredPlace,
                  "metered jobs are within 0.5 % of what was used, idle time apart, all adds up") {
  GpuTrace trace;
  for (int i = 0; i < 60; ++i) trace.step(i * 0.7, i % 2 == 0 ? 90 : 310);
  trace.write(path("trace"));
  add("a.mp4");
  add("b.mp4");
  const auto result = run_jobs();
  REQUIRE_MESSAGE(result.code == 0, result.err);
  SQLite::Database db(path("jobs.db"), SQLite::OPEN_READONLY);
  SQLite::Statement jobs(
      db,
      "SELECT a.started_at, e.microseconds, e.microjoules, e.gpu_microjoules, e.source, e.method, e.flags, "
      "e.gross FROM attempts a JOIN energy e ON e.attempt_id = a.id ORDER BY a.id");
  double total = 0, from = 0, to = 0;
  int count = 0;
  while (jobs.executeStep()) {
    const double start = static_cast<double>(jobs.getColumn(0).getInt64());
    const double end = start + static_cast<double>(jobs.getColumn(1).getInt64());
    const double joules = static_cast<double>(jobs.getColumn(2).getInt64()) / 1e6;
    CHECK(joules == doctest::Approx(wall_joules(trace, start, end)).epsilon(0.005));
    CHECK(static_cast<double>(jobs.getColumn(3).getInt64()) / 1e6 ==
          doctest::Approx(trace.joules(start, end)).epsilon(0.005));
    CHECK(jobs.getColumn(4).getString() == "measured");
    CHECK(jobs.getColumn(5).getString() == "nvml-counter+rapl+fixed");
    CHECK(jobs.getColumn(6).getString() == "");
    CHECK(std::abs(jobs.getColumn(7).getDouble() - joules / 3.6e6 * 0.2e6) <= 0.51);
    total += joules;
    from = from == 0 ? start : std::min(from, start);
    to = end;
    ++count;
  }
  CHECK(count == 2);
  SQLite::Statement idle(db, "SELECT start, end, microjoules, source FROM idle_energy ORDER BY start");
  int rows = 0;
  while (idle.executeStep()) {
    from = std::min(from, static_cast<double>(idle.getColumn(0).getInt64()));
    to = std::max(to, static_cast<double>(idle.getColumn(1).getInt64()));
    total += static_cast<double>(idle.getColumn(2).getInt64()) / 1e6;
    CHECK(idle.getColumn(3).getString() == "measured");
    ++rows;
  }
  CHECK(rows >= 3);  // before, between and after
  CHECK(total == doctest::Approx(wall_joules(trace, from, to)).epsilon(0.005));

  CHECK(json({"list"})["jobs"][0]["actual"]["source"] == "measured");
  const auto shown = job(1)["attempts"][0]["energy"];
  CHECK(shown["gpu"] == "Fake GPU");
  CHECK(shown["gpu_utilisation"].get<double>() > 0.02);
  CHECK(shown["host_peak_bytes"].get<double>() > 1e6);
  CHECK(shown["cost_at_once"].is_number());
  const auto verified = json({"energy", "verify"});
  CHECK(verified["attempts"] == 2);
  CHECK(verified["idle"] == rows);
  CHECK(verified["differences"].empty());
  CHECK(schema_violations(read_schema("sched-energy-verify"), verified).empty());
  CHECK(schema_violations(read_schema("sched-show"), job(1)).empty());
}

TEST_CASE_FIXTURE(MeteredPlace,
                  "a GPU that is lost in mid-job is in the record, and what it used is not nothing") {
  GpuTrace trace;
  trace.step(0, 200);
  trace.write(path("trace"));
  place().set("FAKE_ENGINE_SECONDS", "0");
  place().set("FAKE_ENGINE_UNTIL", path("over"));
  add("a.mp4");
  auto options = call(run_arguments());
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess process(std::move(options));
  wait_for(process, [&] { return samples() >= 1; });
  trace.event_now("lost");
  trace.write(path("trace"));
  const int before = samples();
  wait_for(process, [&] { return samples() >= before + 2; });
  write_file(path("over"), "");
  const auto status = process.wait(static_cast<double>(patience.count()));
  REQUIRE(status);
  CHECK(status->ok());
  const auto attempt = job(1)["attempts"][0];
  CHECK(attempt["source"] == "estimate");
  CHECK(attempt["energy"]["flags"].dump().find("gpu-lost") != std::string::npos);
  CHECK(attempt["energy"]["gpu_kwh"].get<double>() > 0);
  CHECK(json({"energy", "verify"})["differences"].empty());
}

TEST_CASE_FIXTURE(MeteredPlace, "a daemon that is killed in mid-job leaves a bill of what it saw") {
  GpuTrace trace;
  trace.step(0, 250);
  trace.write(path("trace"));
  place().set("FAKE_ENGINE_SECONDS", "3600");
  add("a.mp4");
  auto options = call({"--tariff", path("open.yaml"), "daemon", "--engine", engine});
  options.errors = core::SubprocessOptions::Stream::null;
  {
    core::Subprocess daemon(std::move(options));
    wait_for(daemon, [&] { return samples() >= 6; });
    daemon.signal(SIGKILL);
    daemon.wait();
  }
  const double seen = [&] {
    SQLite::Database db(path("jobs.db"), SQLite::OPEN_READONLY, 5000);
    return db.execAndGet("SELECT max(end) - min(start) FROM energy_samples").getInt64() / 1e6;
  }();
  place().set("FAKE_ENGINE_SECONDS", "0.1");
  CHECK(run_jobs().code == 0);
  const auto attempts = job(1)["attempts"];
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0]["state"] == "interrupted");
  CHECK(attempts[0]["energy"]["flags"] == nlohmann::json({"cut-off", "end-assumed"}));
  CHECK(attempts[0]["energy"]["method"].get<std::string>().find("nvml") != std::string::npos);
  CHECK(attempts[0]["seconds"].get<double>() >= seen - 1e-6);
  CHECK(seen > 1);
  CHECK(attempts[0]["watts"].get<double>() ==
        doctest::Approx((250 + cpu_watts + 40) / 0.8 * 1.25).epsilon(0.02));
  CHECK(json({"energy", "verify"})["differences"].empty());
}

TEST_CASE_FIXTURE(MeteredPlace, "what is metered now is shown, and what to do where it is not") {
  GpuTrace trace;
  trace.step(0, 150);
  trace.write(path("trace"));
  const auto shown = json({"energy", "show"});
  CHECK(schema_violations(read_schema("sched-energy-show"), shown).empty());
  CHECK(shown["source"] == "measured");
  CHECK(shown["watts"]["gpu"].get<double>() == doctest::Approx(150).epsilon(0.02));
  CHECK(shown["model"]["calibrated"] == true);
  place().set("FAKE_NVML_NO_DRIVER", "1");
  CHECK(run({"energy", "show"}).out.find("Driver Not Loaded") != std::string::npos);
  place().set("TURBODIFF_ENERGY_GPU", "off");
  place().set("TURBODIFF_POWERCAP", path("none"));
  const auto none = json({"energy", "show"});
  CHECK(none["watts"].is_null());
  CHECK(none["source"] == "estimate");
  CHECK(run({"energy", "calibrate", "--idle-watts", "1", "--load-watts", "2"}).code == 2);
}

TEST_CASE_FIXTURE(MeteredPlace, "a calibration gives the power supply and the rest back") {
  GpuTrace trace;
  trace.step(0, 30);
  trace.write(path("trace"));
  auto options = call(
      {"energy", "calibrate", "--seconds", "1.5", "--idle-watts", "80", "--load-watts", "430", "--json"});
  options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  std::string out;
  options.on_output = [&](std::string_view line) { out += line; };
  // It measures once the machine has settled.
  options.on_errors = [&](std::string_view line) {
    if (line.find("under load") == std::string_view::npos) return;
    trace.step_now(330);
    trace.write(path("trace"));
  };
  core::Subprocess process(std::move(options));
  const auto status = process.wait(static_cast<double>(patience.count()));
  REQUIRE(status);
  REQUIRE(status->ok());
  const auto fitted = nlohmann::json::parse(out);
  CHECK(schema_violations(read_schema("sched-energy-calibrate"), fitted).empty());
  CHECK(fitted["idle"]["inner_watts"].get<double>() == doctest::Approx(30 + cpu_watts).epsilon(0.02));
  CHECK(fitted["load"]["inner_watts"].get<double>() == doctest::Approx(330 + cpu_watts).epsilon(0.02));
  const double efficiency = fitted["psu_efficiency"];
  CHECK(efficiency * (430 - 80) == doctest::Approx(fitted["load"]["inner_watts"].get<double>() -
                                                   fitted["idle"]["inner_watts"].get<double>()));
}

TEST_CASE_FIXTURE(MeteredPlace,
                  "a power limit holds while jobs run, and the next start puts back what kill -9 left") {
  GpuTrace trace;
  trace.step(0, 200);
  trace.write(path("trace"));
  place().set("FAKE_NVML_LIMIT", path("limit"));
  const auto limit = [&] { return read_file(path("limit")); };
  write_file(path("limit"), "290000\n");
  place().set("FAKE_ENGINE_SECONDS", "0.05");
  auto options = call({"--tariff", path("open.yaml"), "daemon", "--engine", engine, "--power-limit", "210"});
  options.errors = core::SubprocessOptions::Stream::null;
  {
    core::Subprocess daemon(std::move(options));
    wait_for(daemon, [&] { return limit() == "210000\n"; });
    daemon.signal(SIGKILL);
    daemon.wait();
  }
  CHECK(limit() == "210000\n");
  CHECK(run_jobs().code == 0);
  CHECK(limit() == "290000\n");
  add("a.mp4");
  const auto tried =
      run({"--tariff", path("open.yaml"), "run", "--once", "--engine", engine, "--power-limit", "auto"});
  CHECK_MESSAGE(tried.code == 0, tried.err);
  CHECK(tried.err.find(", chosen") != std::string::npos);
  CHECK(limit() == "290000\n");
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once", "--power-limit", "much"}).code == 2);
  place().set("FAKE_NVML_NO_PERMISSION", "1");
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once", "--power-limit", "200"}).code == 4);
  CHECK(limit() == "290000\n");
}
