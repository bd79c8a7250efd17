// Redirections over real connections: where they may lead, and what goes along.
#include "core/net/http_client.h"

#include "connect/notify_server.h"
#include "core/error.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

struct Redirected {
  TempDir folder;
  std::string log(const std::string& name) const { return (folder / name).string(); }
  core::HttpRequest request(const std::string& url) const {
    core::HttpRequest request;
    request.url = url;
    request.timeout_s = 10;
    request.headers = {"Authorization: Bearer s3cret", "X-Api-Key: s3cret", "Accept: text/csv",
                       "If-None-Match: \"1\""};
    return request;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Redirected, "a redirection to another host takes no secret along") {
  NotifyServer second("http", log("second"), {"body:there"});
  NotifyServer first("http", log("first"), {"302:/again", "302:" + second.url("/x")});
  CHECK(core::http_get(request(first.url("/a"))).body == "there");
  REQUIRE(first.log().size() == 2);
  for (const auto& entry : first.log()) CHECK(entry["headers"]["X-Api-Key"] == "s3cret");
  REQUIRE(second.log().size() == 1);
  const auto headers = second.log()[0]["headers"];
  CHECK(second.log()[0]["path"] == "/x");
  CHECK_FALSE(headers.contains("X-Api-Key"));
  CHECK_FALSE(headers.contains("Authorization"));
  CHECK(headers["Accept"] == "text/csv");
  CHECK(headers["If-None-Match"] == "\"1\"");
}

TEST_CASE_FIXTURE(Redirected, "from https nothing leads back to http") {
  NotifyServer open("http", log("open"), {});
  NotifyServer safe("https", log("safe"), {"302:" + open.url("/x"), "302:/again", "body:there"});
  auto made = request(safe.url("/a"));
  made.ca_file = safe.certificate();
  try {
    core::http_get(made);
    FAIL("followed");
  } catch (const Error& error) {
    CHECK(error.message().find("without encryption") != std::string::npos);
  }
  CHECK(open.log().empty());
  CHECK(core::http_get(made).body == "there");
}

TEST_CASE_FIXTURE(Redirected, "redirections end, and other methods do not follow them") {
  std::vector<std::string> circle(20, "302:/a");
  NotifyServer server("http", log("log"), circle);
  CHECK_THROWS_AS(core::http_get(request(server.url("/a"))), Error);
  CHECK(server.log().size() == 6);
  auto post = request(server.url("/a"));
  post.method = "POST";
  CHECK(core::http_exchange(post).status == 302);
  CHECK(server.log().size() == 7);
}
