// YAML text as a tree that knows the position of every node.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace turbodiff::core {

/// Several problems of one file: message() has them on one line, lines() one per problem.
class ManyProblems : public Error {
 public:
  /// Error bad_request; `lines` must not be empty.
  explicit ManyProblems(std::vector<std::string> lines);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Problems found in a file, collected so that a user sees all of them at once. The first 1,000 are kept.
class Problems {
 public:
  static constexpr std::size_t max_kept = 1000;

  /// `where` is "FILE:LINE:COLUMN" or a variable's or an option's name; empty is left out.
  void add(std::string_view where, std::string_view message);
  bool empty() const { return lines_.empty(); }
  std::size_t size() const { return count_; }
  /// The limit is reached: reading on is pointless.
  bool full() const { return count_ >= max_kept; }
  const std::vector<std::string>& lines() const { return lines_; }
  /// Throws ManyProblems with the problems in the order found: at most 20 and the number of the others.
  void throw_if_any() const;

 private:
  std::vector<std::string> lines_;
  std::size_t count_ = 0;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  std::string text;                ///< of a scalar
  bool quoted = false;             ///< the scalar was quoted, so it is text even if it looks like a number
  std::string file;                ///< as given by the caller
  int line = 1;                    ///< from 1
  int column = 1;                  ///< from 1
  std::vector<YamlNode> items;     ///< of a sequence
  std::vector<YamlEntry> entries;  ///< of a map, in file order, keys unique scalars

  /// "FILE:LINE:COLUMN"
  std::string where() const;
  /// The value of a map's key; nullptr without one.
  const YamlNode* find(std::string_view key) const;
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

/// Reads one YAML 1.2 document with yaml-cpp. Duplicate keys (which yaml-cpp accepts), keys that are not
/// scalars, several documents, unknown aliases and syntax errors become problems; what could be read is
/// returned. Up to 100,000 nodes in all, including those that anchors keep and aliases repeat. An empty text
/// is a null node.
YamlNode parse_yaml(std::string_view text, const std::string& file, Problems& problems);

/// parse_yaml() of a file of at most 16 MiB. Error bad_request when it cannot be read.
YamlNode load_yaml(const std::filesystem::path& path, Problems& problems);

}  // namespace turbodiff::core
