#include "power/shutdown_command.h"

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::power;
using namespace turbodiff::testing;

namespace {

/// A program that notes how it is called.
struct FakeShutdown {
  TempDir folder;
  std::string program = (folder / "shutdown").string();
  FakeShutdown() {
    write_file(program, "#!/bin/sh\necho \"$1 $2\" >> " + (folder / "calls").string() + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  std::string calls() const { return read_file(folder / "calls"); }
};

}  // namespace

TEST_CASE("without logind shutdown counts whole minutes, and is taken back") {
  const FakeShutdown fake;
  ShutdownCommand command(fake.program);
  CHECK(command.grace_s(1) == 1);
  CHECK(command.grace_s(60) == 60);
  CHECK(command.grace_s(61) == 120);
  command.announce(Action::shutdown, 0, 600, "soon");
  CHECK(fake.calls() == "-h +10\n");
  command.withdraw();
  CHECK(fake.calls() == "-h +10\n-c \n");
  command.withdraw();
  command.announce(Action::shutdown, 0, 5, "soon");
  CHECK(fake.calls() == "-h +10\n-c \n");
  command.act(Action::shutdown);
  CHECK(fake.calls() == "-h +10\n-c \n-h +0\n");
}

TEST_CASE("without logind a machine cannot sleep, and a missing shutdown is reported") {
  const FakeShutdown fake;
  CHECK(ShutdownCommand(fake.program).obstacle(Action::shutdown).empty());
  CHECK_FALSE(ShutdownCommand(fake.program).obstacle(Action::suspend).empty());
  const TempDir folder;
  const Error error = error_of([&] { ShutdownCommand((folder / "none").string()).act(Action::shutdown); });
  CHECK(error.code() == ErrorCode::work_failed);
  CHECK(error.hint().find("power.shutdown_command") != std::string::npos);
  CHECK(error_of([] { ShutdownCommand("/bin/false").act(Action::shutdown); }).message().find("exit code 1") !=
        std::string::npos);
}
