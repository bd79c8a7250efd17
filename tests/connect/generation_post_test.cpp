#include "http/generation_post.h"

#include <fmt/format.h>

#include "core/error.h"
#include "testing.h"

using namespace turbodiff;
using http::parse_generation_post;

namespace {

std::string problem(std::string_view body) {
  try {
    parse_generation_post(body);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::bad_request);
    return error.message();
  }
  return "none";
}

}  // namespace

TEST_CASE("a post has the options of generate and those of a job") {
  const auto post = parse_generation_post(
      R"({"prompt":"a circle","steps":2,"width":64,"height":32,"num_frames":5,"seed":-1,"async":true,)"
      R"("when":"cheapest","deadline":"+2h","priority":-3,"after":[4,5],"retries":0,"group":"g","hold":true,)"
      R"("format":"webm"})");
  CHECK(post.options.prompt == "a circle");
  CHECK(post.options.steps == 2);
  CHECK(post.options.size == "64x32");
  CHECK(post.options.frames == 5);
  CHECK(post.options.seed->random);
  CHECK(post.async);
  CHECK(post.when == spec::When::cheapest);
  CHECK(post.deadline == "+2h");
  CHECK(post.priority == -3);
  CHECK(post.after == std::vector<store::JobId>{4, 5});
  CHECK(post.retries == 0);
  CHECK(post.group == "g");
  CHECK(post.hold);
  CHECK(post.format == "webm");
  CHECK(parse_generation_post(R"({"prompt":"x","quant_linear":"force"})").options.quant_linear == "force");
  CHECK(parse_generation_post(R"({"prompt":"x","quant_linear":true})").options.quant_linear == "auto");
  CHECK(problem(R"({"prompt":"x","quant_linear":"fast"})") == "--quant-linear: unknown value 'fast'");
  CHECK(parse_generation_post(R"({"prompt":"x"})").when == spec::When::now);
  CHECK(parse_generation_post(R"({"prompt":"x","after":7})").after == std::vector<store::JobId>{7});
}

TEST_CASE("clients made for stable-diffusion-webui are served, and are informed about what was left out") {
  const auto post = parse_generation_post(
      R"({"prompt":"a cat","negative_prompt":"ugly","seed":7,"steps":20,"cfg_scale":7.5,"width":64,"height":32,)"
      R"("batch_size":2,"n_iter":2,"sampler_name":"Euler a","restore_faces":false,"tiling":null,"subseed":-1,)"
      R"("styles":[],"override_settings":{},"send_images":true,"enable_hr":true})");
  CHECK(post.options.prompt == "a cat");
  CHECK(post.options.seed->value == 7);
  CHECK_FALSE(post.options.steps);
  CHECK(post.options.size == "64x32");
  CHECK(post.options.num_samples == 4);
  CHECK(post.options.grid == true);
  CHECK_FALSE(post.options.sampler);
  CHECK(post.warnings ==
        std::vector<std::string>{"the 4 samples are placed side by side in one video",
                                 "20 steps are for undistilled models: the model's own number is taken",
                                 "ignored, not supported here: cfg_scale, enable_hr, negative_prompt, "
                                 "sampler_name"});
  const auto ours =
      parse_generation_post(R"({"prompt":"x","steps":4,"sampler_name":"RCM","negative_prompt":""})");
  CHECK(ours.options.steps == 4);
  CHECK(ours.options.sampler == "rcm");
  CHECK(ours.warnings.empty());
  // A slip of the finger is none of their fields, and without them nothing is taken for theirs.
  CHECK(problem(R"({"prompt":"x","cfg_scale":7,"stepps":4})") ==
        "unknown key 'stepps' (did you mean 'steps'?)");
  CHECK(problem(R"({"prompt":"x","negativ_prompt":"y"})").starts_with("unknown key 'negativ_prompt'"));
  CHECK(parse_generation_post(R"({"prompt":"x","steps":20})").options.steps == 20);
  CHECK(problem(R"({"prompt":"x","init_images":["..."]})").starts_with("unknown key 'init_images'"));
  for (const char* odd : {"batch_size", "n_iter", "sampler_name", "steps"})
    for (const char* value : {"-1", "1e99", "\"x\"", "[]", "18446744073709551615"})
      problem(fmt::format(R"({{"prompt":"x","cfg_scale":7,"{}":{}}})", odd, value));
}

TEST_CASE("what is no such object is refused with the reason") {
  CHECK(problem("") == "the body is empty");
  CHECK(problem("{\"prompt\":") == "the body is not valid JSON, at byte 11");
  CHECK(problem("[]") == "the body must be a JSON object with a \"prompt\"");
  CHECK(problem("{}") == "there is no \"prompt\"");
  CHECK(problem(std::string(100'000, '[')) == "JSON is nested too deeply");
  CHECK(problem(R"({"prompt":"x","stepps":4})") == "unknown key 'stepps' (did you mean 'steps'?)");
  CHECK(problem(R"({"prompt":"x","wdith":4})") == "unknown key 'wdith' (did you mean 'width'?)");
  CHECK(problem(R"({"prompt":"x","priority":18446744073709551615})").starts_with("'priority' must be"));
  CHECK(problem(R"({"prompt":"x","priority":1.5})").starts_with("'priority' must be"));
  CHECK(problem(R"({"prompt":"x","after":["1"]})").starts_with("'after' must be"));
  CHECK(problem(R"({"prompt":"x","when":"later"})") == "'when' must be off-peak, cheapest or now");
  CHECK(problem(R"({"prompt":"x","async":1})") == "'async' must be true or false");
  CHECK(problem(R"({"prompt":"x","width":64})") == "'width' is given without 'height'");
  CHECK(problem(R"({"prompt":"x","width":64,"height":64,"size":"64x64"})").find("exclude") !=
        std::string::npos);
  CHECK(problem(R"({"prompt":"x","num_samples":3})") == "'num_samples' makes several files");
  CHECK(parse_generation_post(R"({"prompt":"x","num_samples":3,"grid":true})").options.num_samples == 3);
}

TEST_CASE("no key of a post names a file") {
  for (const char* key : {"output", "dit", "dit_path", "vae", "text_encoder", "tokenizer", "image", "noise",
                          "save_latents", "save-latents", "contact_sheet", "save_path", "high_noise_model"})
    CHECK(problem(fmt::format(R"({{"prompt":"x","{}":"/etc/passwd"}})", key)).find("names a file") !=
          std::string::npos);
  CHECK(problem(R"({"prompt":"x","force":true})").starts_with("unknown key 'force'"));
  for (const char* model : {"/etc", "../x", "..", "a/b", "~", ""})
    CHECK(problem(fmt::format(R"({{"prompt":"x","model":"{}"}})", model)).find("not a path") !=
          std::string::npos);
  CHECK(problem(R"({"prompt":"x","format":"../../x"})").starts_with("'format' must be one of"));
  CHECK(parse_generation_post(R"({"prompt":"x","model":"demo"})").options.model == "demo");
}

TEST_CASE("the body's text goes through the same gate as a file") {
  // "雪中的狐狸" in GBK
  const auto post = parse_generation_post("{\"prompt\":\"\xD1\xA9\xD6\xD0\xB5\xC4\xBA\xFC\xC0\xEA\"}");
  CHECK(post.options.prompt == "雪中的狐狸");
  CHECK(post.warnings == std::vector<std::string>{"the body: read as GB18030"});
  CHECK(parse_generation_post("\xEF\xBB\xBF{\"prompt\":\"x\"}").options.prompt == "x");
  CHECK(problem("{\"prompt\":\"caf\xE9 in the snow\"}") ==
        "the body: not UTF-8 text (byte 0xE9 at offset 14)");
  CHECK(problem(R"({"prompt":"a\u0000"})").find("NUL character") != std::string::npos);
  CHECK(problem(R"({"prompt":"x","group":"a\u001b"})") ==
        "'group' holds a control character (U+001B at offset 1)");
  CHECK(problem(R"({"prompt":" \u3000"})") == "the \"prompt\" is empty");
}
