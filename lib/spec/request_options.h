// The inputs of `generate` as the user gave them, each present only where it was given.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace turbodiff::spec {

/// A seed as it is asked for: a number of 64 bits, or -1 on the command line for one that is drawn.
struct Seed {
  bool random = false;
  std::uint64_t value = 0;
  bool operator==(const Seed&) const = default;
};

/// The inputs of one generation before defaults are applied. Filled through the option table
/// (option_table.h) from the command line, a line of a prompts file, a recipe or a job; turned into a
/// GenerationRequest by resolve(). Values are checked one by one when they are set, together in resolve().
struct RequestOptions {
  std::optional<std::string> prompt;

  std::optional<std::string> model;
  std::optional<std::filesystem::path> dit;
  std::optional<std::filesystem::path> high_noise_model;
  std::optional<std::filesystem::path> low_noise_model;
  std::optional<std::filesystem::path> vae;
  std::optional<std::filesystem::path> text_encoder;
  std::optional<std::filesystem::path> tokenizer;

  std::optional<std::string> tier;
  std::optional<std::string> size;
  std::optional<std::string> resolution;
  std::optional<std::string> aspect_ratio;
  std::optional<std::int64_t> frames;
  std::optional<std::int64_t> fps;

  std::optional<std::int64_t> steps;
  std::optional<std::string> sampler;
  std::optional<Seed> seed;
  std::optional<std::int64_t> num_samples;
  std::optional<bool> grid;
  std::optional<double> sigma_max;
  std::optional<std::string> rng;
  std::optional<std::filesystem::path> noise;

  std::optional<std::string> attention;
  std::optional<double> sla_topk;
  std::optional<std::string> quant_linear;
  std::optional<bool> default_norm;

  std::optional<std::filesystem::path> image;
  std::optional<double> boundary;
  std::optional<bool> ode;
  std::optional<bool> adaptive_resolution;

  std::optional<std::string> device;
  std::optional<std::string> dtype;
  std::optional<std::int64_t> threads;

  std::optional<std::string> output;
  std::optional<bool> force;
  std::optional<std::string> save_latents;
  std::optional<std::string> contact_sheet;

  bool operator==(const RequestOptions&) const = default;
};

}  // namespace turbodiff::spec
