#include "spec/fingerprint.h"

#include <unistd.h>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;
using testing::TempDir;
using testing::write_file;

namespace {
constexpr std::size_t mib = 1u << 20;

std::string little_endian(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// An archive of one stored blob, its directory `directory` and an end record; zip64 when asked.
std::string zip_of(const std::string& blob, const std::string& directory, bool zip64) {
  std::string zip = "PK\x03\x04" + blob;
  const std::uint64_t offset = zip.size();
  zip += directory;
  if (zip64) {
    const std::uint64_t record = zip.size();
    zip += "PK\x06\x06" + little_endian(44, 8) + std::string(28, '\0') + little_endian(directory.size(), 8) +
           little_endian(offset, 8);
    zip += "PK\x06\x07" + little_endian(0, 4) + little_endian(record, 8) + little_endian(1, 4);
    zip += "PK\x05\x06" + std::string(8, '\xff') + little_endian(0xffffffff, 4) +
           little_endian(0xffffffff, 4) + little_endian(0, 2);
  } else {
    zip += "PK\x05\x06" + std::string(8, '\0') + little_endian(directory.size(), 4) +
           little_endian(offset, 4) + little_endian(0, 2);
  }
  return zip;
}
}  // namespace

TEST_CASE("headers are found by format") {
  TempDir dir;
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  write_file(dir / "a.safetensors", little_endian(header.size(), 8) + header + "abcd");
  CHECK(header_range(dir / "a.safetensors") == ByteRange{0, 8 + header.size()});

  const std::string blob(100, 'b'), directory(80, 'd');
  write_file(dir / "a.pth", zip_of(blob, directory, false));
  CHECK(header_range(dir / "a.pth") == ByteRange{104, 80});
  write_file(dir / "a64.pth", zip_of(blob, directory, true));
  CHECK(header_range(dir / "a64.pth") == ByteRange{104, 80});

  write_file(dir / "a.gguf", "GGUF" + std::string(100, 'x'));
  CHECK(header_range(dir / "a.gguf") == ByteRange{0, 104});
}

TEST_CASE("broken headers give nothing and never fail") {
  TempDir dir;
  for (const std::string& bytes :
       {std::string(), std::string("PK\x03\x04"), std::string("PK\x03\x04PK\x05\x06"), std::string(9, '\xff'),
        little_endian(~0ull, 8) + "{", little_endian(50, 8) + "{}", std::string("text")}) {
    write_file(dir / "x", bytes);
    CHECK(header_range(dir / "x").length == 0);
    CHECK(compute_file_fingerprint(dir / "x").size() == 64);
  }
  const std::string zip = zip_of(std::string(100, 'b'), std::string(80, 'd'), true);
  for (std::size_t cut = 0; cut < zip.size(); ++cut) {
    write_file(dir / "x", zip.substr(0, cut));
    CHECK_NOTHROW(compute_file_fingerprint(dir / "x"));
  }
  CHECK_THROWS_AS(header_range(dir / "missing"), Error);
  CHECK_THROWS_AS(compute_file_fingerprint(dir.path()), Error);
}

TEST_CASE("a fingerprint sees the size, both ends and the header, and not the middle") {
  TempDir dir;
  const std::string directory(mib / 4, 'd');
  std::string bytes = zip_of(std::string(4 * mib, 'w'), directory, false);
  const auto fingerprint = [&](const std::string& content) {
    write_file(dir / "x", content);
    return compute_file_fingerprint(dir / "x");
  };
  const std::string original = fingerprint(bytes);
  CHECK(fingerprint(bytes) == original);

  std::string middle = bytes;
  middle[2 * mib] = 'X';
  CHECK(fingerprint(middle) == original);
  for (const std::size_t place : {std::size_t{100}, mib - 1, bytes.size() - mib, bytes.size() - mib / 4}) {
    std::string changed = bytes;
    changed[place] ^= 1;
    CHECK_MESSAGE(fingerprint(changed) != original, place);
  }
  CHECK(fingerprint(bytes + "x") != original);
}

TEST_CASE("a header outside both ends counts") {
  TempDir dir;
  const std::string header = "{" + std::string(2 * mib, ' ') + "}";
  std::string bytes = little_endian(header.size(), 8) + header + std::string(3 * mib, 'w');
  write_file(dir / "x", bytes);
  const std::string original = compute_file_fingerprint(dir / "x");
  bytes[mib + mib / 2] = '\t';
  write_file(dir / "x", bytes);
  CHECK(compute_file_fingerprint(dir / "x") != original);
}

TEST_CASE("the cache keeps what it knows until the file changes") {
  TempDir dir;
  const auto file = dir / "model.pth", folder = dir / "cache";
  write_file(file, "first");
  std::string first;
  {
    FingerprintCache cache(folder);
    first = cache.fingerprint_of(file);
    CHECK(first == compute_file_fingerprint(file));
    CHECK(!cache.recorded_sha256(file));
    cache.record_sha256(file, "abc");
    CHECK(cache.save());
  }
  {
    FingerprintCache cache(folder);
    CHECK(cache.recorded_sha256(file) == "abc");
    CHECK(cache.fingerprint_of(file) == first);
    write_file(file, "second, longer");
    CHECK(cache.fingerprint_of(file) != first);
    CHECK(!cache.recorded_sha256(file));
  }
}

TEST_CASE("a cached fingerprint is used without reading the file") {
  TempDir dir;
  const auto file = dir / "model.pth", folder = dir / "cache";
  write_file(file, "content");
  FingerprintCache(folder).save();
  FingerprintCache cache(folder);
  cache.fingerprint_of(file);
  REQUIRE(cache.save());
  std::string text = testing::read_file(folder / "fingerprints.json");
  const std::string real = compute_file_fingerprint(file);
  text.replace(text.find(real), real.size(), std::string(64, '0'));
  write_file(folder / "fingerprints.json", text);
  CHECK(FingerprintCache(folder).fingerprint_of(file) == std::string(64, '0'));
}

TEST_CASE("a damaged cache counts as empty, an unwritable one costs nothing") {
  TempDir dir;
  const auto file = dir / "model.pth";
  write_file(file, "content");
  for (const char* content : {"", "{", "[]", R"({"version":2})", R"({"version":1,"files":[]})",
                              R"({"version":1,"files":{"a":1}})", R"({"version":"x","files":{}})"}) {
    std::filesystem::create_directories(dir / "cache");
    write_file(dir / "cache/fingerprints.json", content);
    FingerprintCache cache(dir / "cache");
    CHECK(cache.fingerprint_of(file) == compute_file_fingerprint(file));
    CHECK(cache.save());
  }
  FingerprintCache nowhere(file / "cache");
  CHECK(nowhere.fingerprint_of(file) == compute_file_fingerprint(file));
  CHECK(!nowhere.save());
}

TEST_CASE("a model's fingerprint depends on every file and its role, shards included") {
  TempDir dir;
  write_file(dir / "a", "a");
  write_file(dir / "b", "b");
  FingerprintCache cache;
  ModelFiles files;
  files.dit = dir / "a";
  files.vae = dir / "b";
  const std::string first = fingerprint_of(files, cache);
  std::swap(files.dit, files.vae);
  CHECK(fingerprint_of(files, cache) != first);

  write_file(dir / "x.index.json", R"({"weight_map": {"t1": "s1", "t2": "s2", "t3": "s1"}})");
  write_file(dir / "s1", "1");
  write_file(dir / "s2", "2");
  CHECK(files_behind(dir / "x.index.json").size() == 3);
  files.dit = dir / "x.index.json";
  const std::string sharded = fingerprint_of(files, cache);
  write_file(dir / "s2", "another");
  CHECK(fingerprint_of(files, cache) != sharded);
}
