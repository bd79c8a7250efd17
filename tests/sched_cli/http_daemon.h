// turbodiff-sched's daemon with its HTTP API.
#pragma once

#include <csignal>
#include <memory>

#include "loopback_client.h"
#include "sched_program.h"

namespace turbodiff::testing {

inline const std::string tiny = R"("steps":1,"width":32,"height":32,"frames":5)";

/// A daemon with its HTTP API at a free port.
class HttpDaemon : public SchedPlace {
 public:
  /// An engine that makes no video but is quick.
  HttpDaemon() { place().set("FAKE_ENGINE_SECONDS", "0.05"); }
  ~HttpDaemon() { stop(); }

  void start(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--tariff", path("open.yaml"), "daemon", "--http", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto options = call(std::move(arguments));
    options.errors = core::SubprocessOptions::Stream::pipe;
    port_ = 0;
    options.on_errors = [this](std::string_view line) {
      told_ += std::string(line) + "\n";
      if (const auto at = line.find("http://127.0.0.1:"); at != std::string_view::npos)
        port_ = std::stoi(std::string(line.substr(at + 17)));
    };
    daemon_ = std::make_unique<core::Subprocess>(std::move(options));
    for (int i = 0; i < 400 && port_ == 0; ++i) daemon_->wait(0.05);
    REQUIRE_MESSAGE(port_ != 0, told_);
  }
  void start_quick() { start({"--engine", TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py"}); }
  void stop() {
    if (!daemon_) return;
    daemon_->signal(SIGTERM);
    const auto ended = daemon_->wait();
    // Sanitizers tell by the exit code what they have found.
    CHECK_MESSAGE(ended->ok(), ended->describe() << "\n" << told_);
    daemon_.reset();
  }
  LoopbackClient http() const { return LoopbackClient(port_); }
  const std::string& told() const { return told_; }

  void check_error(const LoopbackReply& reply, int status, const std::string& part) const {
    CHECK_MESSAGE(reply.status == status, reply.body);
    CHECK(schema_violations(read_schema("error"), reply.json()) == std::vector<std::string>{});
    const std::string text = reply.json()["error"].dump();
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  }

 private:
  std::unique_ptr<core::Subprocess> daemon_;
  std::string told_;
  int port_ = 0;
};

}  // namespace turbodiff::testing
