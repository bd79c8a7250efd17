#include "http/generation_post.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/incoming_text.h"
#include "core/text/json_nesting.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "http/a1111_fields.h"
#include "spec/option_table.h"

namespace turbodiff::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view job_keys[] = {"async",   "when",  "deadline", "earliest", "priority", "after",
                                         "retries", "group", "hold",     "width",    "height",   "format"};

bool names_a_file(const spec::Option& option) {
  const std::string name = option.json_name();
  return std::holds_alternative<spec::Option::Member<std::filesystem::path>>(option.field) ||
         name == "output" || name == "save_latents" || name == "contact_sheet";
}

Error wrong_type(std::string_view key, std::string_view wanted) {
  return Error::bad_request(fmt::format("'{}' must be {}", key, wanted));
}

std::int64_t whole(const Json& value, std::string_view key, std::int64_t least, std::int64_t most) {
  const bool fits =
      value.is_number_integer() &&
      !(value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    throw wrong_type(key, fmt::format("a whole number between {} and {}", least, most));
  return value.get<std::int64_t>();
}

bool truth(const Json& value, std::string_view key) {
  if (!value.is_boolean()) throw wrong_type(key, "true or false");
  return value.get<bool>();
}

std::string text(const Json& value, std::string_view key) {
  if (!value.is_string()) throw wrong_type(key, "a text");
  if (const auto problem = core::text_problem(value.get<std::string>()))
    throw Error::bad_request(fmt::format("'{}' {}", key, *problem));
  return value.get<std::string>();
}

std::vector<store::JobId> jobs(const Json& value) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::vector<store::JobId> ids;
  if (!value.is_array()) return {whole(value, "after", 1, most)};
  for (const Json& id : value) ids.push_back(whole(id, "after", 1, most));
  return ids;
}

Json parse(std::string_view body) {
  if (core::trim(body).empty())
    throw Error::bad_request("the body is empty", "send a JSON object with a \"prompt\"");
  if (core::json_nesting(body) > core::max_json_nesting)
    throw Error::bad_request("JSON is nested too deeply");
  try {
    Json json = Json::parse(body);
    if (!json.is_object()) throw Error::bad_request("the body must be a JSON object with a \"prompt\"");
    return json;
  } catch (const nlohmann::json::parse_error& error) {
    throw Error::bad_request(fmt::format("the body is not valid JSON, at byte {}", error.byte));
  }
}

void check_key(const std::string& key) {
  if (std::find(std::begin(job_keys), std::end(job_keys), key) != std::end(job_keys)) return;
  const spec::Option* option = spec::find_json_option(key);
  if (option == nullptr) {
    std::vector<std::string> known(std::begin(job_keys), std::end(job_keys));
    for (const spec::Option& candidate : spec::option_table())
      if (candidate.json_key && !names_a_file(candidate)) known.push_back(candidate.json_name());
    throw Error::bad_request(
        fmt::format("unknown key '{}'{}", core::escape_control(key), core::did_you_mean(key, known)),
        "the keys are in /openapi.json");
  }
  if (names_a_file(*option))
    throw Error::bad_request(fmt::format("'{}' names a file, which cannot be done over HTTP", key),
                             "the server names the video; use turbodiff-sched add for files");
}

void set_job_key(GenerationPost& post, const std::string& key, const Json& value) {
  if (key == "async") post.async = truth(value, key);
  if (key == "hold") post.hold = truth(value, key);
  if (key == "deadline") post.deadline = text(value, key);
  if (key == "earliest") post.earliest = text(value, key);
  if (key == "group") post.group = text(value, key);
  if (key == "priority") post.priority = whole(value, key, -most_priority, most_priority);
  if (key == "retries") post.retries = static_cast<int>(whole(value, key, 0, most_retries));
  if (key == "after") post.after = jobs(value);
  if (key == "when") {
    const auto when = spec::when_named(text(value, key));
    if (!when) throw wrong_type(key, "off-peak, cheapest or now");
    post.when = *when;
  }
  if (key == "format") {
    post.format = text(value, key);
    const auto formats = post_formats();
    if (std::find(formats.begin(), formats.end(), post.format) == formats.end())
      throw wrong_type(key, fmt::format("one of {}", fmt::join(formats, ", ")));
  }
}

void set_size(GenerationPost& post, const Json& object) {
  const bool width = object.contains("width"), height = object.contains("height");
  if (width != height)
    throw Error::bad_request(
        fmt::format("'{}' is given without '{}'", width ? "width" : "height", width ? "height" : "width"));
  if (!width) return;
  if (post.options.size || post.options.resolution || post.options.aspect_ratio)
    throw Error::bad_request("'width' and 'height' exclude 'size', 'resolution' and 'aspect_ratio'");
  post.options.size = fmt::format("{}x{}", whole(object["width"], "width", 1, most_pixels_a_side),
                                  whole(object["height"], "height", 1, most_pixels_a_side));
}

void check_model(const std::string& model) {
  if (model.empty() || model.find_first_of("/\\") != std::string::npos || model.starts_with(".") ||
      model.starts_with("~"))
    throw Error::bad_request("'model' must be the name of a model, not a path",
                             "see 'turbodiff models list' for the names");
}

}  // namespace

std::vector<std::string_view> post_formats() {
  return {"mp4", "webm", "gif", "png"};
}

bool may_be_posted(std::string_view json_name) {
  const spec::Option* option = spec::find_json_option(json_name);
  return option != nullptr && option->json_key && !names_a_file(*option);
}

GenerationPost parse_generation_post(std::string_view body) {
  GenerationPost post;
  Json object = parse(
      core::incoming_text(body, "the body", [&](const std::string& line) { post.warnings.push_back(line); }));
  for (std::string& warning : adapt_a1111_fields(object)) post.warnings.push_back(std::move(warning));
  for (const auto& [key, value] : object.items()) {
    check_key(key);
    set_job_key(post, key, value);
  }
  post.options = spec::options_from_json(object, job_keys);
  if (!post.options.prompt) throw Error::bad_request("there is no \"prompt\"");
  if (core::is_blank(*post.options.prompt)) throw Error::bad_request("the \"prompt\" is empty");
  if (const auto problem = core::text_problem(*post.options.prompt))
    throw Error::bad_request("'prompt' " + *problem);
  if (post.options.model) check_model(*post.options.model);
  if (post.options.num_samples.value_or(1) > 1 && !post.options.grid.value_or(false))
    throw Error::bad_request("'num_samples' makes several files", "post once a video, or set \"grid\": true");
  set_size(post, object);
  return post;
}

}  // namespace turbodiff::http
