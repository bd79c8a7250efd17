// What a model's files hold, for `models show` and `models verify`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/program.h"
#include "spec/fingerprint.h"
#include "spec/model_folder.h"

namespace turbodiff::app {

/// {"transformer": {"width", "layers", ...}, "text_encoder": {...}, "vae": {...}}, read from the checkpoints'
/// headers. Errors as open_components().
nlohmann::ordered_json networks_json(cli::Program& program, const spec::ModelFiles& files);

/// Why the model's files cannot be used together, judged by their headers; empty when they can.
std::string problem_of(cli::Program& program, const spec::Model& model);

/// The result of comparing a file with its known hash.
enum class Verdict { ok, changed, unknown };
constexpr std::string_view name_of(Verdict verdict) {
  return verdict == Verdict::ok ? "ok" : verdict == Verdict::changed ? "changed" : "unknown";
}

struct VerifiedFile {
  std::string role;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;
  Verdict verdict = Verdict::unknown;
  std::string compared_with;  ///< "SHA256SUMS", ...; empty where no hash of the file is known
  std::string problem;        ///< empty unless it has changed
};

struct VerifiedModel {
  std::vector<VerifiedFile> files;
  /// changed if one file has changed, else unknown if one is unknown, else ok.
  Verdict verdict() const {
    Verdict worst = Verdict::ok;
    for (const VerifiedFile& file : files) {
      if (file.verdict == Verdict::changed) return Verdict::changed;
      if (file.verdict == Verdict::unknown) worst = Verdict::unknown;
    }
    return worst;
  }
};

/// Opens every checkpoint, hashes every file (progress goes to the console) and compares it with the known
/// hashes: a SHA256SUMS file beside it, the name of its blob in a cache of the Hugging Face hub, and the hash
/// recorded before. Hashes of unchanged files are recorded in `cache`, and with `accept` also those that
/// differ from the recorded ones. Error bad_request for files that cannot be read as what they should be.
VerifiedModel verify_model(cli::Program& program, const spec::Model& model, spec::FingerprintCache& cache,
                           bool accept);

}  // namespace turbodiff::app
