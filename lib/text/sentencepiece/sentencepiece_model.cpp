#include "text/sentencepiece/sentencepiece_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/os/foreign_file.h"

namespace turbodiff::text {

namespace {

struct Malformed {
  std::string reason;
};

struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;                // varint, or the bits of a fixed-width field
  std::span<const std::uint8_t> payload;  // length-delimited
  bool delimited = false;

  std::string text() const {
    if (!delimited) throw Malformed{"a text field is missing"};
    return {payload.begin(), payload.end()};
  }
  std::span<const std::uint8_t> message() const {
    if (!delimited) throw Malformed{"a nested message is missing"};
    return payload;
  }
};

/// Walks the fields of one protobuf message (encoding: protobuf.dev/programming-guides/encoding).
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::optional<Field> next() {
    if (position_ == bytes_.size()) return std::nullopt;
    const std::uint64_t tag = varint();
    Field field;
    if (tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) throw Malformed{"a field number is out of range"};
    field.number = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.payload = take(varint());
        field.delimited = true;
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        throw Malformed{"a field has an unknown wire type"};
    }
    return field;
  }

 private:
  std::span<const std::uint8_t> take(std::uint64_t length) {
    if (length > bytes_.size() - position_) throw Malformed{"a field runs past the end"};
    const auto part = bytes_.subspan(position_, length);
    position_ += length;
    return part;
  }
  std::uint64_t fixed(std::size_t width) {
    std::uint64_t value = 0;
    const auto part = take(width);
    for (std::size_t index = width; index-- > 0;) value = value << 8 | part[index];
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = take(1)[0];
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw Malformed{"a number is too long"};
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
};

Piece parse_piece(std::span<const std::uint8_t> bytes) {
  Piece piece;
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == 1) piece.text = field->text();
    if (field->number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
    if (field->number == 3) {
      if (field->value < 1 || field->value > 6) throw Malformed{"a piece has an unknown type"};
      piece.type = static_cast<PieceType>(field->value);
    }
  }
  if (piece.text.empty()) throw Malformed{"a piece is empty"};
  if (!std::isfinite(piece.score)) throw Malformed{"a piece's score is not finite"};
  return piece;
}

void parse_trainer_spec(std::span<const std::uint8_t> bytes, SentencePieceModel& model) {
  constexpr std::uint64_t unigram = 1;
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == 3 && field->value != unigram)
      throw Malformed{"the model is not of the unigram kind"};
    if (field->number == 35) model.byte_fallback = field->value != 0;
    if (field->number == 47) model.eos_piece = field->text();
    if (field->number == 48) model.pad_piece = field->text();
  }
}

void parse_normalizer_spec(std::span<const std::uint8_t> bytes, SentencePieceModel& model) {
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == 2) model.precompiled_charsmap = field->text();
    if (field->number == 3) model.add_dummy_prefix = field->value != 0;
  }
}

/// Ids in the order of their texts' bytes. Nearly all pairs are told apart by their first eight, which are
/// compared as numbers: a vocabulary of 256,000 pieces is opened for every request.
std::vector<std::uint32_t> order_of_texts(const std::vector<Piece>& pieces) {
  struct Key {
    std::uint64_t begin = 0;  ///< the first bytes, big-endian, zeros behind the end
    std::uint32_t id = 0;
  };
  std::vector<Key> keys(pieces.size());
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    keys[id].id = static_cast<std::uint32_t>(id);
    for (std::size_t i = 0; i < sizeof(Key::begin); ++i) {
      const std::string& text = pieces[id].text;
      keys[id].begin = keys[id].begin << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    return a.begin != b.begin ? a.begin < b.begin : pieces[a.id].text < pieces[b.id].text;
  });
  std::vector<std::uint32_t> ids;
  ids.reserve(keys.size());
  for (const Key& key : keys) ids.push_back(key.id);
  return ids;
}

SentencePieceModel parse(std::span<const std::uint8_t> bytes) {
  SentencePieceModel model;
  bool has_trainer_spec = false;
  bool has_normalizer_spec = false;
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == 1) model.pieces.push_back(parse_piece(field->message()));
    if (field->number == 2) {
      parse_trainer_spec(field->message(), model);
      has_trainer_spec = true;
    }
    if (field->number == 3) {
      parse_normalizer_spec(field->message(), model);
      has_normalizer_spec = true;
    }
  }
  if (model.pieces.empty()) throw Malformed{"it has no pieces"};
  if (!has_trainer_spec || !has_normalizer_spec) throw Malformed{"it ends before its settings"};
  model.by_text = order_of_texts(model.pieces);
  const auto same_text = [&](std::uint32_t a, std::uint32_t b) {
    return model.pieces[a].text == model.pieces[b].text;
  };
  if (std::adjacent_find(model.by_text.begin(), model.by_text.end(), same_text) != model.by_text.end())
    throw Malformed{"a piece is defined twice"};
  return model;
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::span<const std::uint8_t> bytes, const std::string& origin) {
  const std::string hint = "give the spiece.model (tokenizer.model) that belongs to the text encoder";
  if (const auto foreign = core::recognise_foreign_file(bytes); foreign && !bytes.empty())
    throw Error::bad_request(fmt::format("tokenizer {} cannot be read: {}", origin, foreign->what),
                             foreign->hint);
  if (!bytes.empty() && bytes.front() == '{')
    throw Error::bad_request(fmt::format("tokenizer {} is a tokenizer.json or another JSON file", origin),
                             hint);
  if (bytes.empty()) throw Error::bad_request(fmt::format("tokenizer {} is empty", origin), hint);
  try {
    return parse(bytes);
  } catch (const Malformed& malformed) {
    throw Error::bad_request(
        fmt::format("tokenizer {} is not a usable SentencePiece model: {}", origin, malformed.reason), hint);
  }
}

}  // namespace turbodiff::text
