// Files and folders that only their owner may read: job stores, logs, tokens, passwords.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// The first line of a file that holds a secret, without blanks around it. `setting` begins every message,
/// and no message contains the secret. Error bad_request for a file that cannot be read, has no text in its
/// first `longest` bytes, or that users other than its owner may read or change. A file owned by root that
/// its group may read is accepted for other users: that is how an administrator passes a secret to a service.
std::string read_secret_file(const std::filesystem::path& file, std::string_view setting,
                             std::size_t longest = 4096);

/// open(2) with these flags, close-on-exec; a created file has mode 0600 whatever the umask is. -1 and errno
/// as open(2).
int open_private(const std::filesystem::path& file, int flags);

/// Creates an empty file of mode 0600 where there is none, for a stream that opens it afterwards.
void touch_private(const std::filesystem::path& file) noexcept;

/// Creates the folder and its missing parents, each with mode 0700 whatever the umask is.
void create_private_folder(const std::filesystem::path& folder, std::error_code& error);

/// Removes the permissions of group and others from a file or folder of this process's user, and returns
/// whether there were any. What belongs to another user, is not a regular file or folder, or does not exist
/// is left unchanged; so is a file that cannot be changed.
bool make_private(const std::filesystem::path& path) noexcept;

}  // namespace turbodiff::core
