#include "http/generation_post.h"

#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzz::expect_error_only([&] {
    const http::GenerationPost post = http::parse_generation_post(text);
    fuzz::require(post.options.prompt.has_value(), "there is a prompt");
    fuzz::require(!post.options.output && !post.options.dit && !post.options.vae && !post.options.tokenizer &&
                      !post.options.text_encoder && !post.options.noise && !post.options.image &&
                      !post.options.save_latents && !post.options.contact_sheet &&
                      !post.options.high_noise_model && !post.options.low_noise_model,
                  "no file is named");
    if (post.options.model)
      fuzz::require(
          post.options.model->find('/') == std::string::npos && !post.options.model->starts_with("."),
          "a model is a name");
    fuzz::require(post.options.num_samples.value_or(1) == 1 || post.options.grid.value_or(false),
                  "a post makes one file");
    fuzz::require(post.retries >= 0 && post.retries <= http::most_retries, "retries are within their limits");
  });
}
