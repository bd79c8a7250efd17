#include "connect/http_guard.h"

#include "testing.h"

using namespace turbodiff::connect;

namespace {

const std::string token = "0123456789abcdef0123";

HttpSettings with_token() {
  HttpSettings settings;
  settings.token = token;
  return settings;
}

}  // namespace

TEST_CASE("without a token only names of the loopback are answered") {
  const HttpSettings open;
  for (const char* host : {"127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860", "127.9.9.9"})
    CHECK_MESSAGE(!refusal_of(open, {host, "", ""}), host);
  for (const char* host : {"", "evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.1",
                           "localhost.evil.example:7860", "[::2]:7860", "127.0.0"})
    CHECK_MESSAGE(refusal_of(open, {host, "", ""}) == Refusal::foreign_host, host);
}

TEST_CASE("pages of other origins are refused, with and without a token") {
  const std::string bearer = "Bearer " + token;
  for (const HttpSettings& settings : {HttpSettings{}, with_token()}) {
    CHECK(!refusal_of(settings, {"localhost:7860", "http://localhost:7860", bearer}));
    for (const char* origin : {"http://evil.example", "null", "http://localhost:8000", "localhost:7860"})
      CHECK_MESSAGE(refusal_of(settings, {"localhost:7860", origin, bearer}) == Refusal::foreign_origin,
                    origin);
  }
}

TEST_CASE("with a token it is needed, and any name will do") {
  const HttpSettings settings = with_token();
  CHECK(!refusal_of(settings, {"gpu.example:7860", "", "Bearer " + token}));
  CHECK(!refusal_of(settings, {"gpu.example:7860", "", "bearer  " + token}));
  for (const std::string& given :
       {std::string(), token, "Basic " + token, std::string("Bearer "), "Bearer " + token + "0",
        "Bearer " + token.substr(1), std::string("Bearer")})
    CHECK_MESSAGE(refusal_of(settings, {"localhost", "", given}) == Refusal::no_token, given);
}

TEST_CASE("secrets are the same only when all of them is") {
  CHECK(same_secret("", ""));
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
}
