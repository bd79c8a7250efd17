#include "text/tokenizer.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <limits>
#include <random>

#include "testing.h"

using turbodiff::Error;
using turbodiff::ErrorCode;
using turbodiff::testing::error_of;
using turbodiff::testing::read_file;
using turbodiff::testing::TempDir;
using turbodiff::testing::write_file;
using turbodiff::text::Tokenizer;
using Ids = std::vector<std::int32_t>;

namespace {

const std::string data_dir = TURBODIFF_SOURCE_DIR "/tests/text/data/";

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  return out + static_cast<char>(value);
}
std::string delimited(int number, const std::string& payload) {
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(payload.size()) + payload;
}
std::string number_field(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3) + varint(value);
}
std::string piece(const std::string& text, float score, int type) {
  std::string fixed(4, '\0');
  std::memcpy(fixed.data(), &score, 4);
  return delimited(
      1, delimited(1, text) + varint(2 << 3 | 5) + fixed + number_field(3, static_cast<unsigned>(type)));
}
const std::string specials = piece("<pad>", 0, 3) + piece("</s>", 0, 3) + piece("<unk>", 0, 2);
std::string settings(const std::string& trainer = {}) {
  return delimited(2, trainer) + delimited(3, {});
}

}  // namespace

TEST_CASE("both reference models give the reference's ids") {
  for (const std::string name : {"spiece", "spiece_alt"}) {
    const auto tokenizer = Tokenizer::from_file(data_dir + name + ".model");
    const auto reference = nlohmann::json::parse(read_file(data_dir + name + ".cases.json"));
    CHECK(tokenizer.vocab_size() == reference["vocab_size"]);
    CHECK(tokenizer.pad_id() == reference["pad_id"]);
    CHECK(tokenizer.eos_id() == reference["eos_id"]);
    CHECK(tokenizer.unk_id() == reference["unk_id"]);
    REQUIRE(reference["cases"].size() >= 60);
    for (const auto& item : reference["cases"]) {
      const auto clean = item["clean"].get<std::string>();
      CAPTURE(name);
      CAPTURE(clean);
      CHECK(tokenizer.encode(clean, reference["max_length"]) == item["ids"].get<Ids>());
    }
  }
}

TEST_CASE("the empty prompt is the end of sequence alone") {
  const auto tokenizer = Tokenizer::from_file(data_dir + "spiece.model");
  CHECK(tokenizer.encode("") == Ids{1});
  CHECK(tokenizer.encode("   ") == Ids{1});
}

TEST_CASE("long prompts are cut so that the last id ends the sequence") {
  const auto tokenizer = Tokenizer::from_file(data_dir + "spiece.model");
  const Ids whole = tokenizer.encode("A red fox runs across the snow and stops to look back.");
  REQUIRE(whole.size() == 14);
  Ids cut = tokenizer.encode("A red fox runs across the snow and stops to look back.", 6);
  REQUIRE(cut.size() == 6);
  CHECK(cut.back() == tokenizer.eos_id());
  CHECK(Ids(cut.begin(), cut.end() - 1) == Ids(whole.begin(), whole.begin() + 5));
  CHECK(tokenizer.encode("A red fox", 1) == Ids{1});
  CHECK(error_of([&] { tokenizer.encode("A red fox", 0); }).code() == ErrorCode::bad_request);
}

TEST_CASE("unknown characters are spelled in bytes, or are one unknown piece") {
  const auto with_bytes = Tokenizer::from_file(data_dir + "spiece.model");
  CHECK(with_bytes.encode("\U0001F680") == Ids{260, 4 + 0xF0, 4 + 0x9F, 4 + 0x9A, 4 + 0x80, 1});
  const auto without = Tokenizer::from_file(data_dir + "spiece_alt.model");
  CHECK(without.encode("\U0001F680\U0001F681") == Ids{3, without.unk_id(), 1});
  CHECK(without.encode("\xFF\xFE") == without.encode("\uFFFD"));
}

TEST_CASE("the segmentation of the largest score wins") {
  const std::string words = piece("\u2581", -3, 1) + piece("a", -2, 1) + piece("b", -2, 1) +
                            piece("ab", -3.5, 1) + piece("\u2581a", -2, 1) + piece("<extra>", 0, 4);
  const auto tokenizer = Tokenizer::from_bytes(bytes_of(specials + words + settings()), "small");
  CHECK(tokenizer.vocab_size() == 9);
  CHECK(tokenizer.unk_id() == 2);
  CHECK(tokenizer.encode("ab") == Ids{7, 5, 1});  // -4 beats -6.5
  CHECK(tokenizer.encode("bab  ab") == Ids{3, 5, 6, 7, 5, 1});
  CHECK(tokenizer.encode("axyb") == Ids{7, 2, 5, 1});  // neighbouring unknowns are one
  CHECK(tokenizer.encode("a<extra></s>b") == Ids{7, 8, 1, 3, 5, 1});
  const std::string no_prefix = delimited(2, {}) + delimited(3, number_field(3, 0));
  CHECK(Tokenizer::from_bytes(bytes_of(specials + words + no_prefix), "small").encode("ab") == Ids{6, 1});
}

TEST_CASE("pieces are found among those that begin alike") {
  // In no order, with one in front of another and letters beyond ASCII behind eight equal bytes.
  const std::vector<std::string> texts = {"abcdefghz",      "abcdefgh",  "abcdefghij", "abcdefg",
                                          "abcdefgh\u00e9", "abcdefghi", "a",          "abcdefghia"};
  std::string pieces = specials + piece("\u2581", -1, 1);
  for (const std::string& text : texts) pieces += piece(text, -1, 1);
  const auto tokenizer = Tokenizer::from_bytes(bytes_of(pieces + settings()), "alike");
  for (std::size_t i = 0; i < texts.size(); ++i)
    CHECK(tokenizer.encode(texts[i]) == Ids{3, static_cast<std::int32_t>(4 + i), 1});
}

TEST_CASE("files that are no usable tokenizer are refused by name") {
  TempDir dir;
  const auto refused = [&](const std::string& bytes, const std::string& reason) {
    write_file(dir / "bad.model", bytes);
    const Error error = error_of([&] { Tokenizer::from_file(dir / "bad.model"); });
    CAPTURE(error.message());
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message().find("bad.model") != std::string::npos);
    CHECK(error.message().find(reason) != std::string::npos);
  };
  const std::string good = specials + piece("a", -1, 1) + settings();
  CHECK_NOTHROW(Tokenizer::from_bytes(bytes_of(good), "good"));

  refused("", "empty");
  refused("this is not a model", "not a usable SentencePiece model");
  refused(good.substr(0, good.size() - 3), "not a usable");
  refused(specials + piece("a", -1, 1), "ends before its settings");
  refused(settings(), "no pieces");
  refused(specials + piece("a", -1, 1) + piece("a", -2, 1) + settings(), "twice");
  refused(
      specials + piece("longer-a", -1, 1) + piece("longer-b", -1, 1) + piece("longer-a", -2, 1) + settings(),
      "twice");
  refused(specials + piece("a", -1, 9) + settings(), "unknown type");
  refused(specials + piece("a", std::numeric_limits<float>::quiet_NaN(), 1) + settings(), "not finite");
  refused(specials + piece("", -1, 1) + settings(), "empty");
  refused(specials + settings(number_field(3, 2)), "not of the unigram kind");
  refused(piece("<pad>", 0, 3) + piece("<unk>", 0, 2) + settings(), "end-of-sequence");
  refused(piece("</s>", 0, 3) + piece("<unk>", 0, 2) + settings(), "padding");
  refused(piece("<pad>", 0, 3) + piece("</s>", 0, 3) + settings(), "unknown piece");
  refused(specials + delimited(2, {}) + delimited(3, delimited(2, "\xFF\xFF\xFF\x7F....")), "character map");
  CHECK(error_of([&] { Tokenizer::from_file(dir / "missing.model"); }).message().find("missing.model") !=
        std::string::npos);
  CHECK(error_of([] { Tokenizer::from_bytes({}, "text encoder tensor spiece_model"); }).message() ==
        "tokenizer text encoder tensor spiece_model is empty");
}

TEST_CASE("a damaged model is refused or still encodes, whatever bytes changed") {
  const std::string model = read_file(data_dir + "spiece_alt.model");
  std::mt19937 random(5);
  int refused = 0;
  int usable = 0;
  for (int round = 0; round < 60; ++round) {
    std::string damaged = model;
    const int changes = round % 3 == 0 ? 2000 : 1;
    for (int change = 0; change < changes; ++change)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    if (round % 4 == 1) damaged.resize(random() % damaged.size());
    try {
      const Ids ids = Tokenizer::from_bytes(bytes_of(damaged), "damaged")
                          .encode("A cat \u2167 e\u0301 \u96EA</s>\u3000x");
      CHECK(ids.size() <= 512);
      ++usable;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::bad_request);
      ++refused;
    }
  }
  CHECK(refused > 10);
  CHECK(usable > 10);
}
