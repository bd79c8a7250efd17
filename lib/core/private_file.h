// Files and folders that hold what is for their owner alone: job stores, logs, tokens, passwords.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// The first line of the file of a secret, without blanks around it. `setting` begins every message, and the
/// secret is in none. Error bad_request for a file that cannot be read, holds no text in its first `longest`
/// bytes, or that others than its owner may read or change. A file of root's that its group may read is taken
/// by other users: that is how an administrator hands a secret to a service.
std::string read_secret_file(const std::filesystem::path& file, std::string_view setting,
                             std::size_t longest = 4096);

/// open(2) with these flags, close-on-exec; a file that it makes has mode 0600 whatever the umask is. -1 and
/// errno as open(2).
int open_private(const std::filesystem::path& file, int flags);

/// Makes an empty file of mode 0600 where there is none, for a stream that opens it afterwards.
void touch_private(const std::filesystem::path& file) noexcept;

/// Makes the folder and those above it that are missing, each with mode 0700 whatever the umask is.
void create_private_folder(const std::filesystem::path& folder, std::error_code& error);

/// Takes the rights of group and others from a file or folder of this process's user, and says whether they
/// had any. What belongs to someone else, is no plain file or folder, or is not there stays as it is; so does
/// a file that cannot be changed.
bool make_private(const std::filesystem::path& path) noexcept;

}  // namespace turbodiff::core
