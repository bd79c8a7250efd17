// What is found before anything large is read: every tensor that a run touches, in every way it can be wrong.
#include "pipeline/components.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/make_checkpoint.h"
#include "contains.h"
#include "demo_files.h"
#include "model/umt5_encoder.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"
#include "ops/op_testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using weights::TensorSpec;
namespace fs = std::filesystem;

namespace {

/// One tensor as a header describes it; dtypes and shapes may be anything.
struct Entry {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
};

std::vector<Entry> entries(const std::vector<TensorSpec>& specs) {
  std::vector<Entry> list;
  for (const TensorSpec& spec : specs)
    list.push_back({spec.name, spec.dtype == Dtype::f32 ? "F32" : "BF16", spec.shape});
  return list;
}

/// A safetensors file whose data are a hole in the file.
void write_hollow(const fs::path& path, const std::vector<Entry>& list) {
  nlohmann::ordered_json header;
  std::uint64_t end = 0;
  for (const Entry& entry : list) {
    std::uint64_t bytes = entry.dtype == "F32" || entry.dtype == "U32" ? 4 : entry.dtype == "I8" ? 1 : 2;
    for (const std::int64_t size : entry.shape) bytes *= static_cast<std::uint64_t>(size);
    header[entry.name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  write_file(path, std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + text);
  fs::resize_file(path, sizeof(length) + text.size() + end);
}

/// A model of tiny networks, each of whose files can be spoilt.
class HollowModel {
 public:
  static constexpr std::int64_t dim = 64;

  HollowModel()
      : dit(entries(bench::dit_tensors(dim, 96, 3, 32, false))),
        vae(entries(bench::wan21_vae_tensors(4))),
        text(entries(bench::umt5_tensors(704, 32, 48, 4, 3))) {
    write_file(folder_ / "config.json", R"({"dit": {"num_heads": 2}})");
  }

  std::vector<Entry> dit, vae, text;

  spec::ModelFiles files() const {
    write_hollow(folder_ / "dit.safetensors", dit);
    write_hollow(folder_ / "vae.safetensors", vae);
    write_hollow(folder_ / "t5.safetensors", text);
    spec::ModelFiles files;
    files.dit = folder_ / "dit.safetensors";
    files.vae = folder_ / "vae.safetensors";
    files.text_encoder = folder_ / "t5.safetensors";
    files.tokenizer = demo_files().tokenizer;
    files.config = folder_ / "config.json";
    return files;
  }
  std::string refusal() const {
    const Error error = error_of([&] { pipeline::open_components(files()); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK_FALSE(error.hint().empty());
    CHECK(error.message().find('\n') == std::string::npos);
    return error.message();
  }
  fs::path path(const std::string& name) const { return folder_ / name; }

 private:
  TempDir folder_;
};

Entry& named(std::vector<Entry>& list, const std::string& name) {
  return *std::find_if(list.begin(), list.end(), [&](const Entry& entry) { return entry.name == name; });
}

void drop(std::vector<Entry>& list, const std::string& prefix) {
  std::erase_if(list, [&](const Entry& entry) { return entry.name.starts_with(prefix); });
}

/// Text to video decodes only.
bool is_touched(const std::string& name) {
  return !name.starts_with("encoder.") && !name.starts_with("conv1.");
}

using Part = std::vector<Entry> HollowModel::*;
struct NamedPart {
  Part part;
  const char* file;
};
const NamedPart parts[] = {{&HollowModel::dit, "dit.safetensors"},
                           {&HollowModel::vae, "vae.safetensors"},
                           {&HollowModel::text, "t5.safetensors"}};

}  // namespace

TEST_CASE("a complete model passes") {
  const HollowModel model;
  const auto components = pipeline::open_components(model.files());
  CHECK(components.dit_config.heads == 2);
  CHECK(components.vae_config.spatial_factor == 8);
  CHECK(components.vae_config.temporal_factor == 4);
  CHECK(components.tokenizer.vocab_size() == 704);
}

TEST_CASE("each tensor that is missing is named, with its file") {
  HollowModel model;
  for (const auto& [part, file] : parts) {
    const std::vector<Entry> whole = model.*part;
    for (const Entry& entry : whole) {
      if (!is_touched(entry.name)) continue;
      drop(model.*part, entry.name);
      const std::string message = model.refusal();
      CHECK_MESSAGE(contains(message, "'" + entry.name + "'"), entry.name << ": " << message);
      CHECK_MESSAGE(contains(message, file), message);
      model.*part = whole;
    }
  }
}

TEST_CASE("each tensor of another shape is named, with both shapes") {
  HollowModel model;
  for (const auto& [part, file] : parts) {
    const std::vector<Entry> whole = model.*part;
    for (const Entry& entry : whole) {
      // More embeddings than pieces are allowed: the published encoder has some to spare.
      if (!is_touched(entry.name) || entry.name == "token_embedding.weight") continue;
      ++named(model.*part, entry.name).shape[0];
      const std::string message = model.refusal();
      CHECK_MESSAGE(contains(message, entry.name), entry.name << ": " << message);
      CHECK_MESSAGE(contains(message, file), message);
      model.*part = whole;
    }
  }
}

TEST_CASE("each tensor of elements that cannot be taken is named, with their type") {
  HollowModel model;
  for (const auto& [part, file] : parts) {
    const std::vector<Entry> whole = model.*part;
    for (const Entry& entry : whole) {
      if (!is_touched(entry.name)) continue;
      for (const char* type : {"U16", "I16"}) {
        named(model.*part, entry.name).dtype = type;
        const std::string message = model.refusal();
        CHECK_MESSAGE(contains(message, "'" + entry.name + "'"), entry.name << ": " << message);
        CHECK_MESSAGE(contains(message, type == std::string("U16") ? "U16" : "int16"), message);
      }
      model.*part = whole;
    }
  }
}

TEST_CASE("how many more there are is said") {
  HollowModel model;
  drop(model.dit, "blocks.1.ffn.2.weight");
  drop(model.dit, "blocks.1.norm3.");
  named(model.dit, "blocks.2.cross_attn.k.weight").shape = {7, 7};
  const std::string message = model.refusal();
  CHECK_MESSAGE(contains(message,
                         "lacks tensor 'blocks.1.ffn.2.weight' of the diffusion transformer, expected with "
                         "shape [64, 96]; 2 more are missing; 1 more does not fit"),
                message);
}

TEST_CASE("whole parts that are missing are noticed, also at the end") {
  for (const char* prefix :
       {"blocks.1.", "decoder.upsamples.14.", "decoder.upsamples.12.", "decoder.upsamples.3.",
        "decoder.upsamples.0.", "decoder.middle.2.", "decoder.middle.1.", "decoder.middle.",
        "decoder.upsamples.3.time_conv.", "decoder.upsamples.7.time_conv.", "decoder.upsamples."}) {
    HollowModel model;
    drop(model.dit, prefix);
    drop(model.vae, prefix);
    const std::string message = model.refusal();
    CHECK_MESSAGE(contains(message, prefix), prefix << ": " << message);
  }
  HollowModel model;
  drop(model.dit, "blocks.2.");
  drop(model.text, "blocks.2.");
  pipeline::open_components(model.files());  // nothing says that there was a third block
  write_file(model.path("config.json"), R"({"dit": {"num_heads": 2, "num_layers": 3}})");
  CHECK(contains(model.refusal(), "has 2 blocks, and its config states 3"));
  write_file(model.path("config.json"), R"({"dit": {"num_heads": 2}, "t5": {"num_layers": 3}})");
  CHECK(contains(model.refusal(), "t5.safetensors' has 2 blocks"));
}

TEST_CASE("a VAE without its encoder decodes as it is, and compression is never guessed") {
  HollowModel model;
  drop(model.vae, "encoder.");
  drop(model.vae, "conv1.");
  const auto components = pipeline::open_components(model.files());
  CHECK(components.vae_config.spatial_factor == 8);
  CHECK(components.vae_config.temporal_factor == 4);
  drop(model.vae, "decoder.upsamples.11.");
  drop(model.vae, "decoder.upsamples.12.");
  drop(model.vae, "decoder.upsamples.13.");
  drop(model.vae, "decoder.upsamples.14.");
  CHECK(contains(model.refusal(), "its decoder has 2 layers 'decoder.upsamples.*.resample', expected 3"));
}

TEST_CASE("int8 layers and the projections of sparse attention are looked up too") {
  const auto int8 = [] {
    HollowModel model;
    std::vector<Entry> list;
    for (const Entry& entry : model.dit) {
      const bool linear = entry.name.starts_with("blocks.") && entry.name.ends_with(".weight") &&
                          !contains(entry.name, "norm");
      if (!linear) {
        list.push_back(entry);
        continue;
      }
      const std::string layer = entry.name.substr(0, entry.name.size() - 7);
      list.push_back({layer + ".int8_weight", "I8", entry.shape});
      list.push_back({layer + ".scale", "F32", {1, 1}});
    }
    model.dit = list;
    return model.dit;
  }();
  HollowModel model;
  model.dit = int8;
  CHECK(pipeline::open_components(model.files()).dit_config.int8_linear);
  for (const char* tensor : {"blocks.0.self_attn.q.scale", "blocks.2.ffn.2.scale",
                             "blocks.0.self_attn.q.int8_weight", "blocks.1.cross_attn.v.int8_weight"}) {
    drop(model.dit, tensor);
    CHECK(contains(model.refusal(), std::string("'") + tensor + "'"));
    model.dit = int8;
  }
  named(model.dit, "blocks.1.ffn.0.scale").shape = {2, 1};
  CHECK(contains(model.refusal(), "'blocks.1.ffn.0.scale'"));
  model.dit = int8;
  named(model.dit, "blocks.1.ffn.0.int8_weight").dtype = "BF16";
  CHECK(contains(model.refusal(), "'blocks.1.ffn.0.int8_weight'"));

  HollowModel sparse;
  for (int block = 0; block < 3; ++block) {
    const std::string name = "blocks." + std::to_string(block) + ".self_attn.attn_op.local_attn.proj_l";
    sparse.dit.push_back({name + ".weight", "F32", {32, 32}});
    sparse.dit.push_back({name + ".bias", "F32", {32}});
  }
  const std::vector<Entry> whole = sparse.dit;
  CHECK(pipeline::open_components(sparse.files()).dit_config.sparse_linear_attention);
  for (const Entry& entry : whole)
    if (contains(entry.name, "proj_l")) {
      drop(sparse.dit, entry.name);
      CHECK(contains(sparse.refusal(), "'" + entry.name + "'"));
      sparse.dit = whole;
    }
}

TEST_CASE("tokenizers that are missing, damaged, or of another vocabulary") {
  HollowModel model;
  named(model.text, "token_embedding.weight").shape[0] = 703;
  CHECK(contains(model.refusal(), "has 704 pieces, and"));
  HollowModel other;
  spec::ModelFiles files = other.files();
  files.tokenizer.clear();
  CHECK(contains(error_of([&] { pipeline::open_components(files); }).message(), "there is no tokenizer"));
  files.tokenizer = other.path("spiece.model");
  const auto refusal = [&](const std::string& bytes) {
    write_file(files.tokenizer, bytes);
    const Error error = error_of([&] { pipeline::open_components(files); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(contains(error.message(), "spiece.model"));
    return error.message();
  };
  CHECK(contains(refusal("garbage"), "not a usable SentencePiece model"));
  CHECK(contains(refusal("<!DOCTYPE html><html>"), "web page"));
  CHECK(contains(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "Git LFS pointer"));
  CHECK(contains(refusal("{\"version\": \"1.0\", \"model\": {\"type\": \"Unigram\"}}"), "tokenizer.json"));
}

TEST_CASE("a width of no published model needs somebody to say how many heads it has") {
  HollowModel model;
  spec::ModelFiles files = model.files();
  files.config.clear();
  CHECK(contains(error_of([&] { pipeline::open_components(files); }).message(),
                 "nothing says how many heads it has"));
}

TEST_CASE("what is looked up is what a run uses, no more and no less") {
  const auto components = pipeline::open_components(demo_files());
  const auto names_of = [](const weights::Checkpoint& checkpoint, auto&& build) {
    const auto looked_up = std::make_shared<model::TensorLog>(), used = std::make_shared<model::TensorLog>();
    build(model::Parameters::looking_up(checkpoint, looked_up), false);
    build(model::Parameters(checkpoint, at::kFloat, at::kCPU, used), true);
    CHECK(looked_up->misfits.empty());
    CHECK_FALSE(used->names.empty());
    CHECK(looked_up->names == used->names);
  };
  names_of(components.dit, [&](const model::Parameters& parameters, bool) {
    model::WanDit(parameters, components.dit_config);
  });
  names_of(components.vae, [&](const model::Parameters& parameters, bool) {
    model::WanVae(parameters, components.vae_config, model::WanVae::Parts::both);
  });
  names_of(components.text_encoder, [&](const model::Parameters& parameters, bool run) {
    const model::Umt5Encoder encoder(parameters, components.text_config);
    if (run)
      encoder.encode(at::ones({1, 5}, at::kLong), {5});
    else
      encoder.look_up();
  });
}
