// A request to 127.0.0.1, with exactly the bytes that the test says.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace turbodiff::testing {

struct LoopbackReply {
  int status = 0;
  std::string headers, body;
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

class LoopbackClient {
 public:
  explicit LoopbackClient(int port) : port_(port) {}

  int port() const { return port_; }

  /// `headers` as lines that end with \r\n.
  LoopbackReply send(const std::string& method, const std::string& path, const std::string& body = {},
                     std::string headers = {}) const {
    if (headers.find("Host:") == std::string::npos) headers += fmt::format("Host: 127.0.0.1:{}\r\n", port_);
    if (method == "POST" && headers.find("Transfer-Encoding") == std::string::npos)
      headers += fmt::format("Content-Length: {}\r\n", body.size());
    return exchange(fmt::format("{} {} HTTP/1.1\r\n{}\r\n{}", method, path, headers, body));
  }
  LoopbackReply get(const std::string& path, const std::string& headers = {}) const {
    return send("GET", path, {}, headers);
  }
  LoopbackReply post(const std::string& path, const std::string& body = {},
                     const std::string& headers = {}) const {
    return send("POST", path, body, headers);
  }

 private:
  LoopbackReply exchange(const std::string& request) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket);
      throw std::runtime_error("nothing listens on the loopback");
    }
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t some = ::send(socket, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (some <= 0) break;
      sent += static_cast<std::size_t>(some);
    }
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    ::close(socket);
    LoopbackReply reply;
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) throw std::runtime_error("no reply: " + text);
    reply.status = std::stoi(text.substr(text.find(' ') + 1));
    reply.headers = text.substr(0, end);
    reply.body = text.substr(end + 4);
    return reply;
  }
  int port_;
};

}  // namespace turbodiff::testing
