#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::FileOutcome;

namespace {

store::DroppedFile dropped(const std::string& claim, const std::string& sha256,
                           std::vector<store::NewJob> jobs) {
  return {claim, "/watch", "night.txt", sha256, 12, 5, std::move(jobs)};
}

}  // namespace

TEST_CASE_FIXTURE(StoreFixture, "a dropped file is added once, however often its claim is brought") {
  const auto take = [&](const store::DroppedFile& file, bool skip_same) {
    return store().take_files(std::span(&file, 1), skip_same, noon).at(0);
  };
  const auto file = dropped("1/night.txt", "aa", {new_job(path("a.mp4")), new_job(path("b.mp4"))});
  for (const bool skip_same : {false, true}) {
    const auto taken = take(file, skip_same);
    CHECK(taken.outcome == (skip_same ? FileOutcome::added_before : FileOutcome::added));
    CHECK(taken.first_job == 1);
    CHECK(taken.jobs == 2);
  }
  CHECK(store().knows_file(file, false));

  const auto again = dropped("2/night.txt", "aa", {new_job(path("c.mp4"))});
  CHECK(!store().knows_file(again, false));
  CHECK(take(again, true).outcome == FileOutcome::same_as_before);
  CHECK(take(again, false).outcome == FileOutcome::added);
  CHECK(store().list({}).size() == 3);
}

TEST_CASE_FIXTURE(StoreFixture, "a file that cannot be added leaves nothing, and the others alone") {
  const std::vector<store::DroppedFile> files = {
      dropped("1/a.txt", "aa", {new_job(path("a.mp4"))}),
      dropped("1/b.txt", "bb", {new_job(path("b.mp4")), new_job(path("a.mp4"))}),
      dropped("1/c.txt", "cc", {new_job(path("c.mp4"))})};
  const auto taken = store().take_files(files, true, noon);
  CHECK(taken[0].outcome == FileOutcome::added);
  CHECK(taken[1].outcome == FileOutcome::refused);
  CHECK(taken[1].reason.find("job 1 will write") != std::string::npos);
  CHECK(taken[2].outcome == FileOutcome::added);
  CHECK(store().list({}).size() == 2);
  CHECK(!store().knows_file(files[1], true));
}
