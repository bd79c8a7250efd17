#include "http/openapi.h"

#include <initializer_list>
#include <string>
#include <utility>

namespace turbodiff::http {
namespace {

using Json = nlohmann::ordered_json;

Json reference(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

Json json_reply(const std::string& description, const std::string& schema) {
  return {{"description", description}, {"content", {{"application/json", {{"schema", reference(schema)}}}}}};
}

Json binary() {
  return {{"schema", {{"type", "string"}, {"format", "binary"}}}};
}

/// What any address may answer besides.
const std::initializer_list<std::pair<int, const char*>> common_errors = {
    {400, "The request is not valid"},
    {401, "The token is missing or wrong; the server's own user may need none"},
    {403, "The request comes from another web page, or names another host"},
    {404, "No such endpoint"},
    {405, "The endpoint does not support the method"},
    {408, "The request did not come in time"},
    {414, "The address is too long"},
    {431, "The headers are too large"},
    {500, "The server failed"},
    {503, "The daemon is being stopped, or too many clients wait"}};

class Paths {
 public:
  /// `errors` besides the common ones.
  Json& add(const std::string& path, const std::string& method, const std::string& name,
            const std::string& summary, Json replies,
            std::initializer_list<std::pair<int, const char*>> errors = {}) {
    const auto add_error = [&](int status, const char* text) {
      replies[std::to_string(status)] = json_reply(text, "Error");
    };
    for (const auto& [status, text] : common_errors) add_error(status, text);
    for (const auto& [status, text] : errors) add_error(status, text);
    Json& operation = paths_[path][method];
    operation = {{"operationId", name}, {"summary", summary}, {"responses", std::move(replies)}};
    if (path.find("{id}") != std::string::npos)
      operation["parameters"] = {{{"name", "id"},
                                  {"in", "path"},
                                  {"required", true},
                                  {"schema", {{"type", "integer"}, {"minimum", 1}}}}};
    return operation;
  }
  Json take() { return std::move(paths_); }

 private:
  Json paths_ = Json::object();
};

Json query(const std::string& name, const std::string& description, Json schema) {
  return {{"name", name},
          {"in", "query"},
          {"required", false},
          {"description", description},
          {"schema", std::move(schema)}};
}

void add_generation(Paths& paths) {
  Json& post = paths.add(
      "/sdapi/v1/txt2vid", "post", "txt2vid", "Make a video; the reply comes when it is published",
      {{"200", json_reply("The video is done", "Video")}, {"202", json_reply("The job is queued", "Queued")}},
      {{409, "The job was cancelled or removed meanwhile, or the request does not fit the queue's state"},
       {411, "The request has no Content-Length"},
       {413, "The body is too large"},
       {415, "The body is not JSON"},
       {422, "The deadline cannot be met or has passed, or the engine refuses the request"},
       {507, "A limit of the machine: disk or memory"}});
  post["requestBody"] = {{"required", true},
                         {"content", {{"application/json", {{"schema", reference("Generation")}}}}}};
  for (const char* status : {"200", "202"})
    post["responses"][status]["headers"]["Location"] = {{"description", "Address of the job"},
                                                        {"schema", {{"type", "string"}}}};
  post["responses"]["202"]["links"]["job"] = {{"operationId", "show"},
                                              {"parameters", {{"id", "$response.body#/id"}}}};
  paths.add("/sdapi/v1/progress", "get", "progress", "Progress of the running job",
            {{"200", json_reply("The progress", "Progress")}});
}

void add_jobs(Paths& paths) {
  paths.add("/api/jobs", "get", "list", "The jobs, the newest first",
            {{"200", json_reply("The jobs", "Jobs")}})["parameters"] = {
      query("limit", "Maximum number of jobs",
            {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}, {"default", 100}}),
      query("state", "Only jobs in these states, with commas between them",
            {{"type", "string"},
             {"pattern",
              "^(queued|held|running|done|failed|cancelled)"
              "(,(queued|held|running|done|failed|cancelled))*$"}})};
  paths.add("/api/jobs/{id}", "get", "show", "Everything about a job",
            {{"200", json_reply("The job", "JobDetail")}});
  paths.add("/api/jobs/{id}", "delete", "remove", "Delete a job and its log; the video and its cost are kept",
            {{"200", json_reply("It is removed", "Removed")}},
            {{409, "The job runs, or others wait for it"}});
  const std::pair<const char*, const char*> changes[] = {{"hold", "Hold a queued job"},
                                                         {"release", "Release a held job"},
                                                         {"cancel", "Cancel a job; a running job is stopped"},
                                                         {"retry", "Queue a failed or cancelled job again"}};
  for (const auto& [name, summary] : changes)
    paths.add(std::string("/api/jobs/{id}/") + name, "post", name, summary,
              {{"200", json_reply("The job", "JobDetail")}}, {{409, "The job's state does not allow it"}});
  Json& video = paths.add(
      "/api/jobs/{id}/video", "get", "video", "The video of a job that is done", Json::object(),
      {{409, "The job is not done"}, {416, "The Range header is not valid, or lies beyond the end"}});
  for (const auto& [status, text] :
       {std::pair{"200", "The video"}, std::pair{"206", "A part of the video"}}) {
    video["responses"][status]["description"] = text;
    for (const char* type : {"video/mp4", "video/webm", "image/gif", "image/png", "application/octet-stream"})
      video["responses"][status]["content"][type] = binary();
  }
  Json& preview =
      paths.add("/api/jobs/{id}/preview", "get", "preview",
                "What the first frame of a running job will be like, small; made for whoever asks, at "
                "its next step",
                Json::object());
  preview["responses"]["204"] = {
      {"description", "The job does not run, or there is none before its next step"}};
  preview["responses"]["200"] = {{"description", "The picture of the last step"}};
  preview["responses"]["200"]["content"]["image/png"] = binary();
}

void add_rest(Paths& paths) {
  paths.add("/api/plan", "get", "plan", "When the waiting jobs will run and what that costs",
            {{"200", json_reply("The plan", "Plan")}});
  Json& tariff = paths.add("/api/tariff", "get", "tariff", "Prices of electricity",
                           {{"200", json_reply("The prices", "Tariff")}});
  const Json time = {{"type", "string"}, {"examples", {"now", "+90m", "22:00", "2026-01-31T22:00:00Z"}}};
  tariff["parameters"] = {query("from", "Start of the span (today)", time),
                          query("to", "End of the span (7 days later)", time)};
  paths.add("/api/status", "get", "status", "The number of jobs and the process that runs them",
            {{"200", json_reply("The status", "Status")}});
  paths.add("/api/summary", "get", "summary", "Energy and cost of the machine today",
            {{"200", json_reply("The day so far", "Summary")}});
  paths.add("/api/worker/restart", "post", "restart_worker",
            "Stop the engine, which frees its memory; a running job is queued again without using up a retry",
            {{"202", json_reply("The worker is being ended", "Restarting")}});
  Json events = {
      {"200", {{"description", "Server-sent events: 'queue' when jobs change, 'progress' while one runs"}}}};
  events["200"]["content"]["text/event-stream"]["schema"] = {{"type", "string"}};
  paths.add("/api/events", "get", "events", "Changes as they happen", std::move(events));
  Json description = {{"200", {{"description", "OpenAPI 3.1"}}}};
  description["200"]["content"]["application/json"]["schema"] = {{"type", "object"}};
  paths.add("/openapi.json", "get", "openapi", "This description", std::move(description));
}

}  // namespace

Json openapi_document(bool with_token) {
  Paths paths;
  add_generation(paths);
  add_jobs(paths);
  add_rest(paths);
  Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "turbodiff-sched"},
        {"version", "1"},
        {"description",
         "Videos from text, made when electricity is cheap. Errors are one line: what, and what to do."}}},
      {"paths", paths.take()},
      {"components", {{"schemas", openapi_schemas()}}}};
  if (with_token) {
    document["components"]["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
    document["security"] = Json::array({{{"token", Json::array()}}});
  }
  return document;
}

}  // namespace turbodiff::http
