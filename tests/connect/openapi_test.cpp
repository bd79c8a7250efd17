#include "http/openapi.h"

#include <set>

#include "http/generation_post.h"
#include "testing.h"

using namespace turbodiff;
using Json = nlohmann::ordered_json;

namespace {

void collect_references(const Json& json, std::set<std::string>& found) {
  if (json.is_object() && json.contains("$ref")) found.insert(json["$ref"].get<std::string>());
  if (json.is_structured())
    for (const Json& part : json) collect_references(part, found);
}

}  // namespace

TEST_CASE("every reference of the description leads somewhere, and every schema is used") {
  const Json document = http::openapi_document(false);
  std::set<std::string> found;
  collect_references(document, found);
  for (const std::string& reference : found)
    CHECK_MESSAGE(document.contains(Json::json_pointer(reference.substr(1))), reference);
  CHECK(found.size() == document["components"]["schemas"].size());
  std::set<std::string> names;
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      CHECK(names.insert(operation["operationId"]).second);
      const Json& replies = operation["responses"];
      CHECK((replies.contains("200") || replies.contains("202")));
    }
}

TEST_CASE("the described keys are those that a post may have") {
  const Json properties = http::openapi_schemas()["Generation"]["properties"];
  for (const char* key :
       {"prompt", "steps", "width", "height", "frames", "seed", "async", "when", "deadline"})
    CHECK_MESSAGE(properties.contains(key), key);
  for (const char* key : {"output", "image", "dit", "save_latents", "force"})
    CHECK_MESSAGE(!properties.contains(key), key);
  CHECK(properties["steps"]["minimum"] == 1);
  CHECK(properties["steps"]["maximum"] == 100);
  for (const auto& [key, schema] : properties.items()) {
    // Fields of other clients are taken or left out, whatever they hold.
    if (schema.contains("deprecated")) {
      Json body = {{"prompt", "x"}};
      body[key] = Json::object();
      CHECK_NOTHROW(http::parse_generation_post(body.dump()));
      continue;
    }
    // Known to the parser: what is wrong is the value alone.
    try {
      Json body = {{"prompt", "x"}};
      body[key] = Json::object();
      http::parse_generation_post(body.dump());
      FAIL_CHECK(key);
    } catch (const Error& error) {
      CHECK_MESSAGE(error.message().find("unknown key") == std::string::npos, error.message());
    }
  }
}

TEST_CASE("a token is described where one is needed") {
  CHECK_FALSE(http::openapi_document(false).contains("security"));
  const Json document = http::openapi_document(true);
  CHECK(document.contains("security"));
  for (const char* status : {"401", "403", "408", "431"})
    CHECK(document["paths"]["/api/status"]["get"]["responses"].contains(status));
}
