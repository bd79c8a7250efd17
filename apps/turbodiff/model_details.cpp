#include "model_details.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/hash.h"
#include "core/text/strings.h"
#include "core/units.h"
#include "generator.h"
#include "pipeline/components.h"

namespace turbodiff::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::int64_t parameters_of(const weights::Checkpoint& checkpoint) {
  std::int64_t count = 0;
  for (const std::string& name : checkpoint.names()) count += checkpoint.at(name).numel();
  return count;
}

/// File name to hash, of lines "HASH  NAME" as sha256sum writes them.
std::map<std::string, std::string> read_sums(const fs::path& file) {
  std::map<std::string, std::string> sums;
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    const std::string_view text = core::trim(line);
    if (text.size() < 66 || text[64] != ' ') continue;
    std::string_view name = core::trim(text.substr(64));
    if (name.starts_with("*")) name.remove_prefix(1);
    sums[std::string(name)] = core::to_lower(text.substr(0, 64));
  }
  return sums;
}

/// The SHA-256 that a file of the hub's cache is named after: links in a snapshot lead to blobs/SHA256.
std::optional<std::string> blob_sum(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  const std::string name = target.filename().string();
  if (error || target.parent_path().filename() != "blobs" || name.size() != 64 ||
      name.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  return name;
}

void compare(VerifiedFile& file, const spec::FingerprintCache& cache, bool accept) {
  const auto with = [&](const std::optional<std::string>& known, const char* source, const char* problem) {
    if (!known || file.verdict == Verdict::changed) return;
    file.compared_with = source;
    file.verdict = *known == file.sha256 ? Verdict::ok : Verdict::changed;
    if (file.verdict == Verdict::changed) file.problem = problem;
  };
  if (!accept) {
    with(cache.last_sha256(file.path), "the recorded SHA-256",
         "differs from the SHA-256 recorded before; if that is meant, 'models verify --accept' records it");
    with(cache.recorded_sha256(file.path), "the recorded SHA-256",
         "contents changed although size and time did not: the disk may be failing");
  }
  with(blob_sum(file.path), "the name of its blob", "differs from the SHA-256 that its blob is named after");
  const auto sums = read_sums(file.path.parent_path() / "SHA256SUMS");
  const auto stated = sums.find(file.path.filename().string());
  with(stated == sums.end() ? std::nullopt : std::optional(stated->second), "SHA256SUMS",
       "differs from SHA256SUMS");
}

VerifiedFile verify_file(const std::string& role, const fs::path& path, spec::FingerprintCache& cache,
                         cli::Program& program, bool accept) {
  VerifiedFile file{role, path, fs::file_size(path), {}, Verdict::unknown, {}, {}};
  const std::string name = path.filename().string();
  file.sha256 = core::sha256_of_file(path, [&](std::uint64_t done, std::uint64_t total) {
    if (!program.flags().quiet)
      program.console().status(
          fmt::format("{}: {} of {}", name, core::format_bytes(done), core::format_bytes(total)));
  });
  program.console().status("");
  compare(file, cache, accept);
  if (file.verdict != Verdict::changed) cache.record_sha256(path, file.sha256);
  return file;
}

}  // namespace

Json networks_json(cli::Program&, const spec::ModelFiles& files) {
  const pipeline::Components components = pipeline::open_components(files);
  const auto& dit = components.dit_config;
  const auto& text = components.text_config;
  Json transformer = {{"architecture", architecture_of(dit)},
                      {"width", dit.dim},
                      {"ffn", dit.ffn_dim},
                      {"heads", dit.heads},
                      {"layers", dit.layers},
                      {"channels", dit.in_dim},
                      {"sparse_linear_attention", dit.sparse_linear_attention},
                      {"parameters", parameters_of(components.dit)},
                      {"convention", components.dit.convention()}};
  return {
      {"transformer", std::move(transformer)},
      {"text_encoder",
       {{"width", text.dim},
        {"ffn", text.dim_ffn},
        {"heads", text.heads},
        {"layers", text.layers},
        {"vocabulary", text.vocab},
        {"parameters", parameters_of(components.text_encoder)}}},
      {"vae", {{"channels", components.vae_config.z_dim}, {"parameters", parameters_of(components.vae)}}}};
}

std::string problem_of(cli::Program&, const spec::Model& model) {
  if (!model.problem.empty() || !model.complete() || model.files.dit.empty()) return model.problem;
  try {
    pipeline::open_components(model.files);
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

VerifiedModel verify_model(cli::Program& program, const spec::Model& model, spec::FingerprintCache& cache,
                           bool accept) {
  if (!model.complete())
    throw Error::bad_request(
        fmt::format("model '{}' has no {}", model.name, core::join(model.missing, " and no ")));
  if (!model.files.dit.empty()) pipeline::open_components(model.files);
  VerifiedModel verified;
  for (const auto& [role, path] : model.files.present())
    for (const fs::path& file : spec::files_behind(path))
      verified.files.push_back(verify_file(role, file, cache, program, accept));
  return verified;
}

}  // namespace turbodiff::app
