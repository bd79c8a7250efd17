// 01_tokenizer: prompt cleaning and token ids. 02_umt5: the text encoder.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "model/infer_config.h"
#include "model/umt5_encoder.h"
#include "parity/golden.h"
#include "text/clean_prompt.h"
#include "text/tokenizer.h"

namespace turbodiff::parity {

namespace {

/// Share of the cases of one file that come out wrong.
double wrong_share(const text::Tokenizer& tokenizer, const nlohmann::json& document) {
  int wrong = 0, total = 0;
  if (document["pad_id"].get<int>() != tokenizer.pad_id() ||
      document["eos_id"].get<int>() != tokenizer.eos_id())
    ++wrong;
  for (const auto& item : document["cases"]) {
    const auto raw = item["text"].get<std::string>();
    const std::string clean = text::clean_prompt(raw);
    const auto ids = tokenizer.encode(clean, model::text_length);
    const auto matches = [&](const char* key) {
      return item.contains(key) && item[key].is_array() && item[key].get<std::vector<std::int32_t>>() == ids;
    };
    const bool either = item.value("accept_either", false) && matches("spm_ids");
    ++total;
    if (clean != item["clean"].get<std::string>() || !(matches("ids") || either)) {
      ++wrong;
      fmt::print(stderr, "text {}: clean {} ids {}\n", item["text"].dump(), nlohmann::json(clean).dump(),
                 nlohmann::json(ids).dump());
    }
  }
  if (total == 0) throw Error::bad_request("no cases in the file");
  return static_cast<double>(wrong) / total;
}

at::Tensor encode(const fs::path& path, at::ScalarType type, const at::Tensor& ids, const at::Tensor& mask,
                  model::Trace* trace = nullptr) {
  const auto checkpoint = weights::Checkpoint::open(path, weights::Component::text_encoder);
  const model::Umt5Encoder encoder({checkpoint, type, at::kCPU},
                                   model::infer_text_encoder_config(checkpoint));
  const at::Tensor lengths = mask.sum(1);
  return encoder.encode(
      ids, {lengths.const_data_ptr<std::int64_t>(), lengths.const_data_ptr<std::int64_t>() + lengths.size(0)},
      {}, trace);
}

}  // namespace

void check_tokenizer(const fs::path& folder, Report& report) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename();
    const std::string suffix = ".cases.json";
    if (!file.ends_with(suffix)) continue;
    const std::string stem = file.substr(0, file.size() - suffix.size());
    report.check("01_tokenizer/" + stem, 0, [&] {
      return wrong_share(text::Tokenizer::from_file(folder / (stem + ".model")), read_json(entry.path()));
    });
  }
}

void check_umt5(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  std::set<std::string> case_files{"rel_buckets"};
  for (const auto& [name, values] : manifest["cases"].items()) case_files.insert(name);
  std::set<fs::path> checkpoints;  // t5.pth sorts first
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if ((extension == ".pth" || extension == ".safetensors" || extension == ".gguf") &&
        !case_files.contains(entry.path().stem()))
      checkpoints.insert(entry.path());
  }
  if (fs::exists(folder / "rel_buckets.safetensors"))
    report.check("02_umt5/rel_buckets", 0, [&] {
      const TensorFile file(folder / "rel_buckets.safetensors");
      const at::Tensor buckets = model::relative_position_bucket(
          file.integers("rel"), manifest["config"]["num_buckets"].get<std::int64_t>(), 128);
      return (buckets != file.integers("bucket")).sum().item<double>();
    });
  const fs::path primary = folder / "t5.pth";
  for (const auto& [name, values] : manifest["cases"].items()) {
    const TensorFile file(folder / (name + ".safetensors"));
    const at::Tensor ids = file.integers("ids"), mask = file.integers("mask"), expected = file.f32("hidden");
    for (const Run& run : runs())
      report.check(fmt::format("02_umt5/{}/{}", name, run.name),
                   run.exact ? 3e-6 : default_tolerance(manifest, name),
                   [&] { return distance(encode(primary, run.type, ids, mask), expected).rel_l2; });
    for (const fs::path& other : checkpoints)
      if (other != primary)
        report.check(fmt::format("02_umt5/{}/{}", name, other.filename().string()), 3e-6,
                     [&] { return distance(encode(other, at::kFloat, ids, mask), expected).rel_l2; });
    if (file.contains("zero_padded"))
      report.check(fmt::format("02_umt5/{}/zero_padded", name), 3e-6, [&] {
        const at::Tensor all = file.f32("zero_padded");
        at::Tensor padded = at::zeros_like(all);
        const at::Tensor hidden = encode(primary, at::kFloat, ids, mask);
        const at::Tensor lengths = mask.sum(1);
        for (std::int64_t b = 0; b < ids.size(0); ++b) {
          const auto n = lengths[b].item<std::int64_t>();
          padded[b].slice(0, 0, n).copy_(hidden[b].slice(0, 0, n));
        }
        return distance(padded, all).rel_l2;
      });
    bool has_debug = false;
    for (const std::string& tensor : file.names()) has_debug = has_debug || tensor.starts_with("dbg.");
    if (has_debug)
      report.check(fmt::format("02_umt5/{}/layers", name), 3e-6, [&] {
        model::Trace trace;
        encode(primary, at::kFloat, ids, mask, &trace);
        double worst = 0;
        for (const std::string& tensor : file.names()) {
          if (!tensor.starts_with("dbg.")) continue;
          const at::Tensor wanted = file.f32(tensor), found = trace.at(tensor.substr(4));
          at::Tensor part = wanted;  // the run stops at the longest sample
          for (std::int64_t axis = 0; axis < wanted.dim(); ++axis)
            part = part.narrow(axis, 0, found.size(axis));
          worst = std::max(worst, distance(found, part).rel_l2);
        }
        return worst;
      });
  }
}

}  // namespace turbodiff::parity
