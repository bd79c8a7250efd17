// Services that are reached over HTTP. Their texts and pictures have limits of their own: what is longer is
// shortened, a picture that is not taken does not hold the message back.
//   WeChat Work group robot: developer.work.weixin.qq.com/document/path/91770
//   ServerChan: sct.ftqq.com
//   Telegram: core.telegram.org/bots/api
//   ntfy: docs.ntfy.sh/publish
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/net/http_client.h"
#include "core/text/encoding.h"
#include "core/text/json_text.h"
#include "core/text/strings.h"
#include "notify/notify_channel.h"

namespace turbodiff::notify {
namespace {

using Json = nlohmann::ordered_json;
using Kind = SendResult::Kind;

constexpr std::size_t wecom_markdown_bytes = 4096;
constexpr std::size_t wecom_picture_bytes = 2 << 20;
constexpr std::size_t serverchan_title_bytes = 32;
constexpr std::size_t serverchan_text_bytes = 32 << 10;
constexpr std::size_t telegram_text_bytes = 4096;  ///< characters are counted there: never more than bytes
constexpr std::size_t telegram_picture_bytes = 10 << 20;
constexpr std::size_t ntfy_text_bytes = 4000;
constexpr std::size_t answer_bytes = 1 << 20;

/// Seconds, as most services write it; a date is left to the usual pause.
std::optional<double> retry_after(const core::HttpResponse& response) {
  const auto seconds = core::parse_number(response.retry_after);
  return seconds && *seconds >= 0 ? seconds : std::nullopt;
}

/// By the status alone: what is wrong with the request stays wrong, all else may pass.
SendResult by_status(const core::HttpResponse& response, const std::string& service) {
  const int status = response.status;
  if (status >= 200 && status < 300) return {};
  const bool passes = status >= 500 || status == 408 || status == 425 || status == 429 || status < 200;
  return {
      passes ? Kind::retry : Kind::refused,
      fmt::format("{} answered {}{}{}", service, status, response.body.empty() ? "" : ": ", response.body),
      retry_after(response)};
}

class WebChannel : public Channel {
 public:
  WebChannel(ChannelSettings settings, WebSecrets secrets, std::vector<std::string> all)
      : Channel(std::move(all)), settings_(std::move(settings)), secrets_(std::move(secrets)) {}

 protected:
  core::HttpRequest request(const std::string& url, const SendStop& stop) const {
    core::HttpRequest request;
    request.url = url;
    request.method = "POST";
    request.ca_file = settings_.ca_file;
    request.timeout_s = settings_.timeout_s;
    request.max_bytes = answer_bytes;
    request.stop = stop;
    return request;
  }
  core::HttpRequest json_request(const std::string& url, const Json& body, const SendStop& stop) const {
    core::HttpRequest made = request(url, stop);
    made.headers = {"Content-Type: application/json"};
    made.body = core::json_text(body);
    return made;
  }
  /// Sends a picture after its message; whatever happens, the message has gone.
  template <typename Send>
  static void send_picture(SendResult& result, Send&& send) {
    try {
      result.picture_problem = send().problem;
    } catch (const Error& error) {
      result.picture_problem = error.message();
    }
  }

  ChannelSettings settings_;
  WebSecrets secrets_;
};

class Wecom final : public WebChannel {
 public:
  using WebChannel::WebChannel;

 private:
  SendResult post(const Json& body, const SendStop& stop) const {
    const auto response = core::http_exchange(
        json_request(settings_.server + "/cgi-bin/webhook/send?key=" + core::percent_encoded(secrets_.secret),
                     body, stop));
    SendResult result = by_status(response, "WeChat Work");
    if (result.kind != Kind::sent) return result;
    const Json answer = Json::parse(response.body, nullptr, false);
    if (!answer.is_object() || !answer.contains("errcode") || !answer["errcode"].is_number_integer())
      return {Kind::retry, "WeChat Work answered with something else than its JSON"};
    const auto code = answer["errcode"].get<std::int64_t>();
    if (code == 0) return {};
    // -1: busy; 45009: more than 20 messages in a minute.
    const std::string text =
        answer.contains("errmsg") && answer["errmsg"].is_string() ? answer["errmsg"].get<std::string>() : "";
    result = {code == -1 || code == 45009 ? Kind::retry : Kind::refused,
              fmt::format("WeChat Work: {} ({})", text, code)};
    if (code == 45009) result.retry_after_s = 60;
    return result;
  }

  SendResult deliver(const Message& message, const SendStop& stop) override {
    const std::string text = shortened("**" + message.title + "**\n" + message.text, wecom_markdown_bytes);
    SendResult result = post({{"msgtype", "markdown"}, {"markdown", {{"content", text}}}}, stop);
    if (result.kind == Kind::sent && !message.picture.empty() &&
        message.picture.size() <= wecom_picture_bytes)
      send_picture(result, [&] {
        return post(
            {{"msgtype", "image"},
             {"image", {{"base64", core::base64(message.picture)}, {"md5", core::md5_hex(message.picture)}}}},
            stop);
      });
    return result;
  }
};

class ServerChan final : public WebChannel {
 public:
  using WebChannel::WebChannel;

 private:
  SendResult deliver(const Message& message, const SendStop& stop) override {
    auto made = request(settings_.server + "/" + core::percent_encoded(secrets_.secret) + ".send", stop);
    made.headers = {"Content-Type: application/x-www-form-urlencoded"};
    // Markdown: a single line break would be a blank.
    const std::string text = core::replace_all(message.text, "\n", "\n\n");
    made.body =
        "title=" + core::percent_encoded(shortened(message.title, serverchan_title_bytes)) +
        "&desp=" + core::percent_encoded(shortened(message.title + "\n\n" + text, serverchan_text_bytes));
    const auto response = core::http_exchange(made);
    SendResult result = by_status(response, "ServerChan");
    if (result.kind != Kind::sent) return result;
    const Json answer = Json::parse(response.body, nullptr, false);
    if (!answer.is_object() || !answer.contains("code"))
      return {Kind::retry, "ServerChan answered with something else than its JSON"};
    if (answer["code"] == 0) return {};
    return {Kind::refused, "ServerChan: " + response.body};
  }
};

class Telegram final : public WebChannel {
 public:
  using WebChannel::WebChannel;

 private:
  std::string url(std::string_view method) const {
    // The colon of a token stays as it is.
    return fmt::format("{}/bot{}/{}", settings_.server,
                       core::replace_all(core::percent_encoded(secrets_.secret), "%3A", ":"), method);
  }
  static SendResult judge(const core::HttpResponse& response) {
    SendResult result = by_status(response, "Telegram");
    const Json answer = Json::parse(response.body, nullptr, false);
    if (result.kind == Kind::sent && (!answer.is_object() || answer.value("ok", Json()) != true))
      return {Kind::retry, "Telegram answered with something else than its JSON"};
    if (answer.is_object() && answer.contains("parameters") && answer["parameters"].is_object() &&
        answer["parameters"].contains("retry_after") && answer["parameters"]["retry_after"].is_number())
      result.retry_after_s = answer["parameters"]["retry_after"].get<double>();
    return result;
  }

  SendResult deliver(const Message& message, const SendStop& stop) override {
    const std::string text = shortened(message.title + "\n\n" + message.text, telegram_text_bytes);
    const Json body = {
        {"chat_id", settings_.target}, {"text", text}, {"link_preview_options", {{"is_disabled", true}}}};
    SendResult result = judge(core::http_exchange(json_request(url("sendMessage"), body, stop)));
    if (result.kind == Kind::sent && !message.picture.empty() &&
        message.picture.size() <= telegram_picture_bytes)
      send_picture(result, [&] {
        auto made = request(url("sendPhoto"), stop);
        made.parts = {{"chat_id", settings_.target}, {"photo", message.picture, "videos.png", "image/png"}};
        return judge(core::http_exchange(made));
      });
    return result;
  }
};

class Ntfy final : public WebChannel {
 public:
  using WebChannel::WebChannel;

 private:
  core::HttpRequest base(const Message& message, const SendStop& stop) const {
    const std::string& topic = secrets_.address.empty() ? settings_.target : secrets_.address;
    auto made = request(settings_.server + "/" + core::percent_encoded(topic), stop);
    made.headers = {"Title: " + header_value(shortened(message.title, 200)),
                    std::string("Priority: ") + (message.urgent ? "high" : "default"),
                    std::string("Tags: ") + (message.urgent ? "warning" : "clapper")};
    if (!secrets_.secret.empty()) made.headers.push_back("Authorization: Bearer " + secrets_.secret);
    return made;
  }

  SendResult deliver(const Message& message, const SendStop& stop) override {
    const std::string text = shortened(message.text, ntfy_text_bytes);
    if (!message.picture.empty()) {
      auto made = base(message, stop);
      made.method = "PUT";
      // A header has one line; the service reads \n as a line break.
      std::string lines;
      for (const std::string_view line : core::split(text, '\n'))
        lines += (lines.empty() ? "" : "\\n") + std::string(line);
      made.headers.push_back("Message: " + header_value(lines));
      made.headers.emplace_back("Filename: videos.png");
      made.body = message.picture;
      SendResult result = by_status(core::http_exchange(made), "ntfy");
      if (result.kind != Kind::refused) return result;
      // The server may take no files, or none of this size.
      SendResult without = post_text(message, text, stop);
      without.picture_problem = result.problem;
      return without;
    }
    return post_text(message, text, stop);
  }

  SendResult post_text(const Message& message, const std::string& text, const SendStop& stop) const {
    auto made = base(message, stop);
    made.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
    made.body = text;
    return by_status(core::http_exchange(made), "ntfy");
  }
};

class Webhook final : public WebChannel {
 public:
  using WebChannel::WebChannel;

 private:
  SendResult deliver(const Message& message, const SendStop& stop) override {
    auto made = request(secrets_.address.empty() ? settings_.target : secrets_.address, stop);
    made.method = settings_.method;
    made.headers = secrets_.headers;
    made.headers.push_back("Content-Type: " + settings_.content_type);
    // For receivers that can tell a repeated message from a new one.
    made.headers.push_back("Idempotency-Key: " + message.key);
    if (!secrets_.secret.empty()) made.headers.push_back("Authorization: Bearer " + secrets_.secret);
    made.body = settings_.body.empty()
                    ? message.to_json()
                    : NotifyTemplate::parse(settings_.body, escaping_of(settings_.content_type))
                          .fill(message.values());
    return by_status(core::http_exchange(made), "the webhook");
  }
};

}  // namespace

std::unique_ptr<Channel> make_web_channel(const ChannelSettings& settings, WebSecrets secrets,
                                          std::vector<std::string> all_secrets) {
  switch (settings.type) {
    case ChannelType::wecom:
      return std::make_unique<Wecom>(settings, std::move(secrets), std::move(all_secrets));
    case ChannelType::serverchan:
      return std::make_unique<ServerChan>(settings, std::move(secrets), std::move(all_secrets));
    case ChannelType::telegram:
      return std::make_unique<Telegram>(settings, std::move(secrets), std::move(all_secrets));
    case ChannelType::ntfy:
      return std::make_unique<Ntfy>(settings, std::move(secrets), std::move(all_secrets));
    default:
      return std::make_unique<Webhook>(settings, std::move(secrets), std::move(all_secrets));
  }
}

}  // namespace turbodiff::notify
