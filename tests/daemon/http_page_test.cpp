#include <chrono>
#include <filesystem>
#include <regex>

#include "file_modes.h"
#include "http_daemon.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

/// The names of the files in the page's own folder.
std::vector<std::string> page_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(TURBODIFF_SOURCE_DIR "/lib/http/page"))
    names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE_FIXTURE(HttpDaemon,
                  "the page is served as it is in its files, and may load nothing from elsewhere") {
  start_quick();
  const auto page = http().get("/");
  CHECK(page.status == 200);
  CHECK(page.body == read_file(TURBODIFF_SOURCE_DIR "/lib/http/page/index.html"));
  const std::string policy = page.headers.substr(page.headers.find("Content-Security-Policy: "));
  CHECK(policy.find("default-src 'none'") != std::string::npos);
  CHECK(page.headers.find("unsafe") == std::string::npos);
  for (const std::string& name : page_files()) {
    const auto file = http().get("/page/" + name);
    CHECK_MESSAGE(file.status == 200, name);
    CHECK_MESSAGE(file.body == read_file(TURBODIFF_SOURCE_DIR "/lib/http/page/" + name), name);
    CHECK_MESSAGE(!std::regex_search(file.body, std::regex(R"((src|href)="(https?:)?//|@import|\beval\()")),
                  name);
  }
  CHECK(http().get("/", "Range: bytes=99999999-\r\n").status == 200);
  CHECK(http().send("HEAD", "/").body.empty());
  check_error(http().post("/"), 405, "GET");
  check_error(http().get("/page/none.js"), 404, "no such endpoint");
  check_error(http().get("/page/../../etc/passwd"), 404, "no such endpoint");
  check_error(http().get("/page/%2e%2e/page.js"), 404, "");
  check_error(http().get("/", "Host: evil.example\r\n"), 403, "Host");
}

TEST_CASE_FIXTURE(HttpDaemon, "the page needs no token, what it shows does") {
  const std::string token = "0123456789abcdef0123456789abcdef";
  write_secret(path("token"), token + "\n");
  write_file(path("config.yaml"), "version: 1\nhttp: { token_file: " + path("token") + " }\n");
  place().set("TURBODIFF_CONFIG", path("config.yaml"));
  start_quick();
  CHECK(http().get("/").status == 200);
  CHECK(http().get("/page/page.js").status == 200);
  check_error(http().get("/api/summary"), 401, "token");
  check_error(http().post("/api/worker/restart"), 401, "token");
  CHECK(http().get("/api/summary", "Authorization: Bearer " + token + "\r\n").status == 200);
}

TEST_CASE_FIXTURE(HttpDaemon, "the summary of today counts what was done") {
  start_quick();
  const auto before = http().get("/api/summary").json();
  CHECK(before["schema_version"] == 1);
  CHECK(before["jobs"] == 0);
  const auto done = http().post("/sdapi/v1/txt2vid", R"({"prompt":"a red circle",)" + tiny + "}");
  REQUIRE_MESSAGE(done.status == 200, done.body);
  const auto after = http().get("/api/summary").json();
  // A day may have ended meanwhile.
  if (after["date"] == before["date"]) {
    CHECK(after["jobs"] == 1);
    CHECK(after["kwh"].get<double>() >= done.json()["kwh"].get<double>() - 1e-6);
    REQUIRE(after["costs"].size() == 1);
    CHECK(after["costs"][0]["currency"] == "EUR");
  }
  check_error(http().post("/api/summary"), 405, "GET");
}

TEST_CASE_FIXTURE(HttpDaemon, "a restarted worker gives its job back, which loses no retry") {
  place().set("FAKE_ENGINE_SECONDS", "300");
  start_quick();
  const auto posted =
      http().post("/sdapi/v1/txt2vid", R"({"prompt":"x","async":true,"retries":0,)" + tiny + "}");
  REQUIRE_MESSAGE(posted.status == 202, posted.body);
  const std::int64_t id = posted.json()["id"];
  const auto runs = [&](int attempt) {
    const auto now = job(id);
    return now["state"] == "running" && now["attempt"] == attempt;
  };
  REQUIRE(comes_true([&] { return runs(1); }));
  check_error(http().get("/api/worker/restart"), 405, "POST");
  const auto restarted = http().post("/api/worker/restart");
  CHECK(restarted.status == 202);
  CHECK(restarted.json()["worker"] == "restarting");
  REQUIRE_MESSAGE(
      comes_true([&] { return job(id)["attempts"].size() == 2 && job(id)["state"] == "running"; }),
      job(id).dump());
  CHECK(schema_violations(read_schema("sched-restart-worker"), json({"restart-worker"})) ==
        std::vector<std::string>{});
  CHECK_MESSAGE(comes_true([&] { return job(id)["attempts"].size() == 3 && job(id)["state"] == "running"; }),
                job(id).dump());
  stop();
  const auto nobody = run({"restart-worker"});
  CHECK(nobody.code != 0);
  CHECK(nobody.err.find("nothing runs the queue") != std::string::npos);
}

TEST_CASE_FIXTURE(HttpDaemon, "the event stream tells at once that a job runs") {
  place().set("FAKE_ENGINE_SECONDS", "300");
  start_quick();
  EventStream events(http().port());
  CHECK(http().post("/sdapi/v1/txt2vid", R"({"prompt":"x","async":true,)" + tiny + "}").status == 202);
  const auto begin = std::chrono::steady_clock::now();
  wait_for(events.process(), [&] { return events.text().find("\"job\":1,") != std::string::npos; });
  // An idle stream looks by itself only every 15 s.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(14));
}
