// Validates JSON against the part of JSON Schema (2020-12) that the shipped schemas use.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace turbodiff::testing {

/// Every violation as "/outputs/0/seed: is not an integer". Keywords: $ref to "#/$defs/...", type, const,
/// enum, required, properties, additionalProperties (boolean or schema), items, minItems, maxItems, minimum,
/// minLength, anyOf. Throws std::runtime_error for a schema with any other keyword but descriptive ones, so
/// that none goes unchecked.
std::vector<std::string> schema_violations(const nlohmann::json& schema, const nlohmann::json& value);

/// The shipped schema of this name, schemas/NAME.schema.json.
nlohmann::json read_schema(const std::string& name);

}  // namespace turbodiff::testing
