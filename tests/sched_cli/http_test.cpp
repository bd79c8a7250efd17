#include "file_modes.h"
#include "http_daemon.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(HttpDaemon, "a post is answered when its video is published, in the folder of the server") {
  start({});
  const auto done = http().post("/sdapi/v1/txt2vid", R"({"prompt":"a red circle","seed":5,)" + tiny + "}");
  REQUIRE_MESSAGE(done.status == 200, done.body);
  const auto reply = done.json();
  CHECK(reply["seed"] == 5);
  CHECK(reply["currency"] == "EUR");
  CHECK(std::abs(reply["cost"].get<double>() - reply["kwh"].get<double>() * 0.2) <= 0.6e-6);
  CHECK(reply["seconds"].get<double>() > 0);
  const fs::path video = reply["path"].get<std::string>();
  CHECK(video.parent_path().filename() == "videos");
  CHECK(place().run({"info", video.string()}).out.find("a red circle") != std::string::npos);
  const auto shown = job(reply["id"]);
  CHECK(shown["state"] == "done");
  CHECK(shown["when"] == "now");

  const std::string address = reply["url"];
  CHECK(http().get(address).body == read_file(video));
  const auto part = http().get(address, "Range: bytes=4-7\r\n");
  CHECK(part.status == 206);
  CHECK(part.body == read_file(video).substr(4, 4));
  CHECK(http().get(address, "Range: bytes=5-99999999\r\n").body == read_file(video).substr(5));
  CHECK(http().get(address, "Range: bytes=-4\r\n").body ==
        read_file(video).substr(read_file(video).size() - 4));
  const auto beyond = http().get(address, "Range: bytes=99999999-\r\n");
  check_error(beyond, 416, "has only");
  CHECK(beyond.headers.find("Content-Range: bytes */") != std::string::npos);
}

TEST_CASE_FIXTURE(HttpDaemon, "jobs are added, looked at and changed") {
  start_quick();
  const auto queued =
      http().post("/sdapi/v1/txt2vid",
                  R"({"prompt":"x","async":true,"hold":true,"priority":3,"format":"webm",)" + tiny + "}");
  CHECK(queued.status == 202);
  const std::int64_t id = queued.json()["id"];
  const std::string address = fmt::format("/api/jobs/{}", id);
  CHECK(queued.headers.find("Location: " + address) != std::string::npos);
  const auto shown = http().get(address);
  CHECK(schema_violations(read_schema("sched-show"), shown.json()) == std::vector<std::string>{});
  CHECK(shown.json()["state"] == "held");
  CHECK(shown.json()["priority"] == 3);
  check_error(http().get(address + "/video"), 409, "is held");
  check_error(http().post(address + "/retry"), 409, "cannot be");
  CHECK(http().post(address + "/release").json()["state"] != "held");
  CHECK(wait_for_job(id) == 0);
  const auto list = http().get("/api/jobs?state=done&limit=5").json();
  CHECK(schema_violations(read_schema("sched-list"), list) == std::vector<std::string>{});
  CHECK(list["jobs"].size() == 1);
  for (const auto& [path, schema] :
       {std::pair{"/api/status", "sched-status"}, std::pair{"/api/plan", "sched-plan"},
        std::pair{"/api/tariff", "sched-tariff"}})
    CHECK(schema_violations(read_schema(schema), http().get(path).json()) == std::vector<std::string>{});
  CHECK(http().get("/sdapi/v1/progress").json()["job"].is_null());
  CHECK(http().get("/openapi.json").json()["paths"].contains("/sdapi/v1/txt2vid"));
  CHECK(http().send("DELETE", address).json()["state"] == "removed");
  check_error(http().get(address), 404, "no job");
}

TEST_CASE_FIXTURE(HttpDaemon, "a preview is asked of the engine by asking for it, while the job runs") {
  place().set("FAKE_ENGINE_SECONDS", "600");
  start_quick();
  const auto id =
      http().post("/sdapi/v1/txt2vid", R"({"prompt":"x","async":true,)" + tiny + "}").json()["id"];
  const std::string address = fmt::format("/api/jobs/{}/preview", id.get<int>());
  REQUIRE(comes_true([&] { return job(1)["state"] == "running"; }));
  const auto none = http().get(address);
  CHECK(none.status == 204);
  CHECK(none.body.empty());
  const std::string file = path("jobs.db-files/previews/1.png");
  CHECK(fs::exists(file + ".wanted"));
  write_file(file, "a picture");
  const auto shown = http().get(address, "Range: bytes=0-2\r\n");
  CHECK(shown.status == 200);
  CHECK(shown.body == "a picture");
  CHECK(shown.headers.find("image/png") != std::string::npos);
  CHECK(shown.headers.find("no-store") != std::string::npos);
  CHECK(run({"cancel", "1"}).code == 0);
  CHECK(wait_for_job(1) == 1);  // it is over, and was not done
  CHECK(job(1)["state"] == "cancelled");
  CHECK(http().get(address).status == 204);
  check_error(http().get("/api/jobs/99/preview"), 404, "no job 99");
  CHECK_FALSE(fs::exists(file));
  CHECK_FALSE(fs::exists(file + ".wanted"));
}

TEST_CASE_FIXTURE(HttpDaemon, "what cannot be is refused in one line, and adds nothing") {
  start_quick("closed.yaml");
  const auto post = [&](const std::string& body) { return http().post("/sdapi/v1/txt2vid", body); };
  check_error(post(R"({"prompt":"x","stepps":4})"), 400, "did you mean 'steps'");
  check_error(post(R"({"prompt":"x","frames":6})"), 400, "4k+1");
  check_error(post(R"({"prompt":"x","output":"/tmp/evil.mp4"})"), 400, "names a file");
  check_error(post(R"({"prompt":"x","image":"/etc/passwd"})"), 400, "names a file");
  check_error(post(R"({"prompt":"x","model":"../../etc"})"), 400, "not a path");
  check_error(post(R"({"prompt":"x","model":"none"})"), 404, "none");
  check_error(post(R"({"prompt":"x","deadline":"+30m","when":"off-peak"})"), 422, "deadline");
  check_error(post(R"({"prompt":"x","after":99,"async":true})"), 404, "99");
  check_error(post("not json"), 400, "JSON");
  check_error(post(std::string(2u << 20, 'x')), 413, "too large");
  check_error(
      http().send("POST", "/sdapi/v1/txt2vid", "5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"),
      400, "JSON");
  check_error(http().get("/sdapi/v1/txt2vid"), 405, "POST");
  check_error(http().get("/api/jobs/../../../etc/passwd"), 404, "no such endpoint");
  check_error(http().get("/api/jobs/%2e%2e%2fpasswd"), 404, "");
  check_error(http().get("/api/jobs?limit=0"), 400, "limit");
  check_error(http().get("/api/status", "Host: evil.example\r\n"), 403, "Host");
  check_error(http().get("/api/status", "Origin: http://evil.example\r\n"), 403, "origin");
  CHECK(run({"pause"}).code == 0);
  check_error(post(R"({"prompt":"x"})"), 503, "paused");
  CHECK(json({"list"})["jobs"].empty());
}

TEST_CASE_FIXTURE(HttpDaemon, "off loopback a token is needed, which is never shown") {
  const auto open = run({"--tariff", path("open.yaml"), "daemon", "--http", "0.0.0.0:0"});
  CHECK(open.code == 2);
  CHECK(open.err.find("http.token_file") != std::string::npos);
  const std::string token = "0123456789abcdef0123456789abcdef";
  write_secret(path("token"), token + "\n");
  write_file(path("config.yaml"), "version: 1\nhttp: { token_file: " + path("token") + " }\n");
  place().set("TURBODIFF_CONFIG", path("config.yaml"));
  start_quick();
  const auto without = http().get("/api/status");
  check_error(without, 401, "token");
  CHECK(without.headers.find("WWW-Authenticate: Bearer") != std::string::npos);
  check_error(http().get("/api/status", "Authorization: Bearer " + token + "0\r\n"), 401, "token");
  CHECK(http().get("/api/status", "Authorization: Bearer " + token + "\r\n").status == 200);
  stop();
  CHECK(told().find(token) == std::string::npos);
}

TEST_CASE_FIXTURE(HttpDaemon, "a deadline that passes meanwhile is reported as one that cannot be met") {
  start_quick();
  const WaitingPost post(*this, R"("earliest":"+2h","deadline":"+9h")");
  CHECK(run({"edit", "1", "--deadline", "+1s"}).code == 0);
  check_error(post.reply(), 422, "its deadline passed before it could run");
  CHECK(post.reply().json()["error"]["code"] == 4);
  CHECK(job(1)["state"] == "failed");
}

TEST_CASE_FIXTURE(HttpDaemon, "a stop tells those who wait, and their jobs stay; events end") {
  start_quick();
  EventStream events(http().port());
  const WaitingPost post(*this, R"("earliest":"+2h")");
  stop();
  check_error(post.reply(), 503, "goes on when it is started again");
  CHECK(job(1)["state"] == "queued");
  events.wait_for_end();
  CHECK(events.text().find("event: queue") != std::string::npos);
}

TEST_CASE_FIXTURE(HttpDaemon, "a night script finds all its videos done before its last line") {
  start_quick();
  write_file(path("prompts.txt"), "# tonight\na red circle\n\na \"blue\" square\nein gr\xc3\xbcnes Dreieck");
  write_file(path("off"), "#!/bin/sh\nls '" + path("videos") + "' | grep -c mp4\n");
  fs::permissions(path("off"), fs::perms::owner_all);
  stop();
  write_file(path("config.yaml"), "version: 1\nhttp: { output: " + path("videos") + " }\n");
  place().set("TURBODIFF_CONFIG", path("config.yaml"));
  start_quick();
  place().set("TURBODIFF_SERVER", fmt::format("http://127.0.0.1:{}", http().port()));
  place().set("SHUTDOWN", path("off"));
  core::SubprocessOptions script = call({});
  script.argv = {"bash", TURBODIFF_SOURCE_DIR "/examples/night.sh", path("prompts.txt")};
  const auto completed = core::run_process(std::move(script));
  CHECK_MESSAGE(completed.status.code == 0, completed.errors);
  CHECK(completed.output.ends_with("3 videos done\n3\n"));
  const auto listed = json({"list"});
  CHECK_FALSE(listed["jobs"].empty());
  for (const auto& job : listed["jobs"]) CHECK(job["state"] == "done");
}
