#include "json_schema.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

namespace turbodiff::testing {
namespace {

using nlohmann::json;

class Validator {
 public:
  explicit Validator(const json& root) : root_(root) {}

  void check(const json& schema, const json& value, const std::string& place) {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) fail(place, "is not allowed");
      return;
    }
    require_known(schema);
    if (schema.contains("$ref")) check(resolve(schema["$ref"]), value, place);
    if (schema.contains("type") && !has_type(schema["type"], value))
      return fail(place, "is not of type " + schema["type"].dump());
    if (schema.contains("const") && schema["const"] != value) fail(place, "is not " + schema["const"].dump());
    if (schema.contains("enum")) {
      const json& values = schema["enum"];
      if (std::find(values.begin(), values.end(), value) == values.end())
        fail(place, "is none of " + values.dump());
    }
    if (schema.contains("anyOf")) check_any(schema["anyOf"], value, place);
    if (value.is_number() && schema.contains("minimum") &&
        value.get<double>() < schema["minimum"].get<double>())
      fail(place, "is below " + schema["minimum"].dump());
    if (value.is_string() && schema.contains("minLength") &&
        value.get<std::string>().size() < schema["minLength"].get<std::size_t>())
      fail(place, "is too short");
    if (value.is_array()) check_array(schema, value, place);
    if (value.is_object()) check_object(schema, value, place);
  }

  std::vector<std::string> violations;

 private:
  void fail(const std::string& place, const std::string& what) {
    violations.push_back((place.empty() ? "/" : place) + ": " + what);
  }

  static void require_known(const json& schema) {
    static const std::set<std::string> known = {
        "$schema", "$id",      "$defs",    "$ref",     "title",      "description", "examples",
        "type",    "const",    "enum",     "required", "properties", "anyOf",       "additionalProperties",
        "items",   "minItems", "maxItems", "minimum",  "minLength"};
    for (const auto& [keyword, ignored] : schema.items())
      if (!known.contains(keyword))
        throw std::runtime_error("schema keyword '" + keyword + "' is not supported");
  }

  const json& resolve(const std::string& reference) const {
    if (reference.rfind("#/", 0) != 0)
      throw std::runtime_error("reference '" + reference + "' leaves the document");
    return root_.at(json::json_pointer(reference.substr(1)));
  }

  static bool is_of(const std::string& type, const json& value) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    throw std::runtime_error("schema type '" + type + "' does not exist");
  }

  static bool has_type(const json& types, const json& value) {
    if (types.is_string()) return is_of(types, value);
    return std::any_of(types.begin(), types.end(), [&](const json& type) { return is_of(type, value); });
  }

  void check_any(const json& schemas, const json& value, const std::string& place) {
    for (const json& schema : schemas) {
      Validator alone(root_);
      alone.check(schema, value, place);
      if (alone.violations.empty()) return;
    }
    fail(place, "fits none of the alternatives");
  }

  void check_array(const json& schema, const json& value, const std::string& place) {
    if (schema.contains("minItems") && value.size() < schema["minItems"].get<std::size_t>())
      fail(place, "has too few items");
    if (schema.contains("maxItems") && value.size() > schema["maxItems"].get<std::size_t>())
      fail(place, "has too many items");
    if (!schema.contains("items")) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      check(schema["items"], value[i], place + "/" + std::to_string(i));
  }

  void check_object(const json& schema, const json& value, const std::string& place) {
    for (const json& name : schema.value("required", json::array()))
      if (!value.contains(name.get<std::string>())) fail(place, "has no " + name.dump());
    const json properties = schema.value("properties", json::object());
    for (const auto& [name, item] : value.items()) {
      if (properties.contains(name))
        check(properties[name], item, place + "/" + name);
      else if (schema.contains("additionalProperties"))
        check(schema["additionalProperties"], item, place + "/" + name);
    }
  }

  const json& root_;
};

}  // namespace

std::vector<std::string> schema_violations(const json& schema, const json& value) {
  Validator validator(schema);
  validator.check(schema, value, "");
  return validator.violations;
}

json read_schema(const std::string& name) {
  const auto path = std::filesystem::path(TURBODIFF_SOURCE_DIR) / "schemas" / (name + ".schema.json");
  std::ifstream in(path);
  if (!in) throw std::runtime_error("no schema " + path.string());
  return json::parse(in);
}

}  // namespace turbodiff::testing
