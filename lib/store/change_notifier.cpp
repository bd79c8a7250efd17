#include "store/change_notifier.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/os/private_file.h"

namespace turbodiff::store {
namespace {

std::string notify_path(const std::filesystem::path& store) {
  return store.string() + ".bell";
}

}  // namespace

void notify_change(const std::filesystem::path& store) noexcept {
  try {
    const core::UniqueFd fd(core::open_private(notify_path(store), O_WRONLY | O_CREAT));
    if (fd) ::futimens(fd.get(), nullptr);
  } catch (const std::exception&) {
    // Out of memory for a file name: the daemon will see the change at its next event.
  }
}

ChangeListener::ChangeListener(const std::filesystem::path& store) {
  notify_change(store);
  fd_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd_ || ::inotify_add_watch(fd_.get(), notify_path(store).c_str(), IN_ATTRIB) < 0) {
    throw Error::work_failed(std::string("cannot watch the job store: ") + std::strerror(errno),
                             "raise fs.inotify.max_user_watches or max_user_instances");
  }
}

bool ChangeListener::has_changed() {
  char events[4096];
  bool rung = false;
  while (::read(fd_.get(), events, sizeof events) > 0) rung = true;
  return rung;
}

}  // namespace turbodiff::store
