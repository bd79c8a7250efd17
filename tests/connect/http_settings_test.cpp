#include "http/http_settings.h"

#include "core/error.h"
#include "file_modes.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::http;

TEST_CASE("addresses to listen on, with what may be left out") {
  const auto parsed = [](std::string_view text) {
    const ListenAddress address = parse_listen(text, "--http");
    return address.host + " " + std::to_string(address.port);
  };
  CHECK(parsed("127.0.0.1:7860") == "127.0.0.1 7860");
  CHECK(parsed("0.0.0.0:80") == "0.0.0.0 80");
  CHECK(parsed("[::1]:9000") == "::1 9000");
  CHECK(parsed("[::1]") == "::1 7860");
  CHECK(parsed("localhost") == "localhost 7860");
  CHECK(parsed(":8000") == "127.0.0.1 8000");
  CHECK(parsed("8000") == "127.0.0.1 8000");
  CHECK(parsed("127.0.0.1:0") == "127.0.0.1 0");
  for (const char* wrong :
       {"::1", "a:b", "a:", "a:70000", "a:-1", "[::1", "[::1]x", "[]:1", "http://a:1", "a b:1"})
    CHECK_THROWS_AS_MESSAGE(parse_listen(wrong, "--http"), Error, wrong);
}

TEST_CASE("off loopback a token is required") {
  HttpSettings settings;
  require_token_off_loopback(settings);
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "gpu.example", "128.0.0.1"}) {
    settings.host = host;
    settings.token.clear();
    CHECK_THROWS_AS_MESSAGE(require_token_off_loopback(settings), Error, host);
    settings.token = "0123456789abcdef";
    require_token_off_loopback(settings);
  }
}

TEST_CASE("a token is the first line of its file, and is never in a message") {
  const testing::TempDir folder;
  const auto file = folder.path() / "token";
  testing::write_secret(file, "0123456789abcdef\nsecond\n");
  CHECK(read_token(file) == "0123456789abcdef");
  testing::write_secret(file, "sesame\n");
  try {
    read_token(file);
    FAIL("a short token was taken");
  } catch (const Error& error) {
    CHECK(error.message().find("shorter than 16") != std::string::npos);
    CHECK((error.message() + error.hint()).find("sesame") == std::string::npos);
  }
  CHECK_THROWS_AS(read_token(folder.path() / "none"), Error);
  CHECK_THROWS_AS(read_token(folder.path()), Error);
}
