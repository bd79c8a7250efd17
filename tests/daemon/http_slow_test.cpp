// Clients that send and read slowly must not keep the page from others.
#include <chrono>

#include "http_daemon.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

/// Connections that are held open as they are.
class SlowClients {
 public:
  explicit SlowClients(int port) : port_(port) {}
  ~SlowClients() {
    for (const int socket : sockets_) ::close(socket);
  }
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;

  /// Opens one that has sent `text` and reads nothing.
  void open(const std::string& text) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket >= 0);
    sockets_.push_back(socket);
    const int small = 4096;  // so that replies stay with the server
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  void open_many(int count, const std::string& text) {
    for (int i = 0; i < count; ++i) open(text);
  }

 private:
  int port_;
  std::vector<int> sockets_;
};

double seconds_of_page(const LoopbackClient& http) {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(http.get("/").status == 200);
  CHECK(http.get("/page/page.js").status == 200);
  CHECK(http.get("/api/status").status == 200);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE_FIXTURE(HttpDaemon, "200 slow clients of each kind leave the page as quick as it is") {
  start_quick();
  REQUIRE(http().post("/sdapi/v1/txt2vid", R"({"prompt":"x",)" + tiny + "}").status == 200);
  // A video that no socket's buffer holds.
  fs::resize_file(job(1)["output"].get<std::string>(), 64 << 20);
  const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n", http().port());
  const std::string body_of = "POST /sdapi/v1/txt2vid HTTP/1.1\r\n" + host;
  const std::pair<const char*, std::string> kinds[] = {
      {"nothing sent", ""},
      {"half a head", "GET / HTTP/1.1\r\nHost: 127"},
      {"half a body", body_of + "Content-Length: 5000\r\n\r\n{\"prompt\""},
      {"half a body in chunks", body_of + "Transfer-Encoding: chunked\r\n\r\n50\r\n{\"prompt\""},
      {"no reader of the page", "GET / HTTP/1.1\r\n" + host + "\r\n"},
      {"no reader of events", "GET /api/events HTTP/1.1\r\n" + host + "\r\n"},
      {"no reader of a video", "GET /api/jobs/1/video HTTP/1.1\r\n" + host + "\r\n"},
      {"waiting for a video",
       body_of + "Content-Length: 32\r\n\r\n" + R"({"prompt":"x","earliest":"+3h" })"}};
  MESSAGE("alone: the page and its state in " << seconds_of_page(http()) << " s");
  // What is printed is below a second where nothing else runs; a server that waits for one of them would take
  // the ten seconds that a head may take.
  constexpr double busy_machine_s = 5;
  double slowest = 0;
  for (const auto& [kind, text] : kinds) {
    SlowClients clients(http().port());
    clients.open_many(200, text);
    const double seconds = seconds_of_page(http());
    slowest = std::max(slowest, seconds);
    MESSAGE("200 slow clients (" << std::string(kind) << "): the page and its state in " << seconds << " s");
    CHECK(seconds < busy_machine_s);
  }
  SlowClients all(http().port());
  for (const auto& [kind, text] : kinds) all.open_many(100, text);
  const double seconds = seconds_of_page(http());
  MESSAGE("800 slow clients of all kinds: the page and its state in " << seconds << " s");
  CHECK(seconds < busy_machine_s);
  MESSAGE("slowest with 200: " << slowest << " s");
}

TEST_CASE_FIXTURE(HttpDaemon,
                  "who hangs up makes room for others who wait for their videos, and his job stays") {
  start_quick();
  constexpr int most_waiting = 64;
  const std::string later = R"({"prompt":"x","earliest":"+3h"})", now = R"({"prompt":"x",)" + tiny + "}";
  const auto is_full = [&] { return http().post("/sdapi/v1/txt2vid", now).status == 503; };
  {
    SlowClients clients(http().port());
    clients.open_many(
        most_waiting,
        fmt::format("POST /sdapi/v1/txt2vid HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}"
                    "\r\n\r\n{}",
                    http().port(), later.size(), later));
    const auto all_added = [&] { return json({"list", "--state", "queued"})["jobs"].size() == most_waiting; };
    REQUIRE(comes_true(all_added));
    CHECK(is_full());
  }
  CHECK(comes_true([&] { return !is_full(); }));
  CHECK(json({"list", "--state", "queued"})["jobs"].size() == most_waiting);
}

TEST_CASE_FIXTURE(HttpDaemon, "a stop does not wait for slow clients") {
  start_quick();
  REQUIRE(http().post("/sdapi/v1/txt2vid", R"({"prompt":"x",)" + tiny + "}").status == 200);
  fs::resize_file(job(1)["output"].get<std::string>(), 64 << 20);
  const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n\r\n", http().port());
  SlowClients clients(http().port());
  clients.open_many(20, "GET /api/jobs/1/video HTTP/1.1\r\n" + host);
  clients.open_many(20, "GET / HTTP/1.1\r\nHost");
  CHECK(http().get("/").status == 200);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(8));
}

TEST_CASE_FIXTURE(HttpDaemon, "heads are limited before anyone is asked who he is") {
  start_quick();
  const std::string many = [] {
    std::string lines;
    for (int i = 0; i < 150; ++i) lines += fmt::format("X-{}: 1\r\n", i);
    return lines;
  }();
  check_error(http().get("/api/status", many), 431, "headers are too large");
  check_error(http().get("/api/status", "X: " + std::string(9000, 'x') + "\r\n"), 431, "too large");
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += fmt::format("X-{}: {}\r\n", i, std::string(4000, 'x'));
  check_error(http().get("/api/status", lines), 431, "too large");
  check_error(http().get("/" + std::string(9000, 'x')), 414, "too long");
  check_error(http().get("/api/status", "no field\r\n"), 400, "not valid HTTP");
  check_error(http().send("POST", "/sdapi/v1/txt2vid", "zz\r\n", "Transfer-Encoding: chunked\r\n"), 400,
              "not valid HTTP");
  CHECK(http().get("/api/status").status == 200);
}

TEST_CASE_FIXTURE(HttpDaemon, "a body is asked for where it is expected, and comes in pieces") {
  start_quick();
  const std::string body = R"({"prompt":"x","hold":true,"async":true,)" + tiny + "}";
  core::SubprocessOptions curl;
  curl.argv = {"curl",
               "-sS",
               "-H",
               "Expect: 100-continue",
               "--data-binary",
               body,
               fmt::format("http://127.0.0.1:{}/sdapi/v1/txt2vid", http().port())};
  CHECK(nlohmann::json::parse(core::run_process(std::move(curl)).output)["id"] == 1);
  std::string chunks;
  for (const char c : body) chunks += fmt::format("1\r\n{}\r\n", c);
  const auto reply =
      http().send("POST", "/sdapi/v1/txt2vid", chunks + "0\r\n\r\n", "Transfer-Encoding: chunked\r\n");
  CHECK_MESSAGE(reply.status == 202, reply.body);
}
