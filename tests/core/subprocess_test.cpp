#include "core/os/subprocess.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/os/signals.h"
#include "core/text/strings.h"
#include "testing.h"

using namespace turbodiff;
using core::run_process;
using core::Subprocess;
using core::SubprocessOptions;
using testing::error_of;
using testing::TempDir;
using testing::write_file;
using Stream = SubprocessOptions::Stream;

namespace {
SubprocessOptions shell(const std::string& script) {
  return {.argv = {"sh", "-c", script}};
}
}  // namespace

TEST_CASE("output, errors and the exit code come back") {
  const auto result = run_process(shell("echo out; echo err >&2; printf last; exit 7"));
  CHECK(result.status.code == 7);
  CHECK(result.status.signal == 0);
  CHECK_FALSE(result.status.ok());
  CHECK(result.output == "out\nlast\n");
  CHECK(result.errors == "err\n");
  CHECK(result.status.describe() == "exit code 7");
}

TEST_CASE("arguments go through untouched by any shell") {
  const auto result = run_process({.argv = {"printf", "%s|", "a b", "$HOME", "", "'\"*"}});
  CHECK(result.output == "a b|$HOME||'\"*|\n");
}

TEST_CASE("much input and output at once does not deadlock") {
  std::string input;
  for (int i = 0; i < 100'000; ++i) input += "line " + std::to_string(i) + "\n";
  const auto result = run_process({.argv = {"cat"}}, input);
  CHECK(result.status.ok());
  CHECK(result.output == input);
}

TEST_CASE("a child that does not read its input is no error and no SIGPIPE") {
  struct sigaction before {};
  struct sigaction fatal {};
  fatal.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &fatal, &before);
  const auto result = run_process(shell("exit 0"), std::string(1 << 20, 'x'));
  ::sigaction(SIGPIPE, &before, nullptr);
  CHECK(result.status.ok());
}

TEST_CASE("a program that is not there is named") {
  const Error error = error_of([] { run_process({.argv = {"turbodiff-no-such-program"}}); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.message().find("turbodiff-no-such-program") != std::string::npos);
  const TempDir folder;
  write_file(folder / "data", "not a program");
  CHECK(error_of([&] { run_process({.argv = {(folder / "data").string()}}); }).code() ==
        ErrorCode::work_failed);
  CHECK(error_of([] { run_process({}); }).code() == ErrorCode::work_failed);
}

TEST_CASE("the environment and the folder of the child can be set") {
  const TempDir folder;
  SubprocessOptions options = shell("pwd -P; echo \"$GREETING\"; echo \"${PATH:-none}\"");
  options.argv[0] = "/bin/sh";
  options.working_directory = folder.path();
  options.environment = {{"GREETING", "hello"}, {"PATH", std::nullopt}};
  const auto result = run_process(options);
  CHECK(result.output.starts_with(std::filesystem::canonical(folder.path()).string() + "\nhello\n"));
  options.working_directory = folder / "none";
  CHECK(error_of([&] { run_process(options); }).message().find("working folder") != std::string::npos);
}

TEST_CASE("only the standard descriptors reach the child") {
  const int leaky = ::open("/dev/null", O_RDONLY);
  REQUIRE(leaky > 2);
  const auto result = run_process(shell("ls /proc/$$/fd"));
  ::close(leaky);
  for (const auto name : core::split(core::trim(result.output), '\n'))
    CHECK_MESSAGE(core::parse_integer(name).value_or(99) <= 2, result.output);
}

TEST_CASE("lines arrive while the child runs, and its death by a signal is reported") {
  SubprocessOptions options = shell("echo ready; read line; echo \"got $line\"; exec sleep 600");
  std::vector<std::string> lines;
  options.input = Stream::pipe;
  options.output = Stream::pipe;
  options.on_output = [&](std::string_view line) { lines.emplace_back(line); };
  Subprocess child(options);
  while (lines.empty()) CHECK_FALSE(child.wait(0.05));
  CHECK(child.write_input("it\n"));
  while (lines.size() < 2) CHECK_FALSE(child.wait(0.05));
  CHECK(lines == std::vector<std::string>{"ready", "got it"});
  child.signal(SIGKILL);
  const auto status = child.wait();
  REQUIRE(status);
  CHECK(status->signal == SIGKILL);
  CHECK(status->describe() == "killed by signal 9 (Killed)");
  CHECK(child.wait()->signal == SIGKILL);
}

TEST_CASE("terminate asks first and insists after the grace time") {
  SubprocessOptions polite = shell("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  bool ready = false;
  polite.output = Stream::pipe;
  polite.errors = Stream::null;
  polite.on_output = [&](std::string_view) { ready = true; };
  Subprocess first(polite);
  while (!ready) first.wait(0.05);
  CHECK(first.terminate(60).code == 3);

  SubprocessOptions stubborn = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ready = false;
  stubborn.output = Stream::pipe;
  stubborn.errors = Stream::null;
  stubborn.on_output = [&](std::string_view) { ready = true; };
  Subprocess second(stubborn);
  while (!ready) second.wait(0.05);
  CHECK(second.terminate(0.05).signal == SIGKILL);
}

TEST_CASE("leaving the scope kills and reaps") {
  pid_t pid = 0;
  {
    const Subprocess child({.argv = {"sleep", "600"}});
    pid = child.pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
  CHECK(::waitpid(pid, nullptr, WNOHANG) == -1);
}

TEST_CASE("a grandchild that keeps the pipe open is not waited for") {
  const auto result = run_process(shell("sleep 600 & echo $!"));
  CHECK(result.status.ok());
  const auto grandchild = core::parse_integer(core::trim(result.output));
  REQUIRE(grandchild);
  CHECK(::kill(static_cast<pid_t>(*grandchild), SIGKILL) == 0);
}

TEST_CASE("the child starts with default signals") {
  struct sigaction before {};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  const auto result = run_process(shell("kill -PIPE $$; echo alive"));
  ::sigaction(SIGPIPE, &before, nullptr);
  CHECK(result.status.signal == SIGPIPE);
  CHECK(result.output.empty());
}

TEST_CASE("an interrupt ends the wait, and the child with it") {
  struct sigaction before {};
  ::sigaction(SIGINT, nullptr, &before);
  core::install_signal_handlers();
  SubprocessOptions options = shell("exec sleep 600");
  Subprocess child(options);
  std::raise(SIGINT);
  CHECK_FALSE(child.wait());
  CHECK(child.terminate(60).signal == SIGTERM);
  CHECK(error_of([] { run_process({.argv = {"sleep", "600"}}); }).code() == ErrorCode::interrupted);
  core::clear_interrupt();
  ::sigaction(SIGINT, &before, nullptr);
}

TEST_CASE("a line without an end is handed over in pieces") {
  std::size_t bytes = 0;
  std::size_t longest = 0;
  SubprocessOptions options = shell("head -c 5000000 /dev/zero");
  options.output = Stream::pipe;
  options.on_output = [&](std::string_view line) {
    bytes += line.size();
    longest = std::max(longest, line.size());
  };
  Subprocess child(options);
  REQUIRE(child.wait());
  CHECK(bytes == 5'000'000);
  CHECK(longest < 1'500'000);
}
