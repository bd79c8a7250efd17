#include "core/net/smtp_client.h"

#include "core/error.h"
#include "core/net/curl_handle.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

using curl::set;

struct Sending {
  const MailRequest& request;
  bool stopped = false;
};

std::size_t drop_answer(char*, std::size_t, std::size_t size, void*) {
  return size;
}

curl::Mime message_of(const curl::Handle& handle, const MailRequest& request) {
  curl::Mime mime(curl_mime_init(handle.get()), &curl_mime_free);
  curl_mimepart* text = curl_mime_addpart(mime.get());
  curl_mime_data(text, request.text.data(), request.text.size());
  curl_mime_type(text, "text/plain; charset=utf-8");
  curl_mime_encoder(text, "base64");
  for (const MailAttachment& attachment : request.attachments) {
    curl_mimepart* part = curl_mime_addpart(mime.get());
    curl_mime_data(part, attachment.data.data(), attachment.data.size());
    curl_mime_type(part, attachment.type.c_str());
    curl_mime_filename(part, attachment.file_name.c_str());
    curl_mime_encoder(part, "base64");
  }
  return mime;
}

}  // namespace

MailResult send_mail(const MailRequest& request) {
  const curl::Handle handle = curl::new_handle();
  Sending sending{request};
  char error[CURL_ERROR_SIZE] = "";
  const auto timeout_ms = static_cast<long>(request.timeout_s * 1000);
  set(handle, CURLOPT_URL, request.url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms / 2);
  set(handle, CURLOPT_ERRORBUFFER, error);
  set(handle, CURLOPT_WRITEFUNCTION, &drop_answer);
  set(handle, CURLOPT_NOPROGRESS, 0L);
  set(handle, CURLOPT_XFERINFOFUNCTION, &curl::ask_to_stop<Sending>);
  set(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&sending));
  set(handle, CURLOPT_USE_SSL, static_cast<long>(request.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!request.ca_file.empty()) set(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  if (!request.user.empty()) {
    set(handle, CURLOPT_USERNAME, request.user.c_str());
    set(handle, CURLOPT_PASSWORD, request.password.c_str());
  }
  set(handle, CURLOPT_MAIL_FROM, ("<" + request.from + ">").c_str());
  std::vector<std::string> addresses;
  for (const std::string& address : request.to) addresses.push_back("<" + address + ">");
  const curl::Lines recipients = curl::lines(addresses);
  set(handle, CURLOPT_MAIL_RCPT, recipients.get());
  const curl::Lines headers = curl::lines(request.headers);
  set(handle, CURLOPT_HTTPHEADER, headers.get());
  const curl::Mime mime = message_of(handle, request);
  set(handle, CURLOPT_MIMEPOST, mime.get());

  const CURLcode code = curl_easy_perform(handle.get());
  if (sending.stopped) throw Error::interrupted();
  MailResult result;
  result.accepted = code == CURLE_OK;
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  result.code = static_cast<int>(status);
  if (!result.accepted) result.problem = escape_control(error[0] != '\0' ? error : curl_easy_strerror(code));
  return result;
}

}  // namespace turbodiff::core
