// A store that is taken away or cannot be written.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

void remove_store(const fs::path& file) {
  for (const char* ending : {"", "-wal", "-shm"}) fs::remove(file.string() + ending);
}

/// What opening the store on a file system of its own, mounted read-only after it was made, says; "" where
/// this process may not mount.
std::string error_when_read_only(bool store_is_there) {
  const TempDir folder;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string text;
    if (::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("none", folder.path().c_str(), "tmpfs", 0, nullptr) == 0) {
      if (store_is_there) store::JobStore(folder / "jobs.db", true);
      if (::mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0) try {
          store::JobStore(folder / "jobs.db", true).list({});
          text = "opened";
        } catch (const Error& error) {
          text = fmt::format("{} {}; {}", static_cast<int>(error.code()), error.message(), error.hint());
        }
    }
    [[maybe_unused]] const auto written = ::write(ends[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const auto count = ::read(ends[0], text.data(), text.size());
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(StoreFixture, "a store that was removed is not written to any more") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  CHECK_NOTHROW(store().require_in_place());
  remove_store(store().file());
  CHECK_THROWS_AS(store().require_in_place(), store::StoreGone);
  CHECK_THROWS_AS(store().claim(epoch, id, {2, 1, 4}, noon), store::StoreGone);
  const Error error = error_of([&] { add("b.mp4"); });
  CHECK(error.code() == ErrorCode::work_failed);
  CHECK(error.message() ==
        "the job store '" + path("jobs.db") + "' was removed or replaced while it was in use");
}

TEST_CASE_FIXTURE(StoreFixture, "a store in whose place another one lies is not written to any more") {
  add("a.mp4");
  remove_store(store().file());
  store::JobStore other(store().file(), true);
  CHECK_THROWS_AS(add("b.mp4"), store::StoreGone);
  CHECK_THROWS_AS(store().require_in_place(), store::StoreGone);
  CHECK_NOTHROW(other.require_in_place());
  CHECK(other.list({}).empty());
}

TEST_CASE("a folder, or what is neither file nor folder, is reported as such") {
  const TempDir folder;
  fs::create_directory(folder / "jobs.db");
  const Error error = error_of([&] { store::JobStore(folder / "jobs.db", true); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message() == "the job store '" + (folder / "jobs.db").string() + "' is a folder");
  const Error device = error_of([] { store::JobStore("/dev/null", true); });
  CHECK(device.code() == ErrorCode::bad_request);
  CHECK(device.message() == "the job store '/dev/null' is not a file");
}

TEST_CASE("a file system that is mounted read-only is reported as such") {
  for (const bool store_is_there : {false, true}) {
    const std::string error = error_when_read_only(store_is_there);
    if (error.empty()) return;  // only root may mount
    CHECK_MESSAGE(error.find("is on a file system that is mounted read-only; mount it for writing") !=
                      std::string::npos,
                  error);
    CHECK(error.starts_with("2 "));
  }
}
