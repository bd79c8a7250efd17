#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/os/mapped_file.h"
#include "text/sentencepiece/char_map.h"
#include "text/sentencepiece/sentencepiece_model.h"
#include "text/sentencepiece/unigram.h"
#include "text/utf8.h"
#include "text/white_space.h"

namespace turbodiff::text {

namespace {

constexpr std::string_view word_start = "\u2581";

std::int32_t require_piece(const SentencePieceModel& model, const std::string& wanted, std::string_view role,
                           const std::string& origin) {
  const auto found = std::find_if(model.pieces.begin(), model.pieces.end(),
                                  [&](const Piece& piece) { return piece.text == wanted; });
  if (found == model.pieces.end()) {
    throw Error::bad_request(fmt::format("tokenizer {} has no {} piece ({})", origin, role, wanted),
                             "a T5-style vocabulary has </s>, <pad> and <unk>");
  }
  return static_cast<std::int32_t>(found - model.pieces.begin());
}

std::int32_t require_unknown(const SentencePieceModel& model, const std::string& origin) {
  const auto is_unknown = [](const Piece& piece) { return piece.type == PieceType::unknown; };
  if (std::count_if(model.pieces.begin(), model.pieces.end(), is_unknown) != 1) {
    throw Error::bad_request(fmt::format("tokenizer {} does not have exactly one unknown piece", origin),
                             "a T5-style vocabulary has </s>, <pad> and <unk>");
  }
  return static_cast<std::int32_t>(std::find_if(model.pieces.begin(), model.pieces.end(), is_unknown) -
                                   model.pieces.begin());
}

bool is_literal(PieceType type) {
  return type == PieceType::control || type == PieceType::unknown || type == PieceType::user_defined;
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (text[last] & 0xC0) == 0x80) --last;
    if (!is_white_space(decode_utf8_char(text, last).code_point)) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string mark_words(std::string_view text) {
  std::string marked;
  for (std::size_t position = 0; position < text.size();) {
    if (text[position] != ' ') {
      marked += text[position++];
      continue;
    }
    position = std::min(text.find_first_not_of(' ', position), text.size());
    marked += word_start;
  }
  return marked;
}

}  // namespace

struct Tokenizer::State {
  State(SentencePieceModel parsed, const std::string& origin)
      : model(std::move(parsed)),
        unk_id(require_unknown(model, origin)),
        eos_id(require_piece(model, model.eos_piece, "end-of-sequence", origin)),
        pad_id(require_piece(model, model.pad_piece, "padding", origin)),
        char_map(model.precompiled_charsmap, origin),
        unigram(model, unk_id) {
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
      if (is_literal(model.pieces[id].type)) literals.push_back(static_cast<std::int32_t>(id));
    }
    std::stable_sort(literals.begin(), literals.end(),
                     [&](std::int32_t a, std::int32_t b) { return text_of(a).size() > text_of(b).size(); });
    for (const std::int32_t id : literals) literal_starts[static_cast<unsigned char>(text_of(id)[0])] = true;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::string_view text_of(std::int32_t id) const { return model.pieces[static_cast<std::size_t>(id)].text; }

  /// The longest literal piece at `position` of `text`, or -1.
  std::int32_t literal_at(std::string_view text, std::size_t position) const {
    if (!literal_starts[static_cast<unsigned char>(text[position])]) return -1;
    const std::string_view rest = text.substr(position);
    const auto found = std::find_if(literals.begin(), literals.end(),
                                    [&](std::int32_t id) { return rest.starts_with(text_of(id)); });
    return found == literals.end() ? -1 : *found;
  }

  void append_plain(std::string_view text, std::vector<std::int32_t>& ids) const {
    const std::string normalized = char_map.normalize(text);
    std::string marked = mark_words(without_trailing_space(normalized));
    if (marked.empty()) return;
    if (model.add_dummy_prefix && !marked.starts_with(word_start)) marked.insert(0, word_start);
    for (std::size_t start = 0; start < marked.size();) {
      const std::size_t end = std::min(marked.find(word_start, start + 1), marked.size());
      unigram.append_ids(std::string_view(marked).substr(start, end - start), ids);
      start = end;
    }
  }

  SentencePieceModel model;
  std::int32_t unk_id;
  std::int32_t eos_id;
  std::int32_t pad_id;
  CharMap char_map;
  Unigram unigram;
  std::vector<std::int32_t> literals;  // longest text first
  bool literal_starts[256] = {};
};

Tokenizer Tokenizer::from_file(const std::filesystem::path& path) {
  return from_bytes(core::MappedFile::open(path)->bytes(), path.string());
}

Tokenizer Tokenizer::from_bytes(std::span<const std::uint8_t> bytes, const std::string& origin) {
  return Tokenizer(std::make_shared<const State>(parse_sentencepiece_model(bytes, origin), origin));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view clean_text, std::size_t max_length) const {
  if (max_length == 0) throw Error::bad_request("the token limit is 0", "allow at least one token");
  const std::string text = to_valid_utf8(clean_text);
  std::vector<std::int32_t> ids;
  std::size_t plain_start = 0;
  for (std::size_t position = 0; position < text.size();) {
    const std::int32_t literal = state_->literal_at(text, position);
    if (literal < 0) {
      ++position;
      continue;
    }
    state_->append_plain(std::string_view(text).substr(plain_start, position - plain_start), ids);
    ids.push_back(literal);
    position += state_->text_of(literal).size();
    plain_start = position;
  }
  state_->append_plain(std::string_view(text).substr(plain_start), ids);
  if (ids.size() > max_length - 1) ids.resize(max_length - 1);
  ids.push_back(state_->eos_id);
  return ids;
}

std::int32_t Tokenizer::pad_id() const {
  return state_->pad_id;
}
std::int32_t Tokenizer::eos_id() const {
  return state_->eos_id;
}
std::int32_t Tokenizer::unk_id() const {
  return state_->unk_id;
}
std::size_t Tokenizer::vocab_size() const {
  return state_->model.pieces.size();
}

}  // namespace turbodiff::text
