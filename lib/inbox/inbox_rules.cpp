#include "inbox/inbox_rules.h"

#include <algorithm>
#include <array>

#include "core/text/strings.h"

namespace turbodiff::inbox {
namespace {

constexpr std::array<std::string_view, 6> image_endings = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"};

template <std::size_t N>
bool ends_in_any(std::string_view text, const std::array<std::string_view, N>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return text.ends_with(ending); });
}

/// A copy that a program for keeping folders alike makes where two machines wrote the same file.
bool is_conflict_copy(std::string_view lower) {
  // Syncthing, Dropbox and Nextcloud, ownCloud, Seafile, pCloud, Resilio.
  static constexpr std::array<std::string_view, 6> marks = {
      ".sync-conflict-", "conflicted copy", "_conflict-", "(sfconflict ", "[conflicted", ".conflict."};
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return lower.find(mark) != std::string_view::npos; });
}

}  // namespace

InboxKind inbox_kind(std::string_view name) {
  static constexpr std::array<std::string_view, 13> temporary = {
      ".tmp",      ".temp",  ".part",  ".partial", ".crdownload", ".opdownload", ".filepart",
      ".download", ".aria2", ".!sync", ".!ut",     ".bts",        ".ocdownload"};
  static constexpr std::array<std::string_view, 6> of_editors = {"~",    ".swp", ".swo",
                                                                 ".swx", ".bak", ".conflict"};
  // vim tries with a file called 4913 whether it may write.
  static constexpr std::array<std::string_view, 5> of_systems = {"thumbs.db", "ehthumbs.db", "desktop.ini",
                                                                 "icon\r", "4913"};
  const std::string lower = core::to_lower(name);
  // Hidden files include the temporary ones of rsync, Syncthing and LibreOffice; ~ begins those of Syncthing
  // on Windows and of Office.
  if (lower.empty() || lower.front() == '.' || lower.front() == '~' ||
      (lower.front() == '#' && lower.back() == '#') ||
      std::find(of_systems.begin(), of_systems.end(), lower) != of_systems.end())
    return InboxKind::ignored;
  if (ends_in_any(lower, of_editors) || is_conflict_copy(lower)) return InboxKind::ignored;
  if (ends_in_any(lower, temporary)) return InboxKind::unfinished;
  if (lower.ends_with(".txt")) return InboxKind::prompts;
  if (lower.ends_with(".jsonl")) return InboxKind::json_lines;
  if (lower.ends_with(".json")) return InboxKind::json;
  if (lower.ends_with(".yaml") || lower.ends_with(".yml")) return InboxKind::yaml;
  if (ends_in_any(lower, image_endings)) return InboxKind::image;
  return InboxKind::unknown;
}

bool gives_jobs(InboxKind kind) {
  return kind == InboxKind::prompts || kind == InboxKind::json_lines || kind == InboxKind::json ||
         kind == InboxKind::yaml;
}

std::vector<std::string> partner_names(std::string_view name) {
  static constexpr std::array<std::string_view, 5> texts = {".txt", ".yaml", ".yml", ".json", ".jsonl"};
  const InboxKind kind = inbox_kind(name);
  const std::string stem(name.substr(0, name.rfind('.')));
  std::vector<std::string> names;
  const auto add = [&](const auto& endings) {
    for (const std::string_view ending : endings)
      for (const std::string& as_written : {std::string(ending), core::to_upper(ending)})
        names.push_back(stem + as_written);
  };
  if (kind == InboxKind::image) add(texts);
  if (gives_jobs(kind)) add(image_endings);
  return names;
}

double Settling::quiet_s(const File& file) const {
  const bool quick = file.closed || file.facts.linked;
  return quick ? std::min(times_.closed_s, times_.settle_s) : times_.settle_s;
}

void Settling::closed(const std::string& name, const InboxFacts& facts, double now_s) {
  File& file = files_.try_emplace(name, File{facts, true, false, now_s, 0}).first->second;
  if (file.facts != facts) file.since_s = now_s;
  file.facts = facts;
  file.closed = true;
  file.stuck = false;
  file.due_s = now_s + quiet_s(file);
}

void Settling::seen(const std::string& name, const InboxFacts& facts, double now_s, std::int64_t wall_ns) {
  const auto [found, added] = files_.try_emplace(name, File{facts, false, false, now_s, 0});
  if (!added) return;
  File& file = found->second;
  // The time of the last change of any kind: a rename keeps the time of writing.
  const double age_s = static_cast<double>(wall_ns - std::max(facts.modified_ns, facts.changed_ns)) / 1e9;
  file.due_s = now_s + (times_.trust_times && age_s >= times_.settle_s ? 0 : quiet_s(file));
}

std::vector<std::string> Settling::due(double now_s, std::size_t most) const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) {
    if (names.size() == most) break;
    if (file.due_s <= now_s) names.push_back(name);
  }
  return names;
}

bool Settling::looked(const std::string& name, const InboxFacts& facts, InboxLook look, double now_s) {
  const auto found = files_.find(name);
  if (found == files_.end()) return false;
  File& file = found->second;
  const bool changed = file.facts != facts;
  if (changed) file.since_s = now_s;
  file.facts = facts;
  file.stuck = look != InboxLook::calm;
  const bool give_up = look == InboxLook::unlikely && now_s - file.since_s >= times_.patience_s;
  if (!changed && (look == InboxLook::calm || give_up)) {
    files_.erase(found);
    return true;
  }
  file.due_s = now_s + (file.stuck ? times_.settle_s : quiet_s(file));
  return false;
}

std::optional<double> Settling::next_s() const {
  std::optional<double> next;
  for (const auto& [name, file] : files_) next = next ? std::min(*next, file.due_s) : file.due_s;
  return next;
}

bool Settling::any_soon() const {
  return std::any_of(files_.begin(), files_.end(), [](const auto& entry) { return !entry.second.stuck; });
}

}  // namespace turbodiff::inbox
