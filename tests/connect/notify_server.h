// notify_server.py as a child of the test.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/subprocess.h"
#include "testing.h"

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
    for (int i = 0; i < 600 && port_ == 0; ++i) process_->wait_some(0.05);
    REQUIRE(port_ != 0);
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
