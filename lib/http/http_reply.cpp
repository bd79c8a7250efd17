#include "http/http_reply.h"

#include "core/text/json_text.h"
#include "core/text/text_width.h"

namespace turbodiff::http {

using Json = nlohmann::ordered_json;

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request:
      return 400;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::refused:
      return 507;
    case ErrorCode::interrupted:
      return 503;
    case ErrorCode::work_failed:
      return 500;
  }
  return 500;
}

void reply(httplib::Response& response, int status, const Json& document) {
  Json whole = {{"schema_version", 1}};
  whole.update(document);
  response.status = status;
  response.set_content(core::json_text(whole) + "\n", "application/json");
}

void reply_error(httplib::Response& response, int status, const Error& error) {
  Json problem = {{"code", static_cast<int>(error.code())},
                  {"message", core::escape_control(error.message())}};
  if (!error.hint().empty()) problem["hint"] = core::escape_control(error.hint());
  reply(response, status, {{"error", std::move(problem)}});
}

}  // namespace turbodiff::http
