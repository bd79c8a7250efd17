#include "http/http_guard.h"

#include "testing.h"

using namespace turbodiff::http;

namespace {

const std::string token = "0123456789abcdef0123";

HttpSettings with_token() {
  HttpSettings settings;
  settings.token = token;
  settings.token_for_all = true;
  return settings;
}

}  // namespace

TEST_CASE("without a token only the server's own user is answered, at names of the loopback") {
  const HttpSettings open;
  for (const char* host : {"127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860", "127.9.9.9"}) {
    CHECK_MESSAGE(!refusal_of(open, {host, "", "", "", true}), host);
    CHECK_MESSAGE(refusal_of(open, {host, "", "", "", false}) == Refusal::no_token, host);
    CHECK_MESSAGE(refusal_of(open, {host, "", "Bearer ", "", false}) == Refusal::no_token, host);
  }
  for (const char* host : {"", "evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.1",
                           "localhost.evil.example:7860", "[::2]:7860", "127.0.0"})
    CHECK_MESSAGE(refusal_of(open, {host, "", "", "", true}) == Refusal::foreign_host, host);
}

TEST_CASE("pages of other origins and sites are refused, with and without a token") {
  const std::string bearer = "Bearer " + token;
  for (const HttpSettings& settings : {HttpSettings{}, with_token()}) {
    CHECK(!refusal_of(settings, {"localhost:7860", "http://localhost:7860", bearer, "same-origin", true}));
    CHECK(!refusal_of(settings, {"localhost:7860", "", bearer, "none", true}));
    for (const char* origin : {"http://evil.example", "null", "http://localhost:8000", "localhost:7860"})
      CHECK_MESSAGE(
          refusal_of(settings, {"localhost:7860", origin, bearer, "", true}) == Refusal::foreign_origin,
          origin);
    for (const char* site : {"cross-site", "same-site", "CROSS-SITE"})
      CHECK_MESSAGE(refusal_of(settings, {"localhost:7860", "", bearer, site, true}) == Refusal::cross_site,
                    site);
  }
}

TEST_CASE("with a token of the configuration everyone needs it, and any name will do") {
  const HttpSettings settings = with_token();
  for (const bool own_user : {false, true}) {
    CHECK(!refusal_of(settings, {"gpu.example:7860", "", "Bearer " + token, "", own_user}));
    CHECK(!refusal_of(settings, {"gpu.example:7860", "", "bearer  " + token, "", own_user}));
    for (const std::string& given :
         {std::string(), token, "Basic " + token, std::string("Bearer "), "Bearer " + token + "0",
          "Bearer " + token.substr(1), std::string("Bearer")})
      CHECK_MESSAGE(refusal_of(settings, {"localhost", "", given, "", own_user}) == Refusal::no_token, given);
  }
}

TEST_CASE("with a token that was made beside the store only others need it") {
  HttpSettings settings = with_token();
  settings.token_for_all = false;
  CHECK(!refusal_of(settings, {"localhost", "", "", "", true}));
  CHECK(refusal_of(settings, {"gpu.example", "", "", "", true}) == Refusal::foreign_host);
  CHECK(refusal_of(settings, {"localhost", "", "", "", false}) == Refusal::no_token);
  CHECK(!refusal_of(settings, {"gpu.example", "", "Bearer " + token, "", false}));
  CHECK(!refusal_of(settings, {"gpu.example", "", "Bearer " + token, "", true}));
}

TEST_CASE("secrets are the same only when all of them is") {
  CHECK(same_secret("", ""));
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
}
