// Regular expressions of one form: alternatives, each a fixed sequence of character classes. All expressions
// of ftfy have this form, so a table of classes and a table of sequences replace a regular expression engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::text {

/// The classes (bit i: class i) that all code points first..last belong to.
struct ClassRange {
  char32_t first;
  char32_t last;
  std::uint64_t classes[2];
};

/// `length` classes to match one character each; `at_start`: only at the start of the text.
struct ClassSequence {
  bool at_start;
  std::uint8_t length;
  std::uint8_t classes[8];
};

/// A text whose characters have been looked up in the classes.
class ClassedText {
 public:
  bool in(std::size_t position, std::size_t char_class) const {
    return (masks_[2 * position + char_class / 64] >> char_class % 64 & 1) != 0;
  }
  std::size_t size() const { return masks_.size() / 2; }

 private:
  friend class ClassPattern;
  std::vector<std::uint64_t> masks_;
};

/// An alternation of class sequences, over generated tables with static lifetime.
class ClassPattern {
 public:
  /// `ranges` are sorted and disjoint.
  ClassPattern(std::span<const ClassRange> ranges, std::span<const ClassSequence> sequences);

  ClassedText classify(std::u32string_view text) const;
  /// `bytes` with every byte as one character.
  ClassedText classify_bytes(std::string_view bytes) const;
  /// Length of the first alternative that matches at `position`; 0 when none does.
  std::size_t match_length(const ClassedText& text, std::size_t position) const;

 private:
  const std::uint64_t* classes_of(char32_t code_point) const;

  std::span<const ClassRange> ranges_;
  std::span<const ClassSequence> sequences_;
  std::uint64_t starts_[2] = {};   // classes that some sequence opens with
  const std::uint64_t* low_[256];  // classes_of the code points below 256
};

}  // namespace turbodiff::text
