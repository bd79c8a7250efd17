// The kind of file system that a folder is on, and whether it has space.
#pragma once

#include <filesystem>

namespace turbodiff::core {

/// The name of a file system that another machine or program may change without the kernel's knowledge
/// ("NFS", "SMB", "FUSE", ...), so that locks, fsync and inotify are unreliable; nullptr for any other.
const char* network_file_system(const std::filesystem::path& folder);

/// Whether an errno means that a file cannot grow: a full disk, a quota, a file size limit (ulimit -f).
bool is_out_of_space(int error);
/// What the user can do about such an error.
const char* out_of_space_hint(int error);

}  // namespace turbodiff::core
