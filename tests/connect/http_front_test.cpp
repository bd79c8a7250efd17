// The front over real sockets, with limits that a test can reach.
#include "http/http_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "core/error.h"
#include "http/http_peer.h"
#include "waiting.h"

using namespace turbodiff;
using namespace turbodiff::http;
using std::chrono::milliseconds;
using turbodiff::testing::comes_true;

namespace {

/// A client's end of a connection.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  int socket() const { return socket_; }

  Client& send(const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t some = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (some <= 0) break;
      sent += static_cast<std::size_t>(some);
    }
    return *this;
  }
  /// All until the server closes, which it does soon.
  std::string read() {
    std::string text;
    char buffer[65536];
    for (pollfd entry{socket_, POLLIN, 0}; ::poll(&entry, 1, 60'000) > 0;) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int socket_;
};

/// A front that answers each request with what it was, its body included.
struct EchoFront {
  explicit EchoFront(FrontLimits limits = {}) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener, plain, size) == 0);
    REQUIRE(::listen(listener, 8) == 0);
    REQUIRE(::getsockname(listener, plain, &size) == 0);
    port = ntohs(address.sin_port);
    HttpFront::Calls calls;
    calls.wants_body = [](const RequestHead& head, bool) { return head.method == "POST"; };
    calls.serve = [this](httplib::Stream& stream, bool own_user) { serve(stream, own_user); };
    calls.refusal = [](int status, const Error&) { return "status " + std::to_string(status); };
    front.emplace(listener, limits, std::move(calls));
  }
  void serve(httplib::Stream& stream, bool own_user) {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = stream.read(buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    if (text.starts_with("GET /wait")) {
      for (++waiting; !released && stream.is_writable();) std::this_thread::sleep_for(milliseconds(1));
      if (!stream.is_writable()) ++gone;
    }
    if (text.starts_with("GET /large")) {
      const std::string piece(1 << 20, 'x');
      for (int i = 0; i < 64 && stream.is_writable(); ++i)
        if (stream.write(piece.data(), piece.size()) < 0) break;
      ++large_ended;
      return;
    }
    text = (own_user ? "own:" : "other:") + text;
    stream.write(text.data(), text.size());
  }
  std::string ask(const std::string& text) const { return Client(port).send(text).read(); }

  int port = 0;
  std::atomic<bool> released{false};
  std::atomic<int> large_ended{0}, waiting{0}, gone{0};
  std::optional<HttpFront> front;
};

const std::string get = "GET / HTTP/1.1\r\n\r\n";
const std::string post = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n";

FrontLimits hasty() {
  FrontLimits limits;
  limits.head_time = limits.body_time = limits.stall_time = milliseconds(200);
  return limits;
}

}  // namespace

TEST_CASE("requests come whole, in whatever pieces they are sent, and from the user who sends them") {
  EchoFront front;
  CHECK(front.ask(get) == "own:" + get);
  CHECK(front.ask(post + "body") == "own:" + post + "body");
  CHECK(front.ask("nothing\r\n") == "status 400");
  Client slow(front.port);
  for (const char c : post + "body") {
    slow.send(std::string(1, c));
    std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK(slow.read() == "own:" + post + "body");
}

TEST_CASE("a client that is answered but still sends gets the reply first") {
  FrontLimits limits;
  limits.body = 1000;
  EchoFront front(limits);
  const std::string head = "POST / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n";
  CHECK(front.ask(head + std::string(8'000'000, 'x')).starts_with("own:" + head));
}

TEST_CASE("half a request is not waited for long") {
  EchoFront front(hasty());
  CHECK(front.ask("GET / HT") == "status 408");
  CHECK(front.ask("") == "status 408");
  CHECK(front.ask(post + "bo") == "status 408");
  // Nor when something comes again and again.
  Client drip(front.port);
  std::atomic<bool> stop{false};
  std::thread dripping([&] {
    drip.send("GET / HTTP/1.1\r\nX: ");
    while (!stop) {
      drip.send("x");
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  CHECK(drip.read().starts_with("status 408"));
  stop = true;
  dripping.join();
}

TEST_CASE("a client that does not read is given up, and keeps nobody waiting before") {
  FrontLimits limits;
  limits.stall_time = milliseconds(200);
  EchoFront front(limits);
  Client deaf(front.port);
  deaf.send("GET /large HTTP/1.1\r\n\r\n");
  CHECK(front.ask(get) == "own:" + get);
  CHECK(comes_true([&] { return front.large_ended == 1; }));
  EchoFront patient;
  CHECK(patient.ask("GET /large HTTP/1.1\r\n\r\n").size() == 64U << 20);
}

TEST_CASE(
    "a client that hangs up before its reply is known to be gone, one that only sends no more gets it") {
  for (const std::string version : {"HTTP/1.1", "HTTP/1.0"}) {
    EchoFront front;
    const std::string request = "GET /wait " + version + "\r\n\r\n";
    Client half(front.port);
    half.send(request);
    ::shutdown(half.socket(), SHUT_WR);
    const bool can_be_asked = version == "HTTP/1.1";
    if (can_be_asked) {
      { Client(front.port).send(request); }
      CHECK(comes_true([&] { return front.gone == 1; }));
    }
    std::this_thread::sleep_for(milliseconds(50));
    front.released = true;
    CHECK(half.read() == (can_be_asked ? "HTTP/1.1 100 Continue\r\n\r\n" : "") + ("own:" + request));
    CHECK(front.gone == (can_be_asked ? 1 : 0));
  }
}

TEST_CASE("beyond the connections that may be, the oldest incomplete one makes room") {
  FrontLimits limits;
  limits.connections = 8;
  EchoFront front(limits);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<Client>(front.port));
    clients.back()->send("GET / HTTP");
    CHECK(front.ask(get) == "own:" + get);
  }
  CHECK(clients.front()->read().empty());
  clients.back()->send("/1.1\r\n\r\n");
  CHECK(clients.back()->read() == "own:" + get);
}

TEST_CASE("requests wait for a thread and then get one; the end waits for those in work") {
  FrontLimits limits;
  limits.threads = 2;
  EchoFront front(limits);
  Client one(front.port), two(front.port), three(front.port);
  one.send("GET /wait HTTP/1.1\r\n\r\n");
  two.send("GET /wait HTTP/1.1\r\n\r\n");
  REQUIRE(comes_true([&] { return front.waiting == 2; }));
  three.send(get);
  pollfd entry{three.socket(), POLLIN, 0};
  CHECK(::poll(&entry, 1, 100) == 0);
  front.released = true;
  CHECK(three.read() == "own:" + get);
  CHECK(one.read().starts_with("own:GET /wait"));
  CHECK(two.read().starts_with("own:GET /wait"));
  front.released = false;
  Client last(front.port);
  last.send("GET /wait HTTP/1.1\r\n\r\n");
  REQUIRE(comes_true([&] { return front.waiting == 3; }));
  std::thread release([&] {
    std::this_thread::sleep_for(milliseconds(100));
    front.released = true;
  });
  front.front.reset();
  release.join();
  CHECK(last.read().starts_with("own:GET /wait"));
}

TEST_CASE("the user at the other end is known while his socket is open, over IPv4 and IPv6") {
  for (const int family : {AF_INET, AF_INET6}) {
    const int listener = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (family == AF_INET)
      reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
      reinterpret_cast<sockaddr_in6&>(address).sin6_addr = IN6ADDR_LOOPBACK_INIT;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, plain, size) != 0) {
      MESSAGE("skipped: no loopback of family " << family);
      ::close(listener);
      continue;
    }
    REQUIRE(::listen(listener, 4) == 0);
    REQUIRE(::getsockname(listener, plain, &size) == 0);
    const int client = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(client, plain, size) == 0);
    const int accepted = ::accept(listener, nullptr, nullptr);
    CHECK(peer_user(accepted) == std::optional(::geteuid()));
    ::close(client);
    CHECK(peer_user(accepted) == std::nullopt);
    ::close(accepted);
    ::close(listener);
  }
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK(peer_user(pair[0]) == std::nullopt);
  ::close(pair[0]);
  ::close(pair[1]);
}
