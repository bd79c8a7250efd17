// What kind of file system a folder is on, and whether it has room.
#pragma once

#include <filesystem>

namespace turbodiff::core {

/// The name of a file system that another machine or program may change behind the kernel's back ("NFS",
/// "SMB", "FUSE", ...), so that locks, fsync and inotify cannot be relied upon; nullptr for any other.
const char* network_file_system(const std::filesystem::path& folder);

/// Whether an errno says that a file cannot grow: a full disk, a quota, a file size limit (ulimit -f).
bool is_out_of_space(int error);
/// What the user can do about it.
const char* out_of_space_hint(int error);

}  // namespace turbodiff::core
