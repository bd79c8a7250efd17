// The table of contents of a zip archive, zip64 included.
// Format: PKWARE APPNOTE.TXT 6.3, sections 4.3 (structure) and 4.5.3 (zip64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weights/tensor_table.h"

namespace turbodiff::weights {

/// Where an entry's bytes are.
struct ZipEntry {
  std::string name;
  std::size_t offset = 0;  ///< of the data, from the start of the file
  std::size_t size = 0;    ///< as stored in the file
  std::uint16_t method = 0;
};

/// Entries of an archive held in memory or mapped. Checked: both headers of every entry agree in name, method
/// and sizes, all data lie before the central directory, nothing overlaps, names are unique, nothing is
/// encrypted or on another disk. Checksums are not verified (that would read the whole file).
class ZipArchive {
 public:
  /// Error bad_request that names file and entry.
  explicit ZipArchive(const FileBytes& file);

  const std::vector<ZipEntry>& entries() const { return entries_; }
  /// Null when there is no such entry.
  const ZipEntry* find(std::string_view name) const;
  /// The bytes of an entry; Error bad_request when they are compressed.
  std::span<const std::uint8_t> stored(const ZipEntry& entry) const;
  /// From the central directory to the end of the file.
  ByteRange directory() const { return directory_; }

 private:
  FileBytes file_;
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;
  ByteRange directory_;
};

}  // namespace turbodiff::weights
