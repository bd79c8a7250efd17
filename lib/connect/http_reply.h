// Replies of the HTTP API: JSON documents, and errors as the programs tell them.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"

namespace turbodiff::connect {

/// An error and the status it is told with.
struct HttpError {
  int status = 500;
  Error error;
};

/// bad_request 400, not_found 404, refused 507, interrupted 503, work_failed 500.
int status_of(ErrorCode code);

/// With schema_version in front.
void reply(httplib::Response& response, int status, const nlohmann::ordered_json& document);
/// {"schema_version": 1, "error": {"code", "message", "hint"}}, the message one line.
void reply_error(httplib::Response& response, int status, const Error& error);

}  // namespace turbodiff::connect
