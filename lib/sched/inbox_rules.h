// What a name in the watch folder says, and when a file in it is complete. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::sched {

enum class InboxKind {
  ignored,     ///< hidden, of a system or an editor, or a copy made where two machines wrote the same file
  unfinished,  ///< someone's temporary name: .tmp, .part, ...
  prompts,     ///< .txt
  json_lines,  ///< .jsonl
  json,
  yaml,
  image,
  unknown
};

/// By the file's name alone, endings in any case.
InboxKind inbox_kind(std::string_view name);
/// Whether its content gives jobs.
bool gives_jobs(InboxKind kind);

/// The names with which a file makes a pair, a picture and a text of the same name: of the texts for a
/// picture, of the pictures for a text, none for others.
std::vector<std::string> partner_names(std::string_view name);

/// What is known of a file without reading it. Nanoseconds since 1970.
struct InboxFacts {
  std::uint64_t device = 0, inode = 0;
  std::int64_t bytes = 0, modified_ns = 0, changed_ns = 0;
  bool linked = false;  ///< it has another name: it was dropped as a hard link
  bool operator==(const InboxFacts&) const = default;
};

/// How a look at a file ended.
enum class InboxLook {
  calm,      ///< nobody writes it
  busy,      ///< someone has it open for writing
  unlikely,  ///< empty or not readable: most likely not there yet
};

struct SettleTimes {
  double settle_s = 5;      ///< a file of unknown history must stay the same for so long
  double closed_s = 0.2;    ///< one that was closed after writing or renamed into the folder
  double patience_s = 60;   ///< after that, an unlikely file is taken for what it is
  bool trust_times = true;  ///< the file system keeps this machine's time
};

/// The files that are being waited for. Times are those of a monotonic clock, in seconds.
class Settling {
 public:
  explicit Settling(SettleTimes times) : times_(times) {}

  /// It was closed after writing, or renamed into the folder.
  void closed(const std::string& name, const InboxFacts& facts, double now_s);
  /// It was seen: by its creation, or by a scan. `wall_ns` is the time of day.
  void seen(const std::string& name, const InboxFacts& facts, double now_s, std::int64_t wall_ns);
  /// Names to look at now, sorted; at most `most`.
  std::vector<std::string> due(double now_s, std::size_t most) const;
  /// The result of a look at a due file. Whether it is complete; then it is not waited for any more.
  bool looked(const std::string& name, const InboxFacts& facts, InboxLook look, double now_s);
  void forget(const std::string& name) { files_.erase(name); }
  /// When the next file is due.
  std::optional<double> next_s() const;
  /// Whether a file will be complete soon, as far as one can tell.
  bool any_soon() const;

 private:
  struct File {
    InboxFacts facts;
    bool closed = false;
    bool stuck = false;  ///< busy or unlikely at the last look
    double since_s = 0, due_s = 0;
  };
  double quiet_s(const File& file) const;
  SettleTimes times_;
  std::map<std::string, File> files_;
};

}  // namespace turbodiff::sched
