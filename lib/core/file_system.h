// What kind of file system a folder is on.
#pragma once

#include <filesystem>

namespace turbodiff::core {

/// The name of a file system that another machine or program may change behind the kernel's back ("NFS",
/// "SMB", "FUSE", ...), so that locks, fsync and inotify cannot be relied upon; nullptr for any other.
const char* network_file_system(const std::filesystem::path& folder);

}  // namespace turbodiff::core
