#include "core/os/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_modes.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

/// The process's umask for the length of a scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

}  // namespace

TEST_CASE("a secret is the first line of a file that its owner alone may read") {
  const TempDir folder;
  const fs::path file = folder / "it's";
  write_secret(file, " s3cret \nmore");
  CHECK(core::read_secret_file(file, "token_file") == "s3cret");
  for (const unsigned mode : {0400U, 0600U, 0700U}) {
    fs::permissions(file, fs::perms(mode));
    CHECK(core::read_secret_file(file, "token_file") == "s3cret");
  }
  for (const unsigned mode : {0640U, 0604U, 0620U, 0602U, 0644U, 0610U, 0601U, 0777U}) {
    fs::permissions(file, fs::perms(mode));
    const Error error = error_of([&] { core::read_secret_file(file, "token_file"); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message() == "token_file: the secret file '" + file.string() +
                                 "' is open to other users (mode " + fmt::format("{:04o}", mode) + ")");
    CHECK(error.hint() == "run: chmod 600 '" + (folder / "it").string() + "'\\''s'");
  }
}

TEST_CASE("a secret that is not there, no file, empty or cut off is refused, and never reported") {
  const TempDir folder;
  const auto message = [](const fs::path& file) {
    const Error error = error_of([&] { core::read_secret_file(file, "key_file", 8); });
    CHECK(error.code() == ErrorCode::bad_request);
    return error.message();
  };
  CHECK(message(folder / "none") ==
        "key_file: cannot read '" + (folder / "none").string() + "': No such file or directory");
  CHECK(message(folder.path()) == "key_file: cannot read '" + folder.path().string() + "': it is a folder");
  write_secret(folder / "empty", "  \nsecond");
  CHECK(message(folder / "empty").ends_with("' is empty"));
  // One byte more than the limit is given back, so that a caller can tell that there was more.
  write_secret(folder / "long", "0123456789");
  CHECK(core::read_secret_file(folder / "long", "key_file", 8) == "012345678");
  // The mode of a link is that of what it leads to.
  fs::create_symlink(folder / "long", folder / "link");
  CHECK(core::read_secret_file(folder / "link", "key_file") == "0123456789");
  fs::permissions(folder / "long", fs::perms(0644));
  CHECK(message(folder / "link").find("(mode 0644)") != std::string::npos);
}

TEST_CASE("private files and folders have the same modes under every umask") {
  for (const mode_t mask : {0000, 0022, 0077, 0277, 0777}) {
    const TempDir folder;
    const Umask umask(mask);
    const int fd = core::open_private(folder / "new", O_RDWR | O_CREAT);
    REQUIRE(fd >= 0);
    ::close(fd);
    CHECK(mode_of(folder / "new") == 0600);
    core::touch_private(folder / "touched");
    CHECK(mode_of(folder / "touched") == 0600);
    std::error_code error;
    core::create_private_folder(folder / "a/b", error);
    CHECK_MESSAGE(!error, error.message());
    CHECK(mode_of(folder / "a") == 0700);
    CHECK(mode_of(folder / "a/b") == 0700);
    core::create_private_folder(folder / "a/b", error);
    CHECK_FALSE(error);
  }
}

TEST_CASE("a file that is there is opened with what is in it, and O_EXCL still means new") {
  const TempDir folder;
  write_file(folder / "old", "text");
  fs::permissions(folder / "old", fs::perms(0644));
  const int fd = core::open_private(folder / "old", O_RDWR | O_CREAT);
  REQUIRE(fd >= 0);
  ::close(fd);
  core::touch_private(folder / "old");
  CHECK(read_file(folder / "old") == "text");
  CHECK(mode_of(folder / "old") == 0644);
  errno = 0;
  CHECK(core::open_private(folder / "old", O_RDWR | O_CREAT | O_EXCL) == -1);
  CHECK(errno == EEXIST);
  std::error_code error;
  core::create_private_folder(folder / "old", error);
  CHECK(error);
}

TEST_CASE("what is there loses the rights of group and others, but no link's target and no stranger's file") {
  const TempDir folder;
  write_file(folder / "file", "x");
  fs::permissions(folder / "file", fs::perms(0664));
  fs::create_directory(folder / "folder");
  fs::permissions(folder / "folder", fs::perms(0755));
  write_file(folder / "target", "x");
  fs::permissions(folder / "target", fs::perms(0644));
  fs::create_symlink(folder / "target", folder / "link");
  for (const char* name : {"file", "folder", "link", "missing"}) core::make_private(folder / name);
  CHECK(mode_of(folder / "file") == 0600);
  CHECK(mode_of(folder / "folder") == 0700);
  CHECK(mode_of(folder / "target") == 0644);
  if (::geteuid() != 0) return;
  // Root may change any file, and must not.
  write_file(folder / "foreign", "x");
  fs::permissions(folder / "foreign", fs::perms(0644));
  REQUIRE(::chown((folder / "foreign").c_str(), 12345, 12345) == 0);
  core::make_private(folder / "foreign");
  CHECK(mode_of(folder / "foreign") == 0644);
}
