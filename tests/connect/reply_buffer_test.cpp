// A reply between the thread that writes it and the front that sends it.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "http/http_stream.h"
#include "testing.h"

using namespace turbodiff::http;

namespace {

/// A reply to a client that reads nothing.
class Unread {
 public:
  Unread() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    client_ = ends[1];
    reply_ = std::make_unique<ReplyBuffer>(ends[0], wake_);
  }
  ~Unread() { hang_up(); }
  ReplyBuffer& reply() { return *reply_; }
  void hang_up() {
    if (client_ >= 0) ::close(client_);
    client_ = -1;
  }
  /// Whether the front has been woken since this was last asked.
  bool woken() {
    pollfd entry{wake_.fd(), POLLIN, 0};
    const bool is = ::poll(&entry, 1, 0) == 1;
    wake_.clear();
    return is;
  }

 private:
  WakeEvent wake_;
  int client_ = -1;
  std::unique_ptr<ReplyBuffer> reply_;
};

const std::string much(1 << 20, 'x');  // more than a socket holds, less than write() waits for

}  // namespace

TEST_CASE("a reply that is complete and unread wakes the front when it is given up") {
  Unread unread;
  REQUIRE(unread.reply().write(much));
  unread.reply().finish();
  CHECK(unread.woken());
  CHECK(unread.reply().advance().waits_for_client);
  CHECK_FALSE(unread.woken());
  unread.reply().break_off();
  CHECK(unread.woken());
  const auto state = unread.reply().advance();
  CHECK(state.broken);
  CHECK(state.finished);
  CHECK_FALSE(state.waits_for_client);
  unread.reply().break_off();  // once: the front would turn in circles
  CHECK_FALSE(unread.woken());
}

TEST_CASE("a complete reply whose client has gone wakes the front, whoever notices it") {
  Unread unread;
  REQUIRE(unread.reply().write(much));
  unread.reply().finish();
  unread.hang_up();
  CHECK(unread.woken());
  CHECK(unread.reply().advance().broken);
  CHECK(unread.woken());
}

TEST_CASE("a reply that is given up lets its writer go") {
  Unread unread;
  bool all = true;
  std::thread writer([&] {
    for (int i = 0; i < 4 && all; ++i) all = unread.reply().write(much);
  });
  unread.reply().break_off();
  writer.join();
  CHECK_FALSE(all);
  CHECK_FALSE(unread.reply().write("more"));
}
