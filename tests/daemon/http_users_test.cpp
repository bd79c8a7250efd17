// Who is served without a token: the daemon's own user and root, nobody else on the machine.
#include <sys/wait.h>

#include <functional>

#include "http_daemon.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

constexpr uid_t another_user = 65534;

/// Does it as another user; false when that cannot be.
bool as_another_user(const std::function<int()>& work, int& result) {
  if (::geteuid() != 0) return false;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 255;
    if (::setgid(another_user) == 0 && ::setuid(another_user) == 0) try {
        code = work();
      } catch (const std::exception&) {
        code = 254;
      }
    ::_exit(code);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  result = WEXITSTATUS(status);
  return true;
}

/// The status of the reply, as a process's exit code holds it.
constexpr int hundreds(int status) {
  return status / 100 * 10 + status % 10;
}

}  // namespace

TEST_CASE_FIXTURE(HttpDaemon, "another user of the machine needs the token, the daemon's own does not") {
  const auto made = json({"http", "token"});
  const std::string link = made["page"], token = link.substr(link.find("#token=") + 7);
  start_quick();
  const LoopbackClient client = http();
  CHECK(client.get("/api/status").status == 200);
  const auto status_of = [&](const std::string& method, const std::string& path, const std::string& headers) {
    return [=] { return hundreds(client.send(method, path, {}, headers).status); };
  };
  int got = 0;
  if (!as_another_user(status_of("GET", "/api/status", ""), got)) {
    MESSAGE("skipped: only root can try as another user");
    return;
  }
  CHECK(got == hundreds(401));
  for (const char* path : {"/api/jobs", "/api/events", "/api/jobs/1/video", "/openapi.json"}) {
    as_another_user(status_of("GET", path, ""), got);
    CHECK_MESSAGE(got == hundreds(401), path);
  }
  as_another_user(status_of("POST", "/sdapi/v1/txt2vid", ""), got);
  CHECK(got == hundreds(401));
  // A client says of itself what it likes.
  as_another_user(status_of("GET", "/api/status", ":own-user: 1\r\n"), got);
  CHECK(got == hundreds(400));
  as_another_user(status_of("GET", "/api/status", "REMOTE_ADDR: 127.0.0.1\r\nown-user: 1\r\n"), got);
  CHECK(got == hundreds(401));
  as_another_user(status_of("GET", "/", ""), got);
  CHECK(got == hundreds(200));
  as_another_user(status_of("GET", "/api/status", "Authorization: Bearer " + token + "\r\n"), got);
  CHECK(got == hundreds(200));
  as_another_user(status_of("GET", "/api/status", "Authorization: Bearer " + token + "0\r\n"), got);
  CHECK(got == hundreds(401));
}

TEST_CASE_FIXTURE(HttpDaemon, "a socket that its client has closed already belongs to nobody, not to root") {
  start_quick();
  const int port = http().port();
  const std::string body = R"({"prompt":"x","async":true,"hold":true,)" + tiny + "}";
  const std::string request =
      fmt::format("POST /sdapi/v1/txt2vid HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n\r\n{}",
                  port, body.size(), body);
  const auto send_and_close = [&] {
    for (int i = 0; i < 200; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
      if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) return 2;
      ::close(socket);
    }
    return 0;
  };
  int got = 0;
  if (!as_another_user(send_and_close, got)) {
    MESSAGE("skipped: only root can try as another user");
    return;
  }
  CHECK(got == 0);
  CHECK(http().get("/api/status").status == 200);
  CHECK(json({"list"})["jobs"].empty());
}

TEST_CASE_FIXTURE(HttpDaemon, "another web site's page gets nothing, not even by an image's address") {
  start_quick();
  for (const char* site : {"cross-site", "same-site", "Cross-Site"})
    for (const char* path : {"/", "/page/page.js", "/api/status", "/api/events", "/api/jobs/1/preview"})
      check_error(http().get(path, fmt::format("Sec-Fetch-Site: {}\r\n", site)), 403, "another web site");
  check_error(http().post("/sdapi/v1/txt2vid", "{}", "Sec-Fetch-Site: cross-site\r\n"), 403,
              "another web site");
  for (const char* site : {"same-origin", "none"})
    CHECK(http().get("/api/status", fmt::format("Sec-Fetch-Site: {}\r\n", site)).status == 200);
}
