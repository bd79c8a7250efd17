#include "http/http_front.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/os/signal_free_thread.h"
#include "http/http_peer.h"
#include "http/http_reply.h"
#include "http/http_stream.h"

namespace turbodiff::http {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long, and how much, a client may go on sending after its reply: closing at once would throw the reply
/// away.
constexpr milliseconds linger_time{2000};
constexpr std::size_t most_discarded = 64 << 20;
/// After the machine has refused a descriptor or a thread.
constexpr milliseconds short_of_means{100};
/// What a slow reader gets when the server is stopped.
constexpr milliseconds stop_time{1000};

struct Connection {
  enum class Stage { head, body, answering, lingering };
  std::shared_ptr<ReplyBuffer> reply;
  bool own_user = false;
  Stage stage = Stage::head;
  Clock::time_point since, deadline;  ///< of the stage; an answer has no deadline
  std::string input;
  RequestHead head;
  std::size_t discarded = 0;
  bool hung_up = false;  ///< sends nothing more

  bool is_incomplete() const { return stage == Stage::head || stage == Stage::body; }
};

void set_blocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

/// Half of what the process may open: the rest is for the store, the videos and the worker.
std::size_t affordable(std::size_t connections) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return connections;
  return std::min<std::size_t>(connections, std::max<std::size_t>(8, files.rlim_cur / 2));
}

}  // namespace

class HttpFront::Loop {
 public:
  Loop(int listener, FrontLimits limits, Calls calls)
      : listener_(listener), limits_(limits), calls_(std::move(calls)) {
    limits_.connections = affordable(limits_.connections);
    set_blocking(listener_, false);
    ::listen(listener_, SOMAXCONN);
    thread_ = core::signal_free_thread([this] { run(); });
  }
  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      stops_by_ = Clock::now() + stop_time;
    }
    wake_.set();
    thread_.join();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return threads_ == 0; });
    ::close(listener_);
  }

 private:
  using Stage = Connection::Stage;
  using List = std::vector<std::unique_ptr<Connection>>;
  struct Request {
    std::shared_ptr<ReplyBuffer> reply;
    std::string text;
    bool own_user = false;
  };

  /// Until stopped; then until the requests in work are answered and their replies sent, or given up.
  void run() {
    for (;;) {
      // One instant a round: what is not yet due for a step below is then due for pause().
      const auto now = Clock::now();
      stop_by_ = stop_time_point();
      if (stop_by_) give_up(now);
      if (stop_by_ && connections_.empty()) return;
      std::vector<pollfd> entries{{wake_.fd(), POLLIN, 0}};
      const bool accepts = !stop_by_ && now >= accepts_again_;
      if (accepts) entries.push_back({listener_, POLLIN, 0});
      const std::size_t first = entries.size();
      for (const auto& connection : connections_) entries.push_back(entry_of(*connection));
      if (::poll(entries.data(), entries.size(), pause(now)) < 0) {
        // Without memory for it: nothing is known of any connection.
        for (pollfd& entry : entries) entry.revents = 0;
        std::this_thread::sleep_for(short_of_means);
      }
      wake_.clear();
      for (std::size_t i = 0; i < connections_.size(); ++i)
        advance(*connections_[i], entries[first + i].revents);
      if (accepts && entries[1].revents != 0) accept_all();
      std::erase_if(connections_, [](const auto& connection) { return connection->reply == nullptr; });
      while (incomplete_bytes() > limits_.all_bodies && make_room()) {
      }
      start_ready();
    }
  }
  std::optional<Clock::time_point> stop_time_point() {
    const std::lock_guard lock(mutex_);
    return stops_by_;
  }
  /// While stopping: all that is not being answered, and in the end also what is.
  void give_up(Clock::time_point now) {
    std::erase_if(connections_, [](const auto& connection) { return connection->stage != Stage::answering; });
    if (now >= *stop_by_)
      for (const auto& connection : connections_) connection->reply->break_off();
  }

  static pollfd entry_of(Connection& connection) {
    pollfd entry{connection.reply->fd(), 0, 0};
    const ReplyBuffer::State state = connection.reply->advance();
    // A broken one would report that again and again until its thread has ended.
    if (state.broken) entry.fd = -1;
    if (!connection.hung_up) entry.events |= POLLIN;
    if (state.waits_for_client) entry.events |= POLLOUT;
    return entry;
  }

  /// Milliseconds until the next thing that happens by itself after `now`.
  int pause(Clock::time_point now) const {
    auto next = now + std::chrono::hours(1);
    if (accepts_again_ > now) next = accepts_again_;
    if (stop_by_ && *stop_by_ > now) next = *stop_by_;
    for (const auto& connection : connections_) {
      if (connection->stage != Stage::answering) next = std::min(next, connection->deadline);
      if (const auto state = connection->reply->advance(); state.waits_for_client)
        next = std::min(next, state.progress + limits_.stall_time);
    }
    const auto left = std::chrono::ceil<milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
  }

  void advance(Connection& connection, short events) {
    const auto now = Clock::now();
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) take(connection);
    // The client has closed both directions: nothing reaches it any more.
    if (!connection.is_incomplete() && (events & (POLLHUP | POLLERR)) != 0) connection.reply->break_off();
    if (connection.is_incomplete()) {
      if (connection.hung_up) return end(connection);
      if (now >= connection.deadline)
        return refuse(connection, 408, Error::bad_request("the request did not come in time"));
      return look(connection);
    }
    const ReplyBuffer::State state = connection.reply->advance();
    if (state.waits_for_client && now - state.progress >= limits_.stall_time) connection.reply->break_off();
    if (state.broken && state.finished) return end(connection);
    if (connection.stage == Stage::answering && state.finished && !state.waits_for_client) linger(connection);
    if (connection.stage == Stage::lingering && (connection.hung_up || now >= connection.deadline))
      end(connection);
  }

  /// Reads what has come: into the request, or away when that is complete.
  void take(Connection& connection) {
    std::array<char, 65536> buffer;
    for (int rounds = 0; rounds < 16; ++rounds) {
      const ssize_t got = ::recv(connection.reply->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (got < 0) connection.reply->break_off();
      if (got <= 0) {
        connection.hung_up = true;
        if (connection.stage == Stage::answering) probe(connection);
        return;
      }
      const auto size = static_cast<std::size_t>(got);
      if (connection.is_incomplete()) {
        connection.input.append(buffer.data(), size);
        return;  // it is looked at before more is taken
      }
      connection.discarded += size;
      if (connection.discarded > most_discarded) connection.reply->break_off(), connection.hung_up = true;
    }
  }

  /// A client that sends nothing more may still read, or be gone. The system of one that is gone refuses
  /// whatever comes, which is seen as an error of the socket. HTTP/1.0 has nothing that could be sent.
  static void probe(Connection& connection) {
    if (connection.head.version != "HTTP/1.0") connection.reply->write_interim();
  }

  void look(Connection& connection) {
    try {
      if (connection.stage == Stage::head) {
        auto head = parse_head(connection.input, limits_.head);
        if (!head) return;
        connection.head = std::move(*head);
        const bool expects = connection.head.has("expect");
        if (expects) answer_expectation(connection);
        if (!calls_.wants_body(connection.head, connection.own_user)) return ready(connection);
        if (const auto length = declared_length(connection.head); length && *length > limits_.body)
          return ready(connection);
        connection.stage = Stage::body;
        connection.since = Clock::now();
        connection.deadline = connection.since + limits_.body_time;
        if (expects) connection.reply->write_interim();
      }
      const std::string_view body = std::string_view(connection.input).substr(connection.head.size);
      if (body_is_complete(connection.head, body) || body.size() > 2 * limits_.body) ready(connection);
    } catch (const HttpError& error) {
      refuse(connection, error.status, error.error);
    }
  }

  /// The front says 100 itself, before the body: the library would after it.
  static void answer_expectation(Connection& connection) {
    std::string& input = connection.input;
    constexpr std::string_view name = "expect:", nothing = "x-none:";
    // The head ends with an empty line: a field's name lies before it.
    for (std::size_t at = input.find("\r\n");
         at != std::string::npos && at + 2 + name.size() <= connection.head.size;
         at = input.find("\r\n", at + 2)) {
      const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
      if (std::equal(name.begin(), name.end(), input.begin() + static_cast<std::ptrdiff_t>(at) + 2, same))
        input.replace(at + 2, name.size(), nothing);
    }
  }

  void refuse(Connection& connection, int status, const Error& error) {
    connection.stage = Stage::answering;
    connection.reply->write(calls_.refusal(status, error));
    connection.reply->finish();
  }

  void ready(Connection& connection) {
    connection.stage = Stage::answering;
    const std::lock_guard lock(mutex_);
    ready_.push_back({connection.reply, std::move(connection.input), connection.own_user});
    connection.input = {};
  }

  void linger(Connection& connection) const {
    ::shutdown(connection.reply->fd(), SHUT_WR);
    connection.stage = Stage::lingering;
    connection.deadline = Clock::now() + linger_time;
  }
  static void end(Connection& connection) {
    connection.reply->break_off();
    connection.reply = nullptr;
  }

  void accept_all() {
    for (int i = 0; i < 64; ++i) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (fd < 0) {
        // Without a descriptor or memory: one of the incomplete ones makes room.
        make_room();
        accepts_again_ = Clock::now() + short_of_means;
        return;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      connection->reply = std::make_shared<ReplyBuffer>(fd, wake_);
      const auto user = peer_user(fd);
      connection->own_user = user && (*user == ::geteuid() || *user == 0);
      connection->since = Clock::now();
      connection->deadline = connection->since + limits_.head_time;
      if (connections_.size() >= limits_.connections && !make_room()) continue;
      connections_.push_back(std::move(connection));
      advance(*connections_.back(), POLLIN);  // the request is often there already
    }
  }

  std::size_t incomplete_bytes() const {
    std::size_t bytes = 0;
    for (const auto& connection : connections_) bytes += connection->input.size();
    return bytes;
  }

  /// Closes the connection that has waited longest for the rest of its request, or else for its client to
  /// close; false when there is none.
  bool make_room() {
    auto oldest = connections_.end();
    for (auto at = connections_.begin(); at != connections_.end(); ++at) {
      if ((*at)->stage == Stage::answering) continue;
      if (oldest == connections_.end() || (*at)->since < (*oldest)->since) oldest = at;
    }
    if (oldest == connections_.end()) return false;
    connections_.erase(oldest);
    return true;
  }

  void start_ready() {
    const std::lock_guard lock(mutex_);
    while (starting_ < ready_.size() && threads_ < limits_.threads) {
      ++threads_;
      try {
        core::signal_free_thread([this] { work(); }).detach();
        ++starting_;
      } catch (const std::system_error&) {
        --threads_;
        if (threads_ > 0) return;  // one of them takes it
        ready_.front().reply->break_off();
        ready_.front().reply->finish();
        ready_.pop_front();
      }
    }
  }
  /// Answers requests while there are any.
  void work() {
    for (bool first = true;; first = false) {
      Request request;
      {
        const std::lock_guard lock(mutex_);
        if (first) --starting_;
        if (ready_.empty()) {
          --threads_;
          idle_.notify_all();
          return;
        }
        request = std::move(ready_.front());
        ready_.pop_front();
      }
      answer(request);
    }
  }
  void answer(Request& request) const {
    RequestStream stream(std::move(request.text), *request.reply);
    try {
      calls_.serve(stream, request.own_user);
    } catch (const std::exception&) {
      request.reply->break_off();
    }
    request.reply->finish();
  }

  const int listener_;
  FrontLimits limits_;
  const Calls calls_;
  WakeEvent wake_;
  List connections_;  ///< of the front's thread
  Clock::time_point accepts_again_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::deque<Request> ready_;
  int threads_ = 0;
  std::size_t starting_ = 0;                   ///< threads that have not taken a request yet
  std::optional<Clock::time_point> stops_by_;  ///< set by whoever stops
  std::optional<Clock::time_point> stop_by_;   ///< the same, as the front's thread knows it
  std::thread thread_;
};

HttpFront::HttpFront(int listener, FrontLimits limits, Calls calls)
    : loop_(std::make_unique<Loop>(listener, limits, std::move(calls))) {}

HttpFront::~HttpFront() = default;

}  // namespace turbodiff::http
