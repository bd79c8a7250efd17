// Handing a message to a mail server (RFC 5321), by libcurl.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace turbodiff::core {

struct MailAttachment {
  std::string data, file_name, type;
};

struct MailRequest {
  std::string url;             ///< smtp://HOST:PORT or smtps://HOST:PORT
  bool starttls = true;        ///< with smtp://: nothing is sent unless the connection is encrypted first
  std::string user, password;  ///< empty: without authentication
  std::string ca_file;         ///< certificates to trust instead of the system's
  std::string from;            ///< addresses without names
  std::vector<std::string> to;
  std::vector<std::string> headers;  ///< "Subject: ..."; ASCII
  std::string text;                  ///< UTF-8
  std::vector<MailAttachment> attachments;
  double timeout_s = 30;       ///< for the whole exchange; half of it for the connection
  std::function<bool()> stop;  ///< asked about once a second; true ends the exchange
};

/// How a server took it: 250 when it did, else its last code, 0 without any.
struct MailResult {
  bool accepted = false;
  int code = 0;
  std::string problem;  ///< of what was not accepted
};

/// Any thread. Error interrupted when `stop` says so.
MailResult send_mail(const MailRequest& request);

}  // namespace turbodiff::core
