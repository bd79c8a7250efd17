// turbodiff-sched's daemon with its HTTP API.
#pragma once

#include <csignal>
#include <future>
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
    const auto is_up = [&] { return port_ != 0; };
    comes_true(is_up, [&](double pause_s) { REQUIRE_MESSAGE(!daemon_->wait(pause_s), told_); });
    REQUIRE_MESSAGE(port_ != 0, told_);
  }
  void start_quick(const std::string& tariff = "open.yaml") {
    start({"--tariff", path(tariff), "--engine", TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py"});
  }
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

/// A post that waits for its video in a thread of its own; once it is made its job is in the queue.
class WaitingPost {
 public:
  /// `fields` as JSON has them, beside the prompt and the size.
  WaitingPost(const HttpDaemon& daemon, const std::string& fields) {
    const std::size_t before = daemon.json({"list"})["jobs"].size();
    reply_ = std::async(std::launch::async, [http = daemon.http(), fields] {
      return http.post("/sdapi/v1/txt2vid", R"({"prompt":"x",)" + fields + "," + tiny + "}");
    });
    REQUIRE(comes_true([&] { return daemon.json({"list"})["jobs"].size() > before; }));
  }
  LoopbackReply reply() const { return reply_.get(); }

 private:
  std::shared_future<LoopbackReply> reply_;
};

/// The page's stream of events, as curl prints it; once it is made its first event has come.
class EventStream {
 public:
  explicit EventStream(int port) {
    core::SubprocessOptions options;
    options.argv = {"curl", "-sN", fmt::format("http://127.0.0.1:{}/api/events", port)};
    options.output = core::SubprocessOptions::Stream::pipe;
    options.on_output = [this](std::string_view line) { text_ += std::string(line) + "\n"; };
    curl_ = std::make_unique<core::Subprocess>(std::move(options));
    wait_for(*curl_, [&] { return text_.find("data: ") != std::string::npos; });
  }
  const std::string& text() const { return text_; }
  core::Subprocess& process() { return *curl_; }
  void wait_for_end() { REQUIRE(curl_->wait(static_cast<double>(patience.count()))); }

 private:
  std::string text_;
  std::unique_ptr<core::Subprocess> curl_;
};

}  // namespace turbodiff::testing
