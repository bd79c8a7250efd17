#include "core/hash.h"

#include <csignal>
#include <vector>

#include "core/os/signals.h"
#include "testing.h"

using namespace turbodiff;
using core::Sha256;
using testing::error_of;
using testing::TempDir;
using testing::write_file;

TEST_CASE("SHA-256 gives the standard's examples") {
  CHECK(core::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(core::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(core::sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("pieces hash like the whole, and a digest in between changes nothing") {
  Sha256 hash;
  hash.update("a");
  CHECK(hash.hex() == core::sha256_hex("a"));
  const std::vector<std::uint8_t> rest = {'b', 'c'};
  hash.update(rest);
  CHECK(hash.hex() == core::sha256_hex("abc"));
  const Sha256 moved = std::move(hash);
  CHECK(moved.hex() == core::sha256_hex("abc"));
}

TEST_CASE("files and ranges of files are hashed, with progress") {
  const TempDir folder;
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 7 % 251);
  write_file(folder / "data", bytes);
  std::vector<std::uint64_t> done;
  CHECK(core::sha256_of_file(folder / "data", [&](std::uint64_t now, std::uint64_t total) {
          CHECK(total == 3'000'000);
          done.push_back(now);
        }) == core::sha256_hex(bytes));
  CHECK(done.size() >= 3);
  CHECK(done.back() == 3'000'000);
  CHECK(Sha256().update_from_file(folder / "data", 100, 2'000'000).hex() ==
        core::sha256_hex(std::string_view(bytes).substr(100, 2'000'000)));
  CHECK(Sha256().update_from_file(folder / "data", 5, 0).hex() == core::sha256_hex(""));
}

TEST_CASE("files that cannot be hashed are named") {
  const TempDir folder;
  write_file(folder / "short", "abc");
  CHECK(error_of([&] { core::sha256_of_file(folder / "none"); }).message().find("none") != std::string::npos);
  CHECK(error_of([&] { core::sha256_of_file(folder.path()); }).message().find("not a regular file") !=
        std::string::npos);
  CHECK(error_of([&] { Sha256().update_from_file(folder / "short", 1, 3); }).message().find("shorter") !=
        std::string::npos);
}

TEST_CASE("hashing a file stops at an interrupt") {
  const TempDir folder;
  write_file(folder / "data", std::string(100, 'x'));
  struct sigaction before {};
  ::sigaction(SIGINT, nullptr, &before);
  core::install_signal_handlers();
  std::raise(SIGINT);
  CHECK(error_of([&] { core::sha256_of_file(folder / "data"); }).code() == ErrorCode::interrupted);
  core::clear_interrupt();
  ::sigaction(SIGINT, &before, nullptr);
}
