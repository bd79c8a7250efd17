// Replies of the HTTP API: JSON documents, and errors in the format of the programs.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"

namespace turbodiff::http {

/// An error and the HTTP status of its reply.
struct HttpError {
  int status = 500;
  Error error;
};

/// bad_request 400, not_found 404, refused 507, interrupted 503, work_failed 500.
int status_of(ErrorCode code);

/// Replies with `document`, with schema_version in front.
void reply(httplib::Response& response, int status, const nlohmann::ordered_json& document);
/// Replies with {"schema_version": 1, "error": {"code", "message", "hint"}}, the message one line.
void reply_error(httplib::Response& response, int status, const Error& error);

}  // namespace turbodiff::http
