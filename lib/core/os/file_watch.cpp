#include "core/os/file_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/os/file_system.h"

namespace turbodiff::core {
namespace fs = std::filesystem;

FileWatch::FileWatch() : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

std::optional<FileWatch::Facts> FileWatch::facts_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return Facts{status.st_dev, status.st_ino, status.st_size,
               status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec};
}

void FileWatch::watch(const std::vector<fs::path>& files) {
  for (const int watch : watches_) ::inotify_rm_watch(events_.get(), watch);
  watches_.clear();
  const auto known = std::exchange(files_, {});
  must_be_polled_ = !events_ && !files.empty();
  std::set<fs::path> folders;
  for (const fs::path& file : files) {
    // What is known already stays, so that a change that comes just now is not missed.
    const auto same =
        std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.first == file; });
    files_.emplace_back(file, same != known.end() ? same->second : facts_of(file));
    folders.insert(file.has_parent_path() ? file.parent_path() : fs::path("."));
    // A link and what it leads to may lie in different folders.
    std::error_code error;
    if (const fs::path target = fs::canonical(file, error); !error) folders.insert(target.parent_path());
  }
  for (const fs::path& folder : folders) {
    if (network_file_system(folder) != nullptr) must_be_polled_ = true;
    if (!events_) continue;
    // What is still being written counts when it is closed.
    const int watch =
        ::inotify_add_watch(events_.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE);
    if (watch >= 0)
      watches_.push_back(watch);
    else
      must_be_polled_ = true;
  }
}

bool FileWatch::changed() {
  char events[4096];
  while (events_ && ::read(events_.get(), events, sizeof events) > 0) {
  }
  bool any = false;
  for (auto& [file, before] : files_) {
    const auto facts = facts_of(file);
    if (!facts || facts == before) continue;
    before = facts;
    any = true;
  }
  return any;
}

}  // namespace turbodiff::core
