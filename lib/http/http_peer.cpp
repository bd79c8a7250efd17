#include "http/http_peer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "core/os/unique_fd.h"
#include "core/text/strings.h"

namespace turbodiff::http {
namespace {

/// One end of a connection; IPv4 uses the first word. All in network byte order.
struct End {
  std::array<std::uint32_t, 4> address{};
  std::uint16_t port = 0;
};

struct Connection {
  int family = AF_UNSPEC;
  End client, server;
};

End end_of(const sockaddr_storage& storage) {
  End end;
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    end.address[0] = address.sin_addr.s_addr;
    end.port = address.sin_port;
  } else {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    std::memcpy(end.address.data(), &address.sin6_addr, sizeof end.address);
    end.port = address.sin6_port;
  }
  return end;
}

/// A client that came by IPv4 to a socket for both has a socket of IPv4 itself.
void unmap(Connection& connection) {
  for (End* end : {&connection.client, &connection.server}) {
    end->address[0] = end->address[3];
    end->address[1] = end->address[2] = end->address[3] = 0;
  }
  connection.family = AF_INET;
}

std::optional<Connection> loopback_connection(int socket) {
  sockaddr_storage client{}, server{};
  socklen_t client_size = sizeof client, server_size = sizeof server;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&client), &client_size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&server), &server_size) != 0 ||
      client.ss_family != server.ss_family || (client.ss_family != AF_INET && client.ss_family != AF_INET6))
    return std::nullopt;
  Connection connection{client.ss_family, end_of(client), end_of(server)};
  if (client.ss_family == AF_INET6) {
    in6_addr address{};
    std::memcpy(&address, connection.client.address.data(), sizeof address);
    if (IN6_IS_ADDR_LOOPBACK(&address)) return connection;
    if (!IN6_IS_ADDR_V4MAPPED(&address)) return std::nullopt;
    unmap(connection);
  }
  if (ntohl(connection.client.address[0]) >> 24 != 127) return std::nullopt;
  return connection;
}

/// A socket that no process holds any more has the inode 0, and a user that means nothing.
std::optional<uid_t> owner(std::uint64_t inode, uid_t user) {
  return inode == 0 ? std::nullopt : std::optional(user);
}

struct DiagnosisRequest {
  nlmsghdr header{};
  inet_diag_req_v2 request{};
};

/// Asks the kernel for the client's socket alone (sock_diag(7)); nothing when it does not answer that.
std::optional<uid_t> by_diagnosis(const Connection& connection) {
  const core::UniqueFd netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) return std::nullopt;
  DiagnosisRequest ask;
  ask.header.nlmsg_len = sizeof ask;
  ask.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  ask.header.nlmsg_flags = NLM_F_REQUEST;
  ask.request.sdiag_family = static_cast<std::uint8_t>(connection.family);
  ask.request.sdiag_protocol = IPPROTO_TCP;
  ask.request.idiag_states = ~0U;
  ask.request.id.idiag_sport = connection.client.port;
  ask.request.id.idiag_dport = connection.server.port;
  std::memcpy(ask.request.id.idiag_src, connection.client.address.data(), sizeof ask.request.id.idiag_src);
  std::memcpy(ask.request.id.idiag_dst, connection.server.address.data(), sizeof ask.request.id.idiag_dst);
  ask.request.id.idiag_cookie[0] = ask.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  std::optional<uid_t> user;
  // The kernel answers within the call that asks.
  std::array<char, 8192> buffer{};
  if (::send(netlink.get(), &ask, sizeof ask, 0) == static_cast<ssize_t>(sizeof ask)) {
    const ssize_t size = ::recv(netlink.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    nlmsghdr header{};
    inet_diag_msg message{};
    if (size >= static_cast<ssize_t>(NLMSG_HDRLEN + sizeof message)) {
      std::memcpy(&header, buffer.data(), sizeof header);
      std::memcpy(&message, buffer.data() + NLMSG_HDRLEN, sizeof message);
      if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY && message.id.idiag_sport == connection.client.port &&
          message.id.idiag_dport == connection.server.port)
        user = owner(message.idiag_inode, message.idiag_uid);
    }
  }
  return user;
}

/// "0100007F:1EB4": as /proc/net/tcp writes an end, word by word in the machine's byte order.
std::string table_form(const End& end, int family) {
  std::string text;
  for (int i = 0; i < (family == AF_INET ? 1 : 4); ++i)
    text += fmt::format("{:08X}", end.address[static_cast<std::size_t>(i)]);
  return text + fmt::format(":{:04X}", ntohs(end.port));
}

/// For kernels without sock_diag: the same from the table of all sockets.
std::optional<uid_t> by_table(const Connection& connection) {
  std::ifstream table(connection.family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6");
  const std::string client = table_form(connection.client, connection.family),
                    server = table_form(connection.server, connection.family);
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retries, timeout;
    uid_t user = 0;
    std::uint64_t inode = 0;
    if (!(words >> slot >> local >> remote) || local != client || remote != server) continue;
    if (!(words >> state >> queues >> timer >> retries >> user >> timeout >> inode)) return std::nullopt;
    return owner(inode, user);
  }
  return std::nullopt;
}

}  // namespace

std::optional<uid_t> peer_user(int socket) {
  const auto connection = loopback_connection(socket);
  if (!connection) return std::nullopt;
  if (const auto user = by_diagnosis(*connection)) return user;
  return by_table(*connection);
}

}  // namespace turbodiff::http
