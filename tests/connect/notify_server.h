// notify_server.py as a child of the test.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/os/subprocess.h"
#include "waiting.h"

namespace turbodiff::testing {

/// Makes LOG.crt and LOG.key for 127.0.0.1, once.
inline void make_certificate(const std::string& log) {
  const auto made = core::run_process(
      {.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                log + ".key", "-out", log + ".crt"}});
  REQUIRE_MESSAGE(made.status.ok(), made.errors);
}

class NotifyServer {
 public:
  /// `kind` and `behaviours` as notify_server.py has them; a port of 0 is any that is free.
  NotifyServer(const std::string& kind, std::string log, std::vector<std::string> behaviours, int port = 0)
      : kind_(kind), log_(std::move(log)) {
    if (kind != "http") make_certificate(log_);
    core::SubprocessOptions options;
    options.argv = {"/usr/bin/python3",
                    TURBODIFF_SOURCE_DIR "/tests/connect/notify_server.py",
                    kind,
                    log_,
                    std::to_string(port),
                    "--"};
    options.argv.insert(options.argv.end(), behaviours.begin(), behaviours.end());
    options.output = core::SubprocessOptions::Stream::pipe;
    options.on_output = [this](std::string_view line) { port_ = std::stoi(std::string(line)); };
    process_ = std::make_unique<core::Subprocess>(std::move(options));
    wait_for(*process_, [&] { return port_ != 0; });
  }
  ~NotifyServer() { process_->terminate(5); }

  int port() const { return port_; }
  std::string url(const std::string& path = "") const {
    return fmt::format("{}://127.0.0.1:{}{}", kind_, port_, path);
  }
  std::string certificate() const { return log_ + ".crt"; }

  /// What has come so far.
  std::vector<nlohmann::json> log() const {
    std::vector<nlohmann::json> entries;
    std::ifstream in(log_);
    for (std::string line; std::getline(in, line);)
      if (auto entry = nlohmann::json::parse(line, nullptr, false); entry.is_object())
        entries.push_back(std::move(entry));
    return entries;
  }
  std::vector<std::string> did() const {
    std::vector<std::string> all;
    for (const auto& entry : log()) all.push_back(entry["did"]);
    return all;
  }

 private:
  std::string kind_, log_;
  std::unique_ptr<core::Subprocess> process_;
  int port_ = 0;
};

/// A port of the loopback at which nobody listens, and which nobody else is given meanwhile. A server of the
/// test's own can take it, as both allow the address to be used again.
class HeldPort {
 public:
  HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_, plain, size) == 0);
    REQUIRE(::getsockname(socket_, plain, &size) == 0);
    number_ = ntohs(address.sin_port);
  }
  ~HeldPort() { ::close(socket_); }
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  int number() const { return number_; }

 private:
  int socket_;
  int number_ = 0;
};

/// Bytes of Base64 as the log has them.
inline std::string from_base64(const std::string& text) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = digits.find(c);
    if (value == std::string::npos) continue;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    if ((count += 6) >= 8) bytes += static_cast<char>((bits >> (count -= 8)) & 0xFFU);
  }
  return bytes;
}

}  // namespace turbodiff::testing
