// The user of this machine at the other end of a connection over the loopback.
#pragma once

#include <sys/types.h>

#include <optional>

namespace turbodiff::http {

/// The user who created the client's socket of an accepted TCP connection; nothing when the client is not on
/// this machine's loopback, has already closed its socket, or the kernel does not report it. Call it right
/// after accept(): a socket that its process has closed has no owner, which the kernel reports as user 0.
std::optional<uid_t> peer_user(int socket);

}  // namespace turbodiff::http
