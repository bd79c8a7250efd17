// A cheap identity of model files, which may have 14 GB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spec/model_files.h"

namespace turbodiff::spec {

/// Part of a file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

/// Where a file's header or table of tensors is: safetensors, its JSON header; zip (.pth), the central
/// directory (the pickle with shapes and strides is the archive's first entry and so in the first MiB); GGUF,
/// the first 16 MiB, which hold its key-values and tensor table; any other file, nothing. Damaged files give
/// what can be read: a fingerprint does not validate the format. Error bad_request when unreadable.
ByteRange header_range(const std::filesystem::path& path);

/// SHA-256 over "turbodiff file 1", the size, the header range, and the first and last MiB of the file, as
/// hex digits; numbers as 8 bytes little endian before each range. Reads at most some MiB. Error bad_request
/// when unreadable.
std::string compute_file_fingerprint(const std::filesystem::path& path);

/// Known fingerprints and full hashes, stored in a JSON file and looked up by (device, inode, size, mtime in
/// ns): a file that was replaced or written to counts as another file. Not thread-safe; several processes may
/// use one cache file, the last writer wins.
class FingerprintCache {
 public:
  /// `folder` may not exist yet; empty keeps the cache in memory. An unreadable cache counts as empty.
  explicit FingerprintCache(const std::filesystem::path& folder = {});

  /// The cached fingerprint, or compute_file_fingerprint() and a new cache entry.
  std::string fingerprint_of(const std::filesystem::path& file);
  /// The SHA-256 of the whole file if it was recorded since the file changed last.
  std::optional<std::string> recorded_sha256(const std::filesystem::path& file) const;
  void record_sha256(const std::filesystem::path& file, const std::string& sha256);
  /// The SHA-256 recorded last for a file of this name, whatever has happened to the file since.
  std::optional<std::string> last_sha256(const std::filesystem::path& file) const;

  /// Writes new entries out. Returns false when that fails; a cache that cannot be written only costs time.
  bool save() noexcept;

 private:
  struct Entry {
    std::string fingerprint;
    std::string sha256;
  };
  static std::string key_of(const std::filesystem::path& file);
  std::filesystem::path file_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> last_sha256_;  // by absolute path
  bool changed_ = false;
};

/// SHA-256 over "turbodiff model 1" and role and fingerprint of every file, in the order of
/// ModelFiles::present(). A sharded checkpoint (`*.index.json`) stands for its shards too. `cache` is used
/// and extended.
std::string fingerprint_of(const ModelFiles& files, FingerprintCache& cache);

/// `path`, and behind an index of shards (`*.index.json` with a `weight_map`) the shards, sorted.
std::vector<std::filesystem::path> files_behind(const std::filesystem::path& path);

}  // namespace turbodiff::spec
