#include "json_schema.h"

#include "testing.h"

using nlohmann::json;
using turbodiff::testing::schema_violations;

TEST_CASE("the schema validator finds what is wrong") {
  const json schema = json::parse(R"({
    "type": "object", "required": ["a"], "additionalProperties": false,
    "properties": {"a": {"$ref": "#/$defs/list"}, "b": {"enum": ["x", "y"]}, "c": {"type": ["number", "null"], "minimum": 0},
                   "d": {"anyOf": [{"type": "string", "minLength": 2}, {"const": 5}]}},
    "$defs": {"list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}}}})");
  const auto violations = [&](const char* text) { return schema_violations(schema, json::parse(text)); };
  CHECK(violations(R"({"a": [1, 2], "b": "y", "c": null, "d": 5})").empty());
  CHECK(violations(R"({"a": [1], "c": 0.5, "d": "ab"})").empty());
  CHECK(violations("[]").front() == "/: is not of type \"object\"");
  CHECK(violations("{}").front() == "/: has no \"a\"");
  CHECK(violations(R"({"a": []})").front() == "/a: has too few items");
  CHECK(violations(R"({"a": [1, 2, 3]})").front() == "/a: has too many items");
  CHECK(violations(R"({"a": [1.5]})").front() == "/a/0: is not of type \"integer\"");
  CHECK(violations(R"({"a": [1], "b": "z"})").front() == "/b: is none of [\"x\",\"y\"]");
  CHECK(violations(R"({"a": [1], "c": -1})").front() == "/c: is below 0");
  CHECK(violations(R"({"a": [1], "d": "a"})").front() == "/d: fits none of the alternatives");
  CHECK(violations(R"({"a": [1], "e": 1})").front() == "/e: is not allowed");
  CHECK_THROWS(schema_violations(json::parse(R"({"pattern": "x"})"), 1));
}
