// The description of the HTTP API that /openapi.json gives: OpenAPI 3.1, with JSON Schemas.
#pragma once

#include <nlohmann/json.hpp>

namespace turbodiff::http {

nlohmann::ordered_json openapi_document(bool with_token);

/// The schemas of requests and replies, by name: components/schemas.
nlohmann::ordered_json openapi_schemas();

}  // namespace turbodiff::http
