#include "notify/notify_settings.h"

#include "core/error.h"
#include "core/os/paths.h"
#include "file_modes.h"
#include "notify/notify_channel.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::notify;

namespace {

struct Parsed {
  std::vector<ChannelSettings> channels;
  std::vector<std::string> problems;
};

Parsed parse(const std::string& yaml) {
  core::Problems problems;
  const core::YamlNode root = core::parse_yaml(yaml, "/etc/x/c.yaml", problems);
  Parsed parsed;
  parsed.channels =
      parse_channels(root, core::Paths(core::Environment{{"HOME", "/home/me"}}, "/usr/bin/x"), problems);
  parsed.problems = problems.lines();
  return parsed;
}

}  // namespace

TEST_CASE("a channel of every type") {
  const auto [channels, problems] = parse(R"(
- { type: email, name: mail, server: "smtps://mail.example.org", user: me, password_file: ~/mail, from: me@example.org, to: [a@b.c, d@e.f], events: [batch, failed] }
- { type: wecom, key_env: WECOM, burst: 2, interval: 5m }
- { type: serverchan, key_file: sendkey }
- { type: telegram, token_env: BOT, chat: "-100123" }
- { type: ntfy, server: "https://ntfy.example.org/", topic: nights, token_env: NTFY, events: failed }
- type: webhook
  url: https://hooks.example.org/x
  headers: { X-Kind: night, X-Api-Key: { file: /run/key } }
  body: |
    {"text": "{{title}}", "done": {{done}}}
- { type: desktop }
)");
  REQUIRE_MESSAGE(problems.empty(), (problems.empty() ? "" : problems[0]));
  REQUIRE(channels.size() == 7);
  CHECK(channels[0].name == "mail");
  CHECK(channels[0].secret.name == "/home/me/mail");
  CHECK(channels[0].to == std::vector<std::string>{"a@b.c", "d@e.f"});
  CHECK(channels[0].kinds.size() == 2);
  CHECK(channels[1].name == "wecom");
  CHECK(channels[1].burst == 2);
  CHECK(channels[1].interval_s == 300);
  CHECK(channels[1].kinds.size() == 4);
  CHECK(channels[2].secret.name == "/etc/x/sendkey");
  CHECK(channels[4].server == "https://ntfy.example.org");
  CHECK(channels[5].headers[1].secret.name == "/run/key");
}

TEST_CASE("everything that is wrong is reported at once, each with its place") {
  const auto [channels, problems] = parse(R"(- type: emial
- type: telegram
  token: 123:abc
  chat: 5
- type: telegram
  chats: 5
- type: webhook
  url: https://hooks.example.org/x?token=abcdef
  headers: { Authorization: Bearer abcdef }
  body: '{"a": {{title}}}'
- type: webhook
  name: "a b"
  url: https://me:secret@example.org
  events: [batches]
- type: email
  server: smtp://mail.example.org
  encryption: none
  user: me
  password_env: P
  from: me
  to: [a@b]
)");
  const std::vector<std::string> expected = {
      "1:9: notify.channels[0].type must be one of email, wecom, serverchan, telegram, ntfy, webhook, "
      "desktop, not "
      "'emial' (did you mean 'email'?)",
      "3:10: notify.channels[1].token is a secret and must not be stored in this file",
      "5:3: notify.channels[2].token_file or token_env is missing",
      "5:3: notify.channels[2].chat is missing",
      "6:3: unknown key 'notify.channels[2].chats'",
      "5:3: notify.channels[2]: the name 'telegram' is taken",
      "8:8: notify.channels[3].url has a secret in it",
      "10:9: notify.channels[3].body is not valid JSON once it is filled in",
      "9:29: notify.channels[3].headers.Authorization is a secret",
      "12:9: notify.channels[4].name must be 1 to 40 letters",
      "14:12: notify.channels[4].events are batch, failed, deadline, wake, not 'batches'",
      "13:8: notify.channels[4].url has a password in it",
      "20:9: notify.channels[5].from must be an address like me@example.org, not 'me'",
      "17:15: notify.channels[5].encryption none would send the password",
  };
  REQUIRE_MESSAGE(problems.size() == expected.size(), fmt::format("{}", fmt::join(problems, "\n")));
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK_MESSAGE(problems[i].starts_with("/etc/x/c.yaml:" + expected[i]), problems[i]);
  for (const std::string& problem : problems) CHECK(problem.find("abc") == std::string::npos);
}

TEST_CASE("a secret goes over the network encrypted, or not at all") {
  for (const char* channel :
       {"type: wecom, key_env: K, server: \"http://w.example.org\"",
        "type: serverchan, key_file: k, server: \"http://s.example.org:80/x\"",
        "type: telegram, token_env: T, chat: a, server: \"http://10.0.0.1\"",
        "type: ntfy, topic: t, token_env: T, server: \"http://ntfy.example.org\"",
        "type: ntfy, topic_env: T, server: \"http://ntfy.example.org\"",
        "type: webhook, url: \"http://h.example.org/x\", token_env: T",
        "type: webhook, url: \"http://h.example.org/x\", headers: { X-Api-Key: { env: T } }",
        "type: webhook, url: \"http://127.0.0.1.example.org/x\", token_env: T",
        "type: webhook, url: \"http://[::2]/x\", token_env: T",
        "type: email, server: \"smtp://[::2]:25\", encryption: none, user: me, password_env: P, from: a@b, "
        "to: "
        "[a@b]"}) {
    const auto problems = parse(std::string("- { ") + channel + " }").problems;
    REQUIRE_MESSAGE(problems.size() == 1, channel);
    CHECK_MESSAGE(problems[0].find("in clear text") != std::string::npos, problems[0]);
  }
  for (const char* channel :
       {"type: telegram, token_env: T, chat: a, server: \"http://127.0.0.1:8080\"",
        "type: ntfy, topic: t, token_env: T, server: \"http://[::1]:8080/x\"",
        "type: ntfy, topic: t, server: \"http://ntfy.lan\"", "type: webhook, url: \"http://h.lan/x\"",
        "type: webhook, url: \"http://localhost/x\", token_env: T",
        "type: email, server: \"smtp://[::1]:25\", encryption: none, user: me, password_env: P, from: a@b, "
        "to: "
        "[a@b]"})
    CHECK_MESSAGE(parse(std::string("- { ") + channel + " }").problems.empty(), channel);
}

TEST_CASE("an address that is a secret itself is encrypted too") {
  const testing::TempDir folder;
  ChannelSettings settings;
  settings.type = ChannelType::webhook;
  settings.address = {SecretSource::Kind::file, (folder / "url").string(), "url_file", "c.yaml:1:1"};
  testing::write_file(folder / "url", "http://hooks.example.org/T123\n");
  std::filesystem::permissions(folder / "url", std::filesystem::perms::owner_read);
  try {
    make_channel(settings, {});
    FAIL("taken");
  } catch (const Error& error) {
    CHECK(error.message().find("url_file") != std::string::npos);
    CHECK(error.message().find("T123") == std::string::npos);
  }
}

TEST_CASE("a list is asked for, and maps in it") {
  CHECK(parse("type: email").problems.at(0).find("must be a list") != std::string::npos);
  CHECK(parse("[ email ]").problems.at(0).find("notify.channels[0] must be a map") != std::string::npos);
}

TEST_CASE("a secret is the first line of its file, and never part of an error") {
  const testing::TempDir folder;
  const auto read = [&](const std::string& text) {
    testing::write_secret(folder / "secret", text);
    return read_secret({SecretSource::Kind::file, (folder / "secret").string(), "token_file", "c.yaml:1:1"},
                       {});
  };
  CHECK(read(" s3cret \nmore") == "s3cret");
  for (const std::string wrong : {"", "\n", "hidden\x01word", "hidd\xc3\xa4n"}) {
    try {
      read(wrong);
      FAIL("taken");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::bad_request);
      CHECK(error.message().starts_with("c.yaml:1:1: token_file: "));
      CHECK(error.message().find("hidd") == std::string::npos);
    }
  }
  CHECK_THROWS_WITH_AS(
      read_secret({SecretSource::Kind::variable, "NOT_THERE", "token_env", "c.yaml:1:1"}, {}),
      "c.yaml:1:1: token_env: the variable NOT_THERE is not set", Error);
}
