// Which user of this machine is at the other end of a connection over the loopback.
#pragma once

#include <sys/types.h>

#include <optional>

namespace turbodiff::connect {

/// The user who made the client's socket of an accepted TCP connection; nothing when the client is not on
/// this machine's loopback, has closed its socket already, or the kernel does not tell. Ask right after
/// accept(): a socket that its process has closed belongs to nobody, which the kernel reports as user 0.
std::optional<uid_t> peer_user(int socket);

}  // namespace turbodiff::connect
