#include "media/gif_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "media/file_view.h"

namespace turbodiff::media {

namespace {

void put16(std::string& out, int value) {
  out.push_back(static_cast<char>(value & 0xff));
  out.push_back(static_cast<char>(value >> 8 & 0xff));
}

void put_sub_blocks(std::string& out, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 255) {
    const std::string_view block = bytes.substr(at, 255);
    out.push_back(static_cast<char>(block.size()));
    out.append(block);
  }
  out.push_back('\0');
}

// Codes of growing width, least significant bit first.
class BitSink {
 public:
  void put(unsigned code, int bits) {
    pending_ |= code << count_;
    for (count_ += bits; count_ >= 8; count_ -= 8, pending_ >>= 8)
      bytes_.push_back(static_cast<char>(pending_));
  }
  std::string take() {
    if (count_ > 0) bytes_.push_back(static_cast<char>(pending_));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  unsigned pending_ = 0;
  int count_ = 0;
};

// Strings of the LZW dictionary as (code of the prefix, last index) -> code, in an open-addressed table.
class LzwTable {
 public:
  void clear() { slots_.assign(size, {-1, 0}); }
  /// The code of the string, or null with the slot kept for `add`.
  const int* find(int prefix, int index) {
    key_ = prefix << 8 | index;
    for (at_ = static_cast<std::size_t>(key_) * 2654435761u % size; slots_[at_].key != -1;
         at_ = (at_ + 1) % size) {
      if (slots_[at_].key == key_) return &slots_[at_].code;
    }
    return nullptr;
  }
  void add(int code) { slots_[at_] = {key_, code}; }

 private:
  struct Slot {
    int key, code;
  };
  static constexpr std::size_t size = 1 << 14;
  std::vector<Slot> slots_;
  std::size_t at_ = 0;
  int key_ = 0;
};

std::string lzw(std::span<const std::uint8_t> indices, int root_bits) {
  const int clear_code = 1 << root_bits;
  BitSink sink;
  LzwTable table;
  table.clear();
  int bits = root_bits + 1;
  int next = clear_code + 2;
  sink.put(clear_code, bits);
  int prefix = indices[0];
  for (const std::uint8_t index : indices.subspan(1)) {
    if (const int* code = table.find(prefix, index)) {
      prefix = *code;
      continue;
    }
    sink.put(prefix, bits);
    table.add(next);
    if (next == 1 << bits) ++bits;
    if (next++ == 4095) {
      sink.put(clear_code, 12);
      table.clear();
      bits = root_bits + 1;
      next = clear_code + 2;
    }
    prefix = index;
  }
  sink.put(prefix, bits);
  if (next == 1 << bits && bits < 12) ++bits;
  sink.put(clear_code + 1, bits);
  return sink.take();
}

class GifScanner {
 public:
  GifScanner(std::string_view bytes, const std::filesystem::path& path) : bytes_(bytes), path_(path) {}

  int byte() {
    need(1);
    return static_cast<unsigned char>(bytes_[at_++]);
  }
  void skip(std::size_t count) {
    need(count);
    at_ += count;
  }
  std::string sub_blocks() {
    std::string content;
    while (const int size = byte()) {
      need(size);
      content.append(bytes_.substr(at_, size));
      at_ += size;
    }
    return content;
  }
  void skip_palette(int flags) {
    if (flags & 0x80) skip(std::size_t{3} << ((flags & 7) + 1));
  }

 private:
  void need(std::size_t count) const {
    if (bytes_.size() - at_ < count) {
      throw Error::bad_request(fmt::format("cannot read '{}': the GIF file is cut off", path_.string()));
    }
  }

  std::string_view bytes_;
  const std::filesystem::path& path_;
  std::size_t at_ = 0;
};

}  // namespace

std::string gif_header(int width, int height, const std::map<std::string, std::string>& tags) {
  std::string out = "GIF89a";
  put16(out, width);
  put16(out, height);
  out.append("\x70\0\0", 3);
  out.append("\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 19);
  for (const auto& [name, value] : tags) {
    out.append("\x21\xfe", 2);
    put_sub_blocks(out, name + "=" + value);
  }
  return out;
}

std::string gif_frame(const GifFrame& frame) {
  const int used = std::max(static_cast<int>(frame.palette.size()), frame.transparent + 1);
  int palette_bits = 1;
  while (1 << palette_bits < used) ++palette_bits;

  std::string out("\x21\xf9\x04", 3);
  const int keep_then_transparent = 1 << 2 | (frame.transparent >= 0 ? 1 : 0);
  out.push_back(static_cast<char>(keep_then_transparent));
  put16(out, frame.delay_cs);
  out.push_back(static_cast<char>(std::max(frame.transparent, 0)));
  out.push_back('\0');

  out.push_back(0x2c);
  put16(out, frame.left);
  put16(out, frame.top);
  put16(out, frame.width);
  put16(out, frame.height);
  out.push_back(static_cast<char>(0x80 | (palette_bits - 1)));
  for (int i = 0; i < 1 << palette_bits; ++i) {
    const Colour colour = i < static_cast<int>(frame.palette.size()) ? frame.palette[i] : Colour{};
    out.append(reinterpret_cast<const char*>(colour.data()), 3);
  }
  const int root_bits = std::max(palette_bits, 2);
  out.push_back(static_cast<char>(root_bits));
  put_sub_blocks(out, lzw(frame.indices, root_bits));
  return out;
}

std::map<std::string, std::string> read_gif_comments(const std::filesystem::path& path) {
  const FileView file(path);
  GifScanner scan(file.view(), path);
  scan.skip(10);
  const int screen_flags = scan.byte();
  scan.skip(2);
  scan.skip_palette(screen_flags);
  std::map<std::string, std::string> tags;
  for (;;) {
    switch (scan.byte()) {
      case 0x21: {
        const int label = scan.byte();
        const std::string content = scan.sub_blocks();
        if (label != 0xfe) break;
        const std::size_t sign = content.find('=');
        if (sign == std::string::npos) {
          tags["comment"] = content;
        } else {
          tags[content.substr(0, sign)] = content.substr(sign + 1);
        }
        break;
      }
      case 0x2c: {
        scan.skip(8);
        scan.skip_palette(scan.byte());
        scan.skip(1);
        scan.sub_blocks();
        break;
      }
      case gif_trailer:
        return tags;
      default:
        throw Error::bad_request(fmt::format("cannot read '{}': the GIF file is damaged", path.string()));
    }
  }
}

}  // namespace turbodiff::media
