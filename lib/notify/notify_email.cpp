// E-mail: RFC 5322 with MIME parts; Message-ID is the same for the same notices, so that a mail program that
// gets a message twice shows it once.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

#include "core/net/smtp_client.h"
#include "notify/notify_channel.h"

namespace turbodiff::notify {
namespace {

/// "Thu, 26 Nov 2026 17:00:00 +0000"
std::string mail_date(std::int64_t seconds) {
  constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm utc = fmt::gmtime(static_cast<std::time_t>(seconds));
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
                     days.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                     months.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

class Email final : public Channel {
 public:
  Email(const ChannelSettings& settings, const std::string& password)
      : Channel({password}), settings_(settings), password_(password) {}

 private:
  SendResult deliver(const Message& message, const SendStop& stop) override {
    core::MailRequest request;
    request.url = settings_.server;
    request.starttls = settings_.starttls;
    request.user = settings_.user;
    request.password = password_;
    request.ca_file = settings_.ca_file;
    request.from = settings_.from;
    request.to = settings_.to;
    request.timeout_s = settings_.timeout_s;
    request.stop = stop;
    request.text = message.text + "\n";
    std::string recipients;
    for (const std::string& address : settings_.to) recipients += (recipients.empty() ? "" : ", ") + address;
    request.headers = {
        "Date: " + mail_date(message.at),
        "From: turbodiff <" + settings_.from + ">",
        "To: " + recipients,
        "Subject: " + header_value(shortened(message.title, 200)),
        "Message-ID: <" + message.key + "@" + settings_.from.substr(settings_.from.find('@') + 1) + ">",
        "Auto-Submitted: auto-generated"};
    if (!message.picture.empty()) request.attachments.push_back({message.picture, "videos.png", "image/png"});
    const core::MailResult result = core::send_mail(request);
    if (result.accepted) return {};
    // 5xx: the server will say the same again.
    const bool for_good = result.code >= 500 && result.code < 600;
    return {for_good ? SendResult::Kind::refused : SendResult::Kind::retry,
            fmt::format("{}: {}{}", settings_.server, result.problem,
                        result.code > 0 ? fmt::format(" (code {})", result.code) : "")};
  }

  ChannelSettings settings_;
  std::string password_;
};

}  // namespace

std::unique_ptr<Channel> make_email(const ChannelSettings& settings, const std::string& password) {
  return std::make_unique<Email>(settings, password);
}

}  // namespace turbodiff::notify
