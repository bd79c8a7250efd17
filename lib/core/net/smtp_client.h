// Sending a message through a mail server (RFC 5321), by libcurl.
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
  bool starttls = true;        ///< with smtp://: nothing is sent before the connection is encrypted
  std::string user, password;  ///< empty: without authentication
  std::string ca_file;         ///< certificates to trust instead of the system's
  std::string from;            ///< addresses without names
  std::vector<std::string> to;
  std::vector<std::string> headers;  ///< "Subject: ..."; ASCII
  std::string text;                  ///< UTF-8
  std::vector<MailAttachment> attachments;
  double timeout_s = 30;       ///< for the whole exchange; half of it for the connection
  std::function<bool()> stop;  ///< called about once a second; true ends the exchange
};

/// The server's answer: 250 when it accepted the message, else its last code, 0 without an answer.
struct MailResult {
  bool accepted = false;
  int code = 0;
  std::string problem;  ///< why the message was not accepted
};

/// Any thread. Error interrupted when `stop` returns true.
MailResult send_mail(const MailRequest& request);

}  // namespace turbodiff::core
