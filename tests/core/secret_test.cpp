#include "core/secret.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "core/error.h"
#include "testing.h"

using namespace turbodiff::core;
using turbodiff::Error;

TEST_CASE("a url is shown without what is secret in it, and else as it is") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"https://prices.example/day.csv", "https://prices.example/day.csv"},
      {"https://a.example/api?securityToken=0f1e&area=DE", "https://a.example/api?securityToken=***&area=DE"},
      {"https://a.example/api?area=DE&api_key=x#f", "https://a.example/api?area=DE&api_key=***#f"},
      {"https://a.example/?apikey=1&access_token=2&sig=3&X-Amz-Signature=4&password=5&from=6",
       "https://a.example/?apikey=***&access_token=***&sig=***&X-Amz-Signature=***&password=***&from=6"},
      {"https://user:pass@a.example:8443/p", "https://***@a.example:8443/p"},
      {"https://u:p@ss@a.example/p", "https://***@a.example/p"},
      {"https://a.example/p?securityToken={token}", "https://a.example/p?securityToken={token}"},
      {"https://hooks.example/services/T00/aB3dE5fG7hI9jK1lM3nO", "https://hooks.example/services/T00/***"},
      {"https://a.example/7d9f0a3e-1234-4abc-9def-001122334455/x", "https://a.example/***/x"},
      {"https://a.example/?0123abcd4567ef890123", "https://a.example/?***"},
      {"https://api.example/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/",
       "https://api.example/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/"},
      {"https://a.example/20261130T000000Z/DayAheadPrices2026",
       "https://a.example/20261130T000000Z/DayAheadPrices2026"},
      {"a.example/x", "a.example/x"},
      {"", ""}};
  for (const auto& [url, shown] : cases) CHECK(redacted_url(url) == shown);
  std::vector<std::string> secrets;
  redacted_url("https://user:pass@a.example/p?area=DE&token=abcd", &secrets);
  CHECK(secrets == std::vector<std::string>{"user:pass", "pass", "abcd"});
}

TEST_CASE("a secret goes from a message in every form") {
  const std::vector<std::string> secrets = {"s3cr/t", "abc", "https://h.example/my-own-hook?key=1"};
  CHECK(without_secrets("no s3cr/t, s3cr%2Ft or czNjci90 here", secrets) == "no ***, *** or *** here");
  CHECK(without_secrets("abc stays: it is a word", secrets) == "abc stays: it is a word");
  CHECK(without_secrets("https://h.example/my-own-hook?key=***: refused", secrets) == "***: refused");
}

TEST_CASE("a secret is a line of a file or a variable") {
  const turbodiff::testing::TempDir folder;
  std::ofstream(folder / "token") << "  abcd-efgh \nmore\n";
  std::filesystem::permissions(folder / "token", std::filesystem::perms::owner_read);
  const Environment environment = {{"MINE", "from-the-environment"}};
  using Kind = SecretSource::Kind;
  CHECK(read_secret({Kind::file, (folder / "token").string(), "token_file", "f:1:1"}, {}) == "abcd-efgh");
  CHECK(read_secret({Kind::variable, "MINE", "token_env", "f:1:1"}, environment) == "from-the-environment");
  const Error error = turbodiff::testing::error_of([&] {
    read_secret({Kind::variable, "YOURS", "prices.token_env", "f:1:1"}, environment);
  });
  CHECK(error.message() == "f:1:1: prices.token_env: the variable YOURS is not set");
}
