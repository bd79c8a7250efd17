// A connection of the HTTP server as the thread that answers it sees it: a request that has come completely,
// and a reply that the front sends.
#pragma once

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

namespace turbodiff::connect {

/// Wakes a thread that polls.
class WakeEvent {
 public:
  /// Error work_failed when the system has none.
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

/// What a request is answered with: written by its thread, sent by the front. Owns the descriptor.
class ReplyBuffer {
 public:
  using Clock = std::chrono::steady_clock;

  ReplyBuffer(int fd, const WakeEvent& wake) : fd_(fd), wake_(wake) {}
  ~ReplyBuffer();
  ReplyBuffer(const ReplyBuffer&) = delete;
  ReplyBuffer& operator=(const ReplyBuffer&) = delete;

  int fd() const { return fd_; }

  /// Waits while the client is far behind; false when it is gone.
  bool write(std::string_view bytes);
  /// "100 Continue", which HTTP allows any number of before a reply; nothing once that has begun.
  void write_interim();
  void finish();
  /// Nothing is sent any more, and whoever waits in write() returns.
  void break_off();
  bool is_broken() const;

  struct State {
    bool waits_for_client = false, finished = false, broken = false;
    Clock::time_point progress;  ///< when the client last took something, while it is waited for
  };
  /// Sends what the client takes without waiting.
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
  Clock::time_point progress_ = Clock::now();  ///< of what is unsent
};

/// The two as the library wants them.
class RequestStream final : public httplib::Stream {
 public:
  RequestStream(std::string request, ReplyBuffer& reply) : request_(std::move(request)), reply_(reply) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !reply_.is_broken(); }
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  // Who asks is known to the front; nobody asks the library.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return reply_.fd(); }

 private:
  const std::string request_;
  std::size_t at_ = 0;
  ReplyBuffer& reply_;
};

}  // namespace turbodiff::connect
