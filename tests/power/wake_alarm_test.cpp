#include "power/wake_alarm.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::power;
using namespace turbodiff::testing;

namespace {

constexpr std::int64_t now = 1'800'000'000;

/// A chip that behaves as the kernel's: a second alarm is refused until the first is cleared.
struct Chip {
  std::string alarm = {};
  std::vector<std::string> written = {};
  std::int64_t off_by = 0;  ///< what it makes of an alarm
  bool stuck = false;       ///< clearing does not help

  AlarmFile file() {
    return {[this](const std::string& text) {
              written.push_back(text);
              if (text == "0\n") {
                if (!stuck) alarm.clear();
                return;
              }
              if (!alarm.empty()) throw std::system_error(EBUSY, std::generic_category());
              alarm = fmt::format("{}\n", std::stoll(text) + off_by);
            },
            [this] { return alarm; }};
  }
};

}  // namespace

TEST_CASE("an alarm is cleared, set and read back") {
  const TempDir folder;
  write_file(folder / "wakealarm", "1799999999999\n");
  WakeAlarm alarm(folder / "wakealarm");
  alarm.arm(now + 3600, now);
  CHECK(read_file(folder / "wakealarm") == "1800003600\n");
  alarm.clear();
  CHECK(read_file(folder / "wakealarm") == "0\n");
  Chip chip;
  WakeAlarm again("rtc", chip.file());
  again.arm(now + 60, now);
  again.arm(now + 120, now);
  CHECK(chip.written == std::vector<std::string>{"0\n", "1800000060\n", "0\n", "1800000120\n"});
}

TEST_CASE("an alarm that does not stand where it was set is an error") {
  for (const std::int64_t off_by : {-3600, -2, 2, 86400}) {
    Chip chip{.off_by = off_by};
    const Error error = error_of([&] { WakeAlarm("rtc", chip.file()).arm(now + 60, now); });
    CHECK(error.message().find("rtc") != std::string::npos);
    CHECK(error.message().find("1800000060") != std::string::npos);
  }
  for (const std::int64_t off_by : {-1, 0, 1}) {
    Chip chip{.off_by = off_by};
    WakeAlarm("rtc", chip.file()).arm(now + 60, now);
  }
  // Written to, and never set.
  CHECK(error_of([] { WakeAlarm("/dev/null").arm(now + 60, now); }).code() == ErrorCode::work_failed);
}

TEST_CASE("a chip that refuses the second alarm is an error") {
  Chip chip{.stuck = true};
  WakeAlarm alarm("rtc", chip.file());
  alarm.arm(now + 60, now);
  const Error error = error_of([&] { alarm.arm(now + 120, now); });
  CHECK(error.message().find("busy") != std::string::npos);
}

TEST_CASE("a clock chip that does not keep UTC is not trusted") {
  const TempDir folder;
  write_file(folder / "wakealarm", "");
  for (const std::int64_t off : {-7200, 61, 3600}) {
    write_file(folder / "since_epoch", fmt::format("{}\n", now + off));
    const Error error = error_of([&] { WakeAlarm(folder / "wakealarm").arm(now + 600, now); });
    CHECK(error.message().find("UTC") != std::string::npos);
    CHECK(read_file(folder / "wakealarm").empty());
  }
  write_file(folder / "since_epoch", fmt::format("{}\n", now - 2));
  WakeAlarm(folder / "wakealarm").arm(now + 600, now);
  CHECK(read_file(folder / "wakealarm") == "1800000600\n");
}

TEST_CASE(
    "a clock is trusted up to a minute off, and how far it is off is reported; no number is not trusted") {
  const TempDir folder;
  write_file(folder / "wakealarm", "");
  for (const std::int64_t off : {-60, 60}) {
    write_file(folder / "since_epoch", fmt::format("{}\n", now + off));
    WakeAlarm(folder / "wakealarm").arm(now + 600, now);
    CHECK(read_file(folder / "wakealarm") == "1800000600\n");
  }
  const auto message = [&](const std::string& clock) {
    write_file(folder / "since_epoch", clock);
    return error_of([&] { WakeAlarm(folder / "wakealarm").arm(now + 600, now); }).message();
  };
  const std::string head = "the clock of " + folder.path().string() + " ";
  CHECK(message("1799999939\n") == head + "is -61 s off UTC");
  CHECK(message("1800007200\n") == head + "is 7200 s off UTC");
  CHECK(message("noon\n") == head + "cannot be read");
  std::filesystem::remove(folder / "since_epoch");
  std::filesystem::create_directory(folder / "since_epoch");
  CHECK(error_of([&] { WakeAlarm(folder / "wakealarm").arm(now + 600, now); }).message() ==
        head + "cannot be read");
}

TEST_CASE("an alarm is cleared only where it is the one that was set") {
  Chip chip{.alarm = "1800000060\n"};
  WakeAlarm("rtc", chip.file()).clear_if(now + 61);
  CHECK(chip.alarm == "1800000060\n");
  CHECK(chip.written.empty());
  WakeAlarm("rtc", chip.file()).clear_if(now + 60);
  CHECK(chip.alarm.empty());
  WakeAlarm("rtc", chip.file()).clear_if(now + 60);  // none is set
  CHECK(chip.written == std::vector<std::string>{"0\n"});
  const Error unread = error_of([] { WakeAlarm("/nonexistent/wakealarm").clear_if(now); });
  CHECK(unread.code() == ErrorCode::work_failed);
  CHECK(unread.message().find("cannot read the wake alarm /nonexistent/wakealarm") == 0);
  const Error full = error_of([] { WakeAlarm("/dev/full").clear(); });
  CHECK(full.message().find("cannot clear the wake alarm /dev/full: No space") == 0);
}

TEST_CASE("a machine without such a chip says so, and no file is made") {
  const TempDir folder;
  const Error error = error_of([&] { WakeAlarm(folder / "wakealarm").arm(now + 60, now); });
  CHECK(error.hint().find("power.wake_alarm") != std::string::npos);
  CHECK(error.message() == fmt::format("cannot clear the wake alarm {}: No such file or directory",
                                       (folder / "wakealarm").string()));
  CHECK_FALSE(std::filesystem::exists(folder / "wakealarm"));
}
