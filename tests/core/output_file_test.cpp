#include "core/os/output_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <iterator>
#include <utility>

#include "testing.h"

using namespace turbodiff;
using core::OutputFile;
using testing::error_of;
using testing::read_file;
using testing::TempDir;
using testing::write_file;
namespace fs = std::filesystem;

namespace {
long files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}
}  // namespace

TEST_CASE("an output appears under its name only when it is committed") {
  const TempDir folder;
  OutputFile output(folder / "video.mp4");
  CHECK(output.temp_path().parent_path() == folder.path());
  CHECK(output.temp_path().filename().string().starts_with(".video.mp4."));
  CHECK(output.temp_path().extension() == ".part");
  write_file(output.temp_path(), "frames");
  CHECK_FALSE(fs::exists(folder / "video.mp4"));
  output.commit();
  CHECK(read_file(folder / "video.mp4") == "frames");
  CHECK(files_in(folder.path()) == 1);
  CHECK(error_of([&] { output.commit(); }).code() == ErrorCode::work_failed);
}

TEST_CASE("an output that is not committed leaves nothing") {
  const TempDir folder;
  {
    OutputFile output(folder / "video.mp4");
    write_file(output.temp_path(), "half");
    CHECK(files_in(folder.path()) == 1);
    const OutputFile moved = std::move(output);
    CHECK(fs::exists(moved.temp_path()));
  }
  CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("an existing file is kept without force") {
  const TempDir folder;
  write_file(folder / "video.mp4", "old");
  const Error error = error_of([&] { OutputFile(folder / "video.mp4"); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("video.mp4' exists already") != std::string::npos);
  CHECK(error.hint().find("--force") != std::string::npos);

  OutputFile forced(folder / "video.mp4", true);
  write_file(forced.temp_path(), "new");
  CHECK(read_file(folder / "video.mp4") == "old");
  forced.commit();
  CHECK(read_file(folder / "video.mp4") == "new");
}

TEST_CASE("a file that appears meanwhile is kept") {
  const TempDir folder;
  {
    OutputFile output(folder / "video.mp4");
    write_file(output.temp_path(), "ours");
    write_file(folder / "video.mp4", "theirs");
    CHECK(error_of([&] { output.commit(); }).code() == ErrorCode::bad_request);
    CHECK(read_file(folder / "video.mp4") == "theirs");
  }
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("outputs that cannot be written are refused early") {
  const TempDir folder;
  const auto message = [&](const fs::path& path, bool force = false) {
    const Error error = error_of([&] { OutputFile::check(path, force); });
    CHECK(error.code() == ErrorCode::bad_request);
    return error.message();
  };
  fs::create_symlink("nowhere", folder / "link");
  CHECK(message(folder / "link/a.mp4").find("leads nowhere") != std::string::npos);
  fs::remove(folder / "link");
  CHECK(message(folder.path(), true).find("is a folder") != std::string::npos);
  CHECK(message(folder.path()).find("is a folder") != std::string::npos);
  CHECK(message(folder / "").find("names no file") != std::string::npos);
  CHECK(message("").find("names no file") != std::string::npos);
  CHECK(message("/dev/null", true).find("not a regular file") != std::string::npos);
  write_file(folder / "file", "x");
  CHECK(message(folder / "file/a.mp4").find("is not a folder") != std::string::npos);
  CHECK(message(folder / "file/b/c/a.mp4").find("file' is not a folder") != std::string::npos);
  const Error error = error_of([] { OutputFile("/proc/a.mp4", true); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("cannot write into '/proc'") != std::string::npos);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("missing folders are made when the file is begun and go again without it") {
  const TempDir folder;
  OutputFile::check(folder / "clips/night/a.mp4", false);
  CHECK(files_in(folder.path()) == 0);
  {
    OutputFile first(folder / "clips/night/a.mp4");
    CHECK(fs::is_directory(folder / "clips/night"));
    OutputFile second(folder / "clips/other/../b.mp4");
  }
  CHECK(files_in(folder.path()) == 0);
  {
    OutputFile kept(folder / "clips/night/a.mp4");
    OutputFile lost(folder / "clips/night/more/b.mp4");
    write_file(kept.temp_path(), "video");
    kept.commit();
  }
  CHECK(read_file(folder / "clips/night/a.mp4") == "video");
  CHECK(files_in(folder / "clips/night") == 1);
  {
    // A folder that something else has been put into stays.
    OutputFile lost(folder / "clips/new/b.mp4");
    write_file(folder / "clips/new/theirs", "x");
  }
  CHECK(fs::exists(folder / "clips/new/theirs"));
  CHECK(error_of([] { OutputFile("/proc/no/such/a.mp4"); }).code() == ErrorCode::bad_request);
}

TEST_CASE("a folder without write permission is refused") {
  if (::geteuid() == 0) return;  // root may write everywhere
  const TempDir folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const Error error = error_of([&] { OutputFile::check(folder / "a.mp4", false); });
  fs::permissions(folder.path(), fs::perms::owner_all);
  CHECK(error.message().find("cannot write into") != std::string::npos);
}

TEST_CASE("force follows a link and leaves it in place") {
  const TempDir folder;
  fs::create_directory(folder / "real");
  write_file(folder / "real/video.mp4", "old");
  fs::create_symlink("real/video.mp4", folder / "link.mp4");
  CHECK(error_of([&] { OutputFile::check(folder / "link.mp4", false); }).code() == ErrorCode::bad_request);
  OutputFile output(folder / "link.mp4", true);
  write_file(output.temp_path(), "new");
  output.commit();
  CHECK(fs::is_symlink(folder / "link.mp4"));
  CHECK(read_file(folder / "real/video.mp4") == "new");
}

TEST_CASE("the longest file name still has a temporary one") {
  const TempDir folder;
  std::string name;
  while (name.size() + 3 <= 250) name += "猫";
  OutputFile output(folder / (name + ".mp4"));
  write_file(output.temp_path(), "x");
  output.commit();
  CHECK(read_file(folder / (name + ".mp4")) == "x");
}

TEST_CASE("a new file has the permissions of the umask") {
  const TempDir folder;
  const mode_t before = ::umask(027);
  OutputFile output(folder / "a");
  ::umask(before);
  output.commit();
  struct stat info {};
  REQUIRE(::stat((folder / "a").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
}
