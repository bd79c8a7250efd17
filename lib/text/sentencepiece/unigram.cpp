#include "text/sentencepiece/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

#include "text/utf8.h"

namespace turbodiff::text {

namespace {

constexpr double unknown_penalty = 10.0;
constexpr std::size_t unreached = std::numeric_limits<std::size_t>::max();

struct Node {
  std::size_t start = unreached;  // where the best piece ending here begins
  double score = 0.0;             // of the best path from the word's start to here
  bool unknown = false;
};

}  // namespace

Unigram::Unigram(const SentencePieceModel& model, std::int32_t unknown_id)
    : model_(model), by_text_(model.by_text), unknown_id_(unknown_id) {
  const auto least = std::min_element(model.pieces.begin(), model.pieces.end(),
                                      [](const Piece& a, const Piece& b) { return a.score < b.score; });
  unknown_score_ = static_cast<double>(least->score) - unknown_penalty;
  if (model.byte_fallback) {
    for (int byte = 0; byte < 256; ++byte) byte_ids_.push_back(find(fmt::format("<0x{:02X}>", byte)));
  }
}

std::int32_t Unigram::find(std::string_view text) const {
  const auto found = std::lower_bound(
      by_text_.begin(), by_text_.end(), text,
      [&](std::uint32_t id, std::string_view wanted) { return model_.pieces[id].text < wanted; });
  if (found == by_text_.end() || model_.pieces[*found].text != text) return -1;
  return static_cast<std::int32_t>(*found);
}

void Unigram::append_ids(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::vector<Node> nodes(word.size() + 1);
  const auto offer = [&](std::size_t start, std::size_t end, double score, bool unknown) {
    Node& node = nodes[end];
    const double total = nodes[start].score + score;
    if (node.start == unreached || total > node.score) node = {start, total, unknown};
  };

  for (std::size_t start = 0; start < word.size();) {
    const std::size_t letter = decode_utf8_char(word, start).length;
    bool letter_is_piece = false;
    std::size_t low = 0;
    std::size_t high = by_text_.size();
    for (std::size_t end = start + 1; end <= word.size(); ++end) {
      const std::size_t depth = end - start - 1;
      const auto wanted = static_cast<unsigned char>(word[end - 1]);
      const auto byte_at_depth = [&](std::uint32_t id) {
        const std::string& text = model_.pieces[id].text;
        return depth < text.size() ? static_cast<int>(static_cast<unsigned char>(text[depth])) : -1;
      };
      const auto first = by_text_.begin() + static_cast<std::ptrdiff_t>(low);
      const auto last = by_text_.begin() + static_cast<std::ptrdiff_t>(high);
      const auto begin =
          std::partition_point(first, last, [&](auto id) { return byte_at_depth(id) < wanted; });
      const auto stop =
          std::partition_point(begin, last, [&](auto id) { return byte_at_depth(id) <= wanted; });
      if (begin == stop) break;
      low = static_cast<std::size_t>(begin - by_text_.begin());
      high = static_cast<std::size_t>(stop - by_text_.begin());
      if (text_of(low).size() == depth + 1) {
        const auto id = static_cast<std::int32_t>(by_text_[low]);
        offer(start, end, static_cast<double>(model_.pieces[by_text_[low]].score), id == unknown_id_);
        letter_is_piece = letter_is_piece || end - start == letter;
      }
    }
    if (!letter_is_piece) offer(start, start + letter, unknown_score_, true);
    start += letter;
  }

  std::vector<std::string_view> pieces;
  std::size_t unknown_end = unreached;
  std::size_t end = word.size();
  while (end > 0) {
    const Node& node = nodes[end];
    if (node.unknown) {
      if (unknown_end == unreached) unknown_end = end;
    } else {
      if (unknown_end != unreached) pieces.push_back(word.substr(end, unknown_end - end));
      unknown_end = unreached;
      pieces.push_back(word.substr(node.start, end - node.start));
    }
    end = node.start;
  }
  if (unknown_end != unreached) pieces.push_back(word.substr(0, unknown_end));
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) append_piece(*piece, ids);
}

void Unigram::append_piece(std::string_view piece, std::vector<std::int32_t>& ids) const {
  const std::int32_t id = find(piece);
  if (id >= 0) {
    ids.push_back(id);
    return;
  }
  const auto byte_id = [&](char letter) { return byte_ids_[static_cast<unsigned char>(letter)]; };
  if (!byte_ids_.empty() &&
      std::all_of(piece.begin(), piece.end(), [&](char c) { return byte_id(c) >= 0; })) {
    for (const char letter : piece) ids.push_back(byte_id(letter));
  } else {
    ids.push_back(unknown_id_);
  }
}

}  // namespace turbodiff::text
