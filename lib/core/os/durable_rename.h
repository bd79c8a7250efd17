// A file under its final name, on the disk, without replacing another: the steps that whoever publishes a file takes.
// Each returns 0 or an errno.
#pragma once

#include <filesystem>

namespace turbodiff::core {

/// fsync(2). A file system that cannot flush (EINVAL, ENOTSUP) has done what it can.
int flush_file(const std::filesystem::path& file);
/// Makes names in `folder` durable; an empty path is the current folder.
int flush_folder(const std::filesystem::path& folder);

/// Renames within a file system; EEXIST where `to` exists. By renameat2(2) with RENAME_NOREPLACE, else by link(2) and
/// unlink(2), where an end in between, or an unlink that fails, leaves both names; where the file system has neither,
/// by looking first.
int rename_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace turbodiff::core
