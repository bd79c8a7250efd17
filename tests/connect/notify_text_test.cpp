// What a message says, and how it is written for where it goes.
#include <nlohmann/json.hpp>
#include <random>

#include "core/error.h"
#include "core/text/encoding.h"
#include "notify/notify_channel.h"
#include "notify/notify_message.h"
#include "notify/rate_limit.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::notify;

namespace {

const MessageOptions options = {"studio", [](std::int64_t instant) { return fmt::format("t{}", instant); }};

store::EndedAttempt attempt(std::int64_t job, store::AttemptState state, store::State job_state) {
  store::EndedAttempt ended;
  ended.id = ended.job = job;
  ended.state = state;
  ended.job_state = job_state;
  ended.prompt = "a \"red\"\ncircle";
  ended.output = fmt::format("/v/{}.mp4", job);
  ended.error = state == store::AttemptState::failed ? "no memory" : "";
  ended.started_at = job * 100'000'000;
  ended.ended_at = ended.started_at + 50'000'000;
  ended.microjoules = 3'600'000'000;
  ended.gross = 250'000;
  ended.currency = "CNY";
  ended.measured = true;
  return ended;
}

store::Notice batch_notice() {
  using enum store::AttemptState;
  std::vector<store::EndedAttempt> attempts = {
      attempt(1, done, store::State::done), attempt(2, failed, store::State::failed),
      attempt(3, failed, store::State::done), attempt(3, done, store::State::done)};
  attempts[3].deadline = 320;
  store::Notice notice;
  notice.key = "batch:3";
  notice.at = 400'000'000;
  notice.detail = BatchSummary::of(attempts, options.label).to_json();
  return notice;
}

}  // namespace

TEST_CASE("a batch tells of videos, failures, energy, cost and who came late") {
  const Message message = compose({batch_notice()}, options);
  CHECK(message.title == "turbodiff: 2 videos are done, 1 job failed, 1 late");
  CHECK(message.text ==
        "t100 to t350\n"
        "0.004000000 kWh (measured), 1.000000 CNY\n"
        "\nDone:\n- job 1 (a \"red\"\\ncircle): /v/1.mp4\n- job 3 (a \"red\"\\ncircle): /v/3.mp4\n"
        "\nFailed:\n- job 2 (a \"red\"\\ncircle): no memory\n"
        "\nAfter their deadline:\n- job 3 (a \"red\"\\ncircle): done t350, due t320\n"
        "\n-- \nturbodiff-sched on studio");
  CHECK(message.videos == std::vector<std::string>{"/v/1.mp4", "/v/3.mp4"});
  CHECK(message.urgent);
}

TEST_CASE("what was held back is one message") {
  store::Notice failed{7, "failed:2", store::NoticeKind::failed, 399'000'000, 2, "a fox", "no memory"};
  const Message message = compose({failed, batch_notice()}, options);
  CHECK(message.title == "turbodiff: 2 videos are done, 1 job failed, 1 late, and 1 more notice");
  CHECK(message.text.starts_with("job 2 failed\nprompt: a fox\nno memory\n\n2 videos are done"));
  CHECK(message.values().event == "failed,batch");
  CHECK(message.key != compose({batch_notice()}, options).key);
  CHECK(message.key == compose({failed, batch_notice()}, options).key);
  CHECK_THROWS_AS(BatchSummary::from_json("{}"), Error);
}

TEST_CASE("a thousand notices are one message that can be read") {
  std::vector<store::Notice> notices(
      1000, {7, "failed:2", store::NoticeKind::failed, 399'000'000, 2, "a fox", "no memory"});
  notices.push_back(batch_notice());
  const Message message = compose(notices, options);
  CHECK(message.title.ends_with("1 late, and 1000 more notices"));
  CHECK(message.text.size() < 10'000);
  CHECK(message.text.find("/v/1.mp4") != std::string::npos);
  CHECK(message.text.find("and 950 more notices\n") != std::string::npos);
}

TEST_CASE("long lists and texts are cut, whole characters stay") {
  std::vector<store::EndedAttempt> attempts;
  for (int i = 1; i <= 30; ++i) attempts.push_back(attempt(i, store::AttemptState::done, store::State::done));
  store::Notice notice = batch_notice();
  notice.detail = BatchSummary::of(attempts, options.label).to_json();
  const Message message = compose({notice}, options);
  CHECK(message.title == "turbodiff: 30 videos are done");
  CHECK(message.text.find("- and 10 more\n") != std::string::npos);
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("视频视频", 10) == "视频…");
  CHECK(shortened("视频", 2).empty());
}

TEST_CASE("headers are ASCII on one line") {
  CHECK(header_value("plain: text") == "plain: text");
  CHECK(header_value("a\r\nBcc: x") == "a\\r\\nBcc: x");
  CHECK(header_value("视频") == "=?UTF-8?B?6KeG6aKR?=");
  const std::string text = "夜里做好的视频都在这里，一共三十个，请看附件里的总览图片 — done";
  const std::string words = header_value(text);
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    CHECK(end - at <= 75);
    CHECK(words.substr(at, 10) == "=?UTF-8?B?");
    at = end + 1;
  }
}

TEST_CASE("Base64, MD5 and percent-encoding are those of the standards") {
  CHECK(core::base64("") == "");
  CHECK(core::base64("f") == "Zg==");
  CHECK(core::base64("foobar") == "Zm9vYmFy");
  const std::string large((3 << 20) + 5, '\xff');
  CHECK(core::base64(large).size() == 4 * ((large.size() + 2) / 3));
  CHECK(core::md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(core::percent_encoded("a b/ä~") == "a%20b%2F%C3%A4~");
}

TEST_CASE("a template is filled in for where its names stand") {
  TemplateValues values;
  values.title = "say \"hi\"\n\\ 视频 \xff";
  values.done = "3";
  const auto json = NotifyTemplate::parse(
      R"({"t": "{{ title }}", "n": {{done}}, "c": {{cost}}, "x": {"y": {}}})", Escaping::json);
  const auto filled = nlohmann::json::parse(json.fill(values));
  CHECK(filled["t"] == "say \"hi\"\n\\ 视频 \xef\xbf\xbd");
  CHECK(filled["n"] == 3);
  CHECK(filled["c"].is_null());
  CHECK(NotifyTemplate::parse("a={{title}}&n={{done}}", Escaping::form).fill(values) ==
        "a=say%20%22hi%22%0A%5C%20%E8%A7%86%E9%A2%91%20%FF&n=3");
  CHECK(NotifyTemplate::parse("{{done}} }} {x}", Escaping::none).fill(values) == "3 }} {x}");
  CHECK(escaping_of("application/json; charset=utf-8") == Escaping::json);
  CHECK(escaping_of("application/x-www-form-urlencoded") == Escaping::form);
  CHECK(escaping_of("text/plain") == Escaping::none);
}

TEST_CASE("a template that cannot be right is refused") {
  const auto refused = [](const std::string& text, const std::string& part) {
    CAPTURE(text);
    try {
      NotifyTemplate::parse(text, Escaping::json);
      FAIL_CHECK("taken");
    } catch (const Error& error) {
      CHECK_MESSAGE(error.message().find(part) != std::string::npos, error.message());
    }
  };
  refused("{{titel}}", "did you mean 'title'");
  refused("{\"a\": \"{{title\"}", "without '}}'");
  refused("{\"a\": {{title}}}", "not valid JSON");
  refused("{\"a\": {{done}}{{failed}}}", "not valid JSON");
  refused("{\"a\": \"\\{{title}}\"}", "not valid JSON");
  refused("text", "not valid JSON");
}

TEST_CASE("property: no window of time sees more messages than its allowance") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    RateLimit limit;
    limit.interval = std::uniform_int_distribution<std::int64_t>(1, 1000)(random);
    limit.burst = std::uniform_int_distribution(1, 6)(random);
    std::vector<std::int64_t> sent;
    std::int64_t full_at = 0, now = 1'000'000;
    for (int i = 0; i < 300; ++i) {
      now += std::uniform_int_distribution<std::int64_t>(0, limit.interval)(random) *
             (random() % 20 == 0 ? 20 : 1);
      if (limit.allowed_at(full_at, now) > now) {
        CHECK(limit.allowed_at(full_at, now) <= now + limit.interval);  // nobody waits longer than that
        continue;
      }
      full_at = limit.after_message(full_at, now);
      sent.push_back(now);
    }
    bool kept = true;
    for (std::size_t a = 0; a < sent.size(); ++a)
      for (std::size_t b = a; b < sent.size(); ++b)
        kept = kept &&
               static_cast<std::int64_t>(b - a + 1) <= limit.burst + (sent[b] - sent[a]) / limit.interval;
    CHECK(kept);
    // A clock that was set back by a year shuts nothing for longer than a full allowance takes.
    CHECK(limit.allowed_at(full_at, 5) <= 5 + limit.interval);
  }
}
