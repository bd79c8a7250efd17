#include "http/job_progress.h"

#include "testing.h"

using namespace turbodiff::http;

TEST_CASE("the last stage of the last attempt counts, and what the engine says does not") {
  CHECK(progress_in("") == JobProgress{});
  const std::string one = "--- attempt 1, 2026-01-01T00:00:00Z\n     0.2 s  load\n     1.0 s  denoise 2/4\n";
  CHECK(progress_in(one) == JobProgress{"denoise", 2, 4});
  CHECK(progress_in(one + "warning: 5 s  of 3/4\nwarm  s  x\n") == JobProgress{"denoise", 2, 4});
  CHECK(progress_in(one + "    12.5 s  decode\n") == JobProgress{"decode", 0, 0});
  CHECK(progress_in(one + "     2.0 s  denoise 5/4\n") == JobProgress{"denoise", 2, 4});
  CHECK(progress_in(one + "--- attempt 2, 2026-01-01T00:00:00Z\n") == JobProgress{});
}

TEST_CASE("only the end of a long log is read") {
  const turbodiff::testing::TempDir folder;
  const auto file = folder.path() / "1.log";
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "a line of the engine\n";
  turbodiff::testing::write_file(file, text + "   100.0 s  denoise 3/4\n");
  CHECK(read_progress(file) == JobProgress{"denoise", 3, 4});
  CHECK(read_progress(folder.path() / "none") == JobProgress{});
}
