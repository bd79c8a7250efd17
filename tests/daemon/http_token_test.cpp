#include "http_daemon.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

std::string token_in(const nlohmann::json& made) {
  const std::string link = made["page"];
  return link.substr(link.find("#token=") + 7);
}

}  // namespace

TEST_CASE_FIXTURE(HttpDaemon, "http token makes one that only its owner can read, and keeps it") {
  const auto made = json({"http", "token"});
  for (const std::string& violation : schema_violations(read_schema("sched-http-token"), made))
    FAIL_CHECK(violation);
  CHECK(made["made"] == true);
  CHECK(made["page"].get<std::string>().starts_with("http://127.0.0.1:7860/#token="));
  const std::string token = token_in(made), file = made["file"];
  CHECK(token.size() == 64);
  CHECK(read_file(file) == token + "\n");
  CHECK((fs::status(file).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const auto again = json({"http", "token"});
  CHECK(again["made"] == false);
  CHECK(token_in(again) == token);
  const auto other = json({"http", "token", "--new"});
  CHECK(other["made"] == true);
  CHECK(token_in(other).size() == 64);
  CHECK(token_in(other) != token);

  start_quick();
  CHECK(http().get("/api/status").status == 200);  // this user needs none
  const std::string bearer = "Authorization: Bearer " + token_in(other) + "\r\n";
  CHECK(http().get("/api/status", bearer).status == 200);
  // Whoever shows it may come by another name of the machine.
  CHECK(http().get("/api/status", "Host: gpu.example\r\n" + bearer).status == 200);
  check_error(http().get("/api/status", "Host: gpu.example\r\n"), 403, "Host");
}

TEST_CASE_FIXTURE(HttpDaemon,
                  "http token fills the file that the configuration names, and then everyone needs it") {
  write_file(path("config.yaml"),
             "version: 1\nhttp: { listen: \"[::1]:8001\", token_file: " + path("secrets/token") + " }\n");
  place().set("TURBODIFF_CONFIG", path("config.yaml"));
  const auto made = json({"http", "token"});
  CHECK(made["file"] == path("secrets/token"));
  CHECK(made["page"].get<std::string>().starts_with("http://[::1]:8001/#token="));
  start_quick();
  check_error(http().get("/api/status"), 401, "token");
  CHECK(http().get("/api/status", "Authorization: Bearer " + token_in(made) + "\r\n").status == 200);

  write_file(path("config.yaml"), "version: 1\nhttp: { token_env: T }\n");
  const auto refused = run({"http", "token"});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("http.token_env") != std::string::npos);
}

TEST_CASE_FIXTURE(HttpDaemon, "a token that was made opens the server to the network too") {
  CHECK(run({"--tariff", path("open.yaml"), "daemon", "--http", "0.0.0.0:0"}).code == 2);
  const auto made = json({"http", "token"});
  place().set("TURBODIFF_HTTP", "0.0.0.0:7861");
  CHECK(json({"http", "token"})["page"].get<std::string>().find(":7861/#token=") != std::string::npos);
}
