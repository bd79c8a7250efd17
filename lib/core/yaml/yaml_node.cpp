#include "core/yaml/yaml_node.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <unordered_map>

#include "core/text/incoming_text.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

constexpr std::size_t max_nodes = 100'000;
constexpr std::size_t max_file_bytes = 16 << 20;
constexpr std::size_t max_problem_lines = 20;

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const auto& [key, value] : node.entries) count += 1 + count_nodes(value);
  return count;
}

struct TooManyNodes {};

/// Builds the tree from yaml-cpp's events. yaml-cpp's own Node drops duplicate keys without a word, and its
/// marks.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

  YamlNode root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish_value(make(YamlNode::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    YamlNode node = found == anchors_.end() ? make(YamlNode::Kind::null, mark) : found->second;
    if (found == anchors_.end()) problems_.add(node.where(), "an alias refers to the value that contains it");
    node_count_ += count_nodes(node);
    finish_value(std::move(node), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(YamlNode::Kind::scalar, mark);
    node.text = value;
    node.quoted = tag == "!";  // yaml-cpp's tag of a quoted scalar; a plain one has "?"
    // yaml-cpp reports a plain empty value, ~ and null as scalars in some places.
    if (!node.quoted &&
        (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
      node.kind = YamlNode::Kind::null;
    finish_value(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({make(YamlNode::Kind::sequence, mark), anchor, {}, false, {}});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({make(YamlNode::Kind::map, mark), anchor, {}, false, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  struct OpenNode {
    YamlNode node;
    YAML::anchor_t anchor;
    YamlNode key;
    bool has_key;
    std::unordered_map<std::string, int> lines;  ///< of the keys so far
  };

  YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (++node_count_ > max_nodes) throw TooManyNodes{};
    YamlNode node;
    node.kind = kind;
    node.file = file_;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void close() {
    OpenNode done = std::move(open_.back());
    open_.pop_back();
    finish_value(std::move(done.node), done.anchor);
  }

  void finish_value(YamlNode node, YAML::anchor_t anchor) {
    if (node_count_ > max_nodes) throw TooManyNodes{};
    if (anchor != 0) {
      // Kept for its aliases: anchors within anchors would be kept over and over.
      node_count_ += count_nodes(node);
      if (node_count_ > max_nodes) throw TooManyNodes{};
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      add_entry(parent, std::move(parent.key), std::move(node));
      parent.has_key = false;
    }
  }

  void add_entry(OpenNode& map, YamlNode key, YamlNode value) {
    if (key.kind != YamlNode::Kind::scalar) {
      problems_.add(key.where(), "a key must be a word");
      return;
    }
    const auto [same, is_new] = map.lines.try_emplace(key.text, key.line);
    if (!is_new) {
      problems_.add(key.where(), fmt::format("the key '{}' is defined twice (first at line {})",
                                             escape_control(key.text), same->second));
      return;
    }
    map.node.entries.push_back({std::move(key), std::move(value)});
  }

  const std::string& file_;
  Problems& problems_;
  YamlNode root_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t node_count_ = 0;
};

}  // namespace

ManyProblems::ManyProblems(std::vector<std::string> lines)
    : Error(ErrorCode::bad_request, join(lines, "; ")), lines_(std::move(lines)) {}

void Problems::add(std::string_view where, std::string_view message) {
  ++count_;
  if (lines_.size() < max_kept)
    lines_.push_back(where.empty() ? std::string(message) : fmt::format("{}: {}", where, message));
}

void Problems::throw_if_any() const {
  if (lines_.empty()) return;
  std::vector<std::string> lines(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                      lines_.size(), max_problem_lines)));
  if (count_ > max_problem_lines)
    lines.push_back(fmt::format("and {} more problems", count_ - max_problem_lines));
  throw ManyProblems(std::move(lines));
}

std::string YamlNode::where() const {
  return fmt::format("{}:{}:{}", file, line, column);
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.text == key) return &value;
  return nullptr;
}

YamlNode parse_yaml(std::string_view text, const std::string& file, Problems& problems) {
  TreeBuilder builder(file, problems);
  YamlNode start;
  start.file = file;
  try {
    std::istringstream in(incoming_text(text, file));
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) return start;
    TreeBuilder rest(file, problems);
    if (parser.HandleNextDocument(rest)) {
      const YamlNode second = rest.root();
      problems.add(second.where(), "a second document begins here; only one is read");
    }
  } catch (const YAML::Exception& error) {
    start.line = error.mark.line + 1;
    start.column = error.mark.column + 1;
    problems.add(start.where(), escape_control(error.msg));
    return start;
  } catch (const Error& error) {
    problems.add("", error.message() + "; " + error.hint());
    return start;
  } catch (const TooManyNodes&) {
    problems.add(file, fmt::format("more than {} values", max_nodes));
    return start;
  }
  YamlNode root = builder.root();
  if (root.file.empty()) root.file = file;
  return root;
}

YamlNode load_yaml(const std::filesystem::path& path, Problems& problems) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw Error::bad_request("'" + path.string() + "' does not exist");
  if (std::filesystem::is_directory(status)) throw Error::bad_request("'" + path.string() + "' is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error::bad_request("cannot open '" + path.string() + "'");
  std::string text;
  for (std::array<char, 1 << 14> part; in && text.size() <= max_file_bytes;) {
    in.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw Error::bad_request("cannot read '" + path.string() + "'");
  if (text.size() > max_file_bytes) throw Error::bad_request("'" + path.string() + "' is larger than 16 MiB");
  return parse_yaml(text, path.string(), problems);
}

}  // namespace turbodiff::core
