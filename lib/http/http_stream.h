// A connection of the HTTP server as seen by the thread that answers it: a request that has been received
// completely, and a reply that the front end sends.
#pragma once

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

namespace turbodiff::http {

/// Wakes a thread that polls.
class WakeEvent {
 public:
  /// Error work_failed when the system provides no event descriptor.
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;
  int fd() const { return fd_; }
  void set() const;
  void clear() const;

 private:
  int fd_;
};

/// The reply to a request: written by its thread, sent by the front end. Owns the descriptor.
class ReplyBuffer {
 public:
  using Clock = std::chrono::steady_clock;

  ReplyBuffer(int fd, const WakeEvent& wake) : fd_(fd), wake_(wake) {}
  ~ReplyBuffer();
  ReplyBuffer(const ReplyBuffer&) = delete;
  ReplyBuffer& operator=(const ReplyBuffer&) = delete;

  int fd() const { return fd_; }

  /// Waits while the client is far behind; false when the client has gone.
  bool write(std::string_view bytes);
  /// Sends "100 Continue", which HTTP allows any number of times before a reply; nothing once the reply has
  /// begun.
  void write_interim();
  void finish();
  /// Stops sending, and makes waiting calls of write() return.
  void break_off();
  bool is_broken() const;

  struct State {
    bool waits_for_client = false, finished = false, broken = false;
    Clock::time_point progress;  ///< when the client last accepted data, while the reply waits for it
  };
  /// Sends what the client accepts without waiting.
  State advance();

 private:
  std::size_t unsent() const { return bytes_.size() - sent_; }
  void append(std::string_view bytes);
  void send_some();
  void break_locked();

  const int fd_;
  const WakeEvent& wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::string bytes_;
  std::size_t sent_ = 0;
  bool begun_ = false, finished_ = false, broken_ = false;
  Clock::time_point progress_ = Clock::now();  ///< of the unsent data
};

/// Request and reply as a stream of httplib.
class RequestStream final : public httplib::Stream {
 public:
  RequestStream(std::string request, ReplyBuffer& reply) : request_(std::move(request)), reply_(reply) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !reply_.is_broken(); }
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  // The front end knows the client; nothing calls these.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return reply_.fd(); }

 private:
  const std::string request_;
  std::size_t at_ = 0;
  ReplyBuffer& reply_;
};

}  // namespace turbodiff::http
