#include "http/change_signal.h"

#include "testing.h"

using turbodiff::http::ChangeSignal;
using namespace std::chrono_literals;

TEST_CASE("a change of the store and a poke wake those who wait, from any thread") {
  const turbodiff::testing::TempDir folder;
  const auto store = folder.path() / "jobs.db";
  ChangeSignal changes(store);
  std::uint64_t seen = changes.count();
  turbodiff::store::notify_change(store);
  const auto rung = changes.wait(seen, 10s);
  CHECK(rung > seen);
  std::thread other([&] { changes.poke(); });
  CHECK(changes.wait(rung, 10s) > rung);
  other.join();
}

TEST_CASE("nothing new is reported after the time given, and a stop at once") {
  const turbodiff::testing::TempDir folder;
  ChangeSignal changes(folder.path() / "jobs.db");
  std::uint64_t seen = changes.count();
  CHECK(changes.wait(seen, 1ms) == seen);
  CHECK_FALSE(changes.stopping());
  std::thread other([&] { changes.stop(); });
  changes.wait(seen, 60s);
  CHECK(changes.stopping());
  other.join();
}
