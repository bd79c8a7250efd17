// The meaning of a name in the watch folder, and when a file in it is complete. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::inbox {

enum class InboxKind {
  ignored,     ///< hidden, of a system or an editor, or a conflict copy of a synchronisation program
  unfinished,  ///< a temporary name: .tmp, .part, ...
  prompts,     ///< .txt
  json_lines,  ///< .jsonl
  json,
  yaml,
  image,
  unknown
};

/// By the file's name alone; extensions in any case.
InboxKind inbox_kind(std::string_view name);
/// Whether its content gives jobs.
bool gives_jobs(InboxKind kind);

/// The names of the files that form a pair with this one, a picture and a text of the same name: the texts
/// for a picture, the pictures for a text, none for others.
std::vector<std::string> partner_names(std::string_view name);

/// What is known about a file without reading it. Nanoseconds since 1970.
struct InboxFacts {
  std::uint64_t device = 0, inode = 0;
  std::int64_t bytes = 0, modified_ns = 0, changed_ns = 0;
  bool linked = false;  ///< it has another name: it was dropped as a hard link
  bool operator==(const InboxFacts&) const = default;
};

/// The result of a look at a file.
enum class InboxLook {
  calm,      ///< no process is writing it
  busy,      ///< a process has it open for writing
  unlikely,  ///< empty or not readable: most likely not complete yet
};

struct SettleTimes {
  double settle_s = 5;      ///< a file of unknown history must stay unchanged for this time
  double closed_s = 0.2;    ///< the same for a file that was closed after writing or renamed into the folder
  double patience_s = 60;   ///< after this time an unlikely file is processed anyway
  bool trust_times = true;  ///< the file system uses this machine's clock
};

/// The files that are not complete yet. Times are those of a monotonic clock, in seconds.
class Settling {
 public:
  explicit Settling(SettleTimes times) : times_(times) {}

  /// The file was closed after writing, or renamed into the folder.
  void closed(const std::string& name, const InboxFacts& facts, double now_s);
  /// The file was seen: by its creation, or by a scan. `wall_ns` is the time of day.
  void seen(const std::string& name, const InboxFacts& facts, double now_s, std::int64_t wall_ns);
  /// Names to look at now, sorted; at most `most`.
  std::vector<std::string> due(double now_s, std::size_t most) const;
  /// Records the result of a look at a due file. Returns whether it is complete; then it is removed.
  bool looked(const std::string& name, const InboxFacts& facts, InboxLook look, double now_s);
  void forget(const std::string& name) { files_.erase(name); }
  /// When the next file is due.
  std::optional<double> next_s() const;
  /// Whether a file will probably be complete soon.
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

}  // namespace turbodiff::inbox
