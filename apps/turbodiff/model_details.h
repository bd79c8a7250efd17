// What a model's files hold, for `models show` and `models verify`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/program.h"
#include "spec/fingerprint.h"
#include "spec/model_folder.h"

namespace turbodiff::app {

/// {"transformer": {"width", "layers", ...}, "text_encoder": {...}, "vae": {...}} from the checkpoints'
/// headers. Errors as open_components().
nlohmann::ordered_json networks_json(const spec::ModelFiles& files);

struct VerifiedFile {
  std::string role;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string problem;  ///< empty when the file is as it should be
};

struct VerifiedModel {
  std::vector<VerifiedFile> files;
  bool ok() const;
};

/// Opens every checkpoint, hashes every file (progress goes to the console) and compares with what is known:
/// a SHA256SUMS file beside it, and the hash recorded since the file changed last. New hashes are recorded in
/// `cache`. Error bad_request for files that cannot be read as what they are.
VerifiedModel verify_model(const spec::Model& model, spec::FingerprintCache& cache, cli::Program& program);

}  // namespace turbodiff::app
