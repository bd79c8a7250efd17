#include "http/http_head.h"

#include "http/http_reply.h"
#include "testing.h"

using namespace turbodiff::http;

namespace {

int refused_with(const std::string& text, const HeadLimits& limits = {}) {
  try {
    return parse_head(text, limits) ? 0 : -1;
  } catch (const HttpError& error) {
    return error.status;
  }
}

RequestHead head_of(const std::string& fields) {
  return parse_head("POST /x HTTP/1.1\r\n" + fields + "\r\n", {}).value();
}

int body_refused_with(const std::string& fields, const std::string& body) {
  try {
    return body_is_complete(head_of(fields), body) ? 0 : -1;
  } catch (const HttpError& error) {
    return error.status;
  }
}

}  // namespace

TEST_CASE("a head is known when its blank line has come") {
  const std::string text = "GET /a?b=1 HTTP/1.1\r\nHost: x\r\nX-Two:  2 \r\n\r\nbody";
  for (std::size_t size = 0; size + 4 < text.size(); ++size) CHECK(refused_with(text.substr(0, size)) == -1);
  const auto head = parse_head(text, {}).value();
  CHECK(head.method == "GET");
  CHECK(head.target == "/a?b=1");
  CHECK(head.field("x-two") == "2");
  CHECK(head.field("none").empty());
  CHECK(text.substr(head.size) == "body");
}

TEST_CASE("what is no head is refused, and so is what could be read in two ways") {
  for (const std::string text :
       {"GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", "\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nA: 1\nB: 2\r\n\r\n", "GET / HTTP/1.1\r\nA: \r1\r\n\r\n"})
    CHECK_MESSAGE(refused_with(text) == 400, text);
  CHECK(refused_with(std::string("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24)) == 400);
}

TEST_CASE("a head is limited before it is complete") {
  const HeadLimits limits{.total = 200, .line = 50, .fields = 3};
  CHECK(refused_with("GET /" + std::string(60, 'x'), limits) == 414);
  CHECK(refused_with("GET / HTTP/1.1\r\nA: " + std::string(60, 'x'), limits) == 431);
  std::string lines = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 3; ++i) lines += "A: 1\r\n";
  CHECK(refused_with(lines, limits) == -1);
  CHECK(refused_with(lines + "\r\n", limits) == 0);
  CHECK(refused_with(lines + "A: 1\r\n", limits) == 431);
  lines = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 5; ++i) lines += "A: " + std::string(40, 'x') + "\r\n";
  CHECK(refused_with(lines, {.total = 200, .line = 50, .fields = 100}) == 431);
}

TEST_CASE("a body is complete at its length, or after its last chunk") {
  CHECK(body_refused_with("", "") == 0);
  CHECK(body_refused_with("Content-Length: 3\r\n", "ab") == -1);
  CHECK(body_refused_with("Content-Length: 3\r\n", "abc") == 0);
  for (const char* length : {"", "-1", "1x", "99999999999999999999", "0x3"})
    CHECK_MESSAGE(body_refused_with(std::string("Content-Length: ") + length + "\r\n", "") == 400, length);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string body = "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK(body_refused_with(chunked, body.substr(0, size)) == -1);
  CHECK(body_refused_with(chunked, body) == 0);
  CHECK(body_refused_with(chunked, "0\r\nTrailer: x\r\n\r\n") == 0);
  for (const char* wrong : {"zz\r\n", "\r\n", "-1\r\n", "123456789\r\n"})
    CHECK_MESSAGE(body_refused_with(chunked, wrong) == 400, wrong);
}
