#include "weights/zip_archive.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "weights/byte_reader.h"

namespace turbodiff::weights {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t locator64_signature = 0x07064b50;
constexpr std::size_t end_size = 22;
constexpr std::size_t locator64_size = 20;
constexpr std::uint16_t zip64_field = 1;
constexpr std::uint16_t encrypted_flag = 1;
constexpr std::uint16_t sizes_follow_flag = 8;
constexpr std::uint32_t in_zip64 = std::numeric_limits<std::uint32_t>::max();

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};

/// Position of the end record, which a comment of up to 65,535 bytes may follow.
std::size_t find_end_record(const FileBytes& file) {
  const std::size_t size = file.bytes.size();
  for (std::size_t back = end_size; back <= size && back <= end_size + 0xffff; ++back) {
    const std::uint8_t* at = file.bytes.data() + (size - back);
    if (load_le<std::uint32_t>(at) == end_signature && load_le<std::uint16_t>(at + 20) == back - end_size)
      return size - back;
  }
  bad_file(file.where, "the table of contents at the end of the archive is missing",
           "the file is probably incomplete; get it again");
}

Directory read_end_record(const FileBytes& file, std::size_t position) {
  ByteReader reader(file.bytes, position + 4, file.where);
  const auto disk = reader.read<std::uint16_t>();
  const auto directory_disk = reader.read<std::uint16_t>();
  const auto count_here = reader.read<std::uint16_t>();
  const auto count = reader.read<std::uint16_t>();
  const auto size = reader.read<std::uint32_t>();
  const auto offset = reader.read<std::uint32_t>();
  const bool has_locator =
      position >= locator64_size &&
      load_le<std::uint32_t>(file.bytes.data() + position - locator64_size) == locator64_signature;
  if (!has_locator) {
    if (disk != 0 || directory_disk != 0 || count_here != count)
      bad_file(file.where, "the archive spans several disks");
    return {offset, size, count};
  }
  ByteReader locator(file.bytes, position - locator64_size + 4, file.where);
  locator.read<std::uint32_t>();
  const auto end64 = locator.read<std::uint64_t>();
  if (end64 > position - locator64_size)
    bad_file(file.where, "the zip64 end record lies outside the archive");
  ByteReader reader64(file.bytes, static_cast<std::size_t>(end64), file.where);
  if (reader64.read<std::uint32_t>() != end64_signature)
    bad_file(file.where, "the zip64 end record is not where the archive says");
  reader64.take(8 + 2 + 2);
  if (reader64.read<std::uint32_t>() != 0 || reader64.read<std::uint32_t>() != 0)
    bad_file(file.where, "the archive spans several disks");
  reader64.read<std::uint64_t>();
  Directory directory;
  directory.count = reader64.read<std::uint64_t>();
  directory.size = reader64.read<std::uint64_t>();
  directory.offset = reader64.read<std::uint64_t>();
  return directory;
}

/// The values that did not fit 32 bits, in the order in which the format stores them.
struct Zip64Values {
  std::uint64_t size;
  std::uint64_t stored_size;
  std::uint64_t offset;
};

/// Replaces those of `values` that are saturated by the ones in the zip64 extra field.
void apply_zip64(std::span<const std::uint8_t> extra, Zip64Values& values, const std::string& where) {
  if (values.size != in_zip64 && values.stored_size != in_zip64 && values.offset != in_zip64) return;
  ByteReader reader(extra, 0, where);
  while (reader.remaining() >= 4) {
    const auto id = reader.read<std::uint16_t>();
    const auto field = reader.take(reader.read<std::uint16_t>());
    if (id != zip64_field) continue;
    ByteReader values64(field, 0, where);
    for (std::uint64_t* value : {&values.size, &values.stored_size, &values.offset})
      if (*value == in_zip64) *value = values64.read<std::uint64_t>();
    return;
  }
}

/// Checks the header in front of an entry's data against the table of contents; returns where the data begin.
std::size_t check_local_header(const FileBytes& file, const ZipEntry& entry, std::uint64_t position,
                               std::uint64_t full_size) {
  const auto fail = [&](const std::string& problem) {
    bad_file(file.where, "archive entry '" + printable(entry.name) + "' " + problem);
  };
  if (position > file.bytes.size()) fail("lies outside the file");
  ByteReader reader(file.bytes, static_cast<std::size_t>(position), file.where);
  if (reader.read<std::uint32_t>() != local_signature) fail("is not where the table of contents says");
  reader.take(2);
  const auto flags = reader.read<std::uint16_t>();
  const auto method = reader.read<std::uint16_t>();
  reader.take(8);
  const std::uint64_t stored_size = reader.read<std::uint32_t>();
  const std::uint64_t size = reader.read<std::uint32_t>();
  const auto name_size = reader.read<std::uint16_t>();
  const auto extra_size = reader.read<std::uint16_t>();
  const std::string_view name = reader.take_text(name_size);
  const auto extra = reader.take(extra_size);
  if (name != entry.name || method != entry.method) fail("differs from its line in the table of contents");
  if ((flags & sizes_follow_flag) == 0) {
    Zip64Values values{size, stored_size, 0};
    apply_zip64(extra, values, file.where);
    if (values.stored_size != entry.size || values.size != full_size)
      fail("differs in size from its line in the table of contents");
  }
  return reader.position();
}

}  // namespace

ZipArchive::ZipArchive(const FileBytes& file) : file_(file) {
  const std::size_t end_record = find_end_record(file);
  const Directory directory = read_end_record(file, end_record);
  if (directory.offset > end_record || directory.size > end_record - directory.offset)
    bad_file(file.where, "the table of contents lies outside the archive");
  if (directory.count > directory.size / 46)
    bad_file(file.where, "the table of contents is shorter than it claims");
  const auto directory_begin = static_cast<std::size_t>(directory.offset);
  directory_ = {directory_begin, file.bytes.size() - directory_begin};
  ByteReader reader(file.bytes.first(directory_begin + static_cast<std::size_t>(directory.size)),
                    directory_begin, file.where);

  struct Extent {
    std::size_t begin, end, entry;
  };
  std::vector<Extent> extents;
  entries_.reserve(static_cast<std::size_t>(directory.count));
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    if (reader.read<std::uint32_t>() != central_signature)
      bad_file(file.where, "line " + std::to_string(i + 1) + " of the table of contents is damaged");
    reader.take(4);
    const auto flags = reader.read<std::uint16_t>();
    ZipEntry entry;
    entry.method = reader.read<std::uint16_t>();
    reader.take(8);
    Zip64Values values{};
    values.stored_size = reader.read<std::uint32_t>();
    values.size = reader.read<std::uint32_t>();
    const auto name_size = reader.read<std::uint16_t>();
    const auto extra_size = reader.read<std::uint16_t>();
    const auto comment_size = reader.read<std::uint16_t>();
    const auto disk = reader.read<std::uint16_t>();
    reader.take(6);
    values.offset = reader.read<std::uint32_t>();
    entry.name = reader.take_text(name_size);
    apply_zip64(reader.take(extra_size), values, file.where);
    reader.take(comment_size);
    const auto fail = [&](const std::string& problem) {
      bad_file(file.where, "archive entry '" + printable(entry.name) + "' " + problem);
    };
    if ((flags & encrypted_flag) != 0) fail("is encrypted");
    if (disk != 0 && disk != 0xffff) fail("is on another disk");
    if (entry.method == 0 && values.stored_size != values.size) fail("is stored, yet has two sizes");
    if (values.stored_size > directory_begin) fail("is longer than the archive");
    entry.size = static_cast<std::size_t>(values.stored_size);
    entry.offset = check_local_header(file, entry, values.offset, values.size);
    if (entry.offset > directory_begin || entry.size > directory_begin - entry.offset)
      fail("reaches beyond the data of the archive");
    extents.push_back({static_cast<std::size_t>(values.offset), entry.offset + entry.size, entries_.size()});
    entries_.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!index_.emplace(entries_[i].name, i).second)
      bad_file(file.where, "the archive has two entries '" + printable(entries_[i].name) + "'");
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (extents[i].begin < extents[i - 1].end)
      bad_file(file.where,
               "archive entry '" + printable(entries_[extents[i].entry].name) + "' overlaps another");
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

std::span<const std::uint8_t> ZipArchive::stored(const ZipEntry& entry) const {
  if (entry.method != 0)
    bad_file(file_.where, "archive entry '" + printable(entry.name) + "' is compressed",
             "unpack and repack the archive without compression (zip -0), or save it again with torch.save");
  return file_.bytes.subspan(entry.offset, entry.size);
}

}  // namespace turbodiff::weights
