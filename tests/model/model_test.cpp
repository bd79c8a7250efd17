#include "model/infer_config.h"
#include "model/umt5_encoder.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"
#include "ops/op_testing.h"
#include "weights/safetensors_writer.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using weights::Checkpoint, weights::Component;

namespace {

const std::filesystem::path golden = std::filesystem::path(TURBODIFF_SOURCE_DIR) / "tests/golden";
const std::filesystem::path demo = std::filesystem::path(TURBODIFF_SOURCE_DIR) / "models/demo";

Checkpoint tiny_dit() {
  return Checkpoint::open(golden / "05_dit21_t2v/tiny.pth", Component::dit);
}

model::WanDit load_tiny(at::ScalarType type, model::LinearKind kind = model::LinearKind::plain) {
  const Checkpoint checkpoint = tiny_dit();
  return {{checkpoint, type, at::kCPU}, model::infer_dit_config(checkpoint, {2, std::nullopt}), {}, kind};
}

/// The network's view of a text of `rows` rows, padded to 512; with `apart` every padding row counts on its
/// own.
model::WanDit::Text padded_text(const model::WanDit& dit, std::int64_t rows, bool apart) {
  at::Tensor context = at::zeros({1, 512, dit.config().text_dim});
  context.narrow(1, 0, rows).copy_(random({1, rows, dit.config().text_dim}, 1));
  if (apart) context.select(1, 511).fill_(1e-30f);  // too little to change anything
  return dit.embed_text(context);
}

}  // namespace

TEST_CASE("the sizes of every network are read off its tensors") {
  const auto overrides = model::read_config_overrides(demo / "config.json");
  const auto dit = model::infer_dit_config(Checkpoint::open(demo / "dit.pth", Component::dit), overrides);
  CHECK(dit.dim == 128);
  CHECK(dit.ffn_dim == 512);
  CHECK(dit.heads == 4);
  CHECK(dit.layers == 5);
  CHECK(dit.in_dim == 16);
  CHECK(dit.text_dim == 128);
  CHECK_FALSE(dit.sparse_linear_attention);
  const auto text =
      model::infer_text_encoder_config(Checkpoint::open(demo / "t5.pth", Component::text_encoder));
  CHECK(text.vocab == 704);
  CHECK(text.heads == 4);
  CHECK(text.layers == 2);
  const auto vae = model::infer_vae_config(Checkpoint::open(demo / "vae.pth", Component::vae));
  CHECK(vae.spatial_factor == 8);
  CHECK(vae.temporal_factor == 4);
  CHECK(vae.latent_frames(17) == 5);
  CHECK(vae.latent_frames(1) == 1);
}

TEST_CASE("a width that 128 does not divide needs a config.json") {
  const Error error = error_of([] { model::infer_dit_config(tiny_dit()); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("tiny.pth") != std::string::npos);
  CHECK(error.message().find("head_dim 128") != std::string::npos);
  CHECK(error_of([] {
          model::infer_dit_config(tiny_dit(), {3, std::nullopt});
        }).code() == ErrorCode::bad_request);
}

TEST_CASE("config.json is checked") {
  const TempDir folder;
  const auto code_for = [&](const std::string& text) {
    write_file(folder / "config.json", text);
    return error_of([&] { model::read_config_overrides(folder / "config.json"); }).code();
  };
  CHECK(code_for("not json") == ErrorCode::bad_request);
  CHECK(code_for("[1]") == ErrorCode::bad_request);
  CHECK(code_for(R"({"dit": {"num_heads": "four"}})") == ErrorCode::bad_request);
  CHECK(code_for(R"({"dit": {"num_heads": -4}})") == ErrorCode::bad_request);
  CHECK(error_of([&] { model::read_config_overrides(folder / "absent.json"); }).code() ==
        ErrorCode::bad_request);
  write_file(folder / "config.json", R"({"num_attention_heads": 12})");
  CHECK(model::read_config_overrides(folder / "config.json").dit_heads == 12);
}

TEST_CASE("weights of the wanted type are used where the file is mapped") {
  const Checkpoint checkpoint = Checkpoint::open(demo / "dit.pth", Component::dit);
  const model::Parameters as_stored(checkpoint, at::kBFloat16, at::kCPU),
      widened(checkpoint, at::kFloat, at::kCPU);
  const auto& view = checkpoint.at("blocks.0.ffn.0.weight");
  const at::Tensor mapped = as_stored.get("blocks.0.ffn.0.weight", {512, 128});
  CHECK(mapped.const_data_ptr() == view.data);
  CHECK(widened.get("blocks.0.ffn.0.weight", {512, 128}).const_data_ptr() != view.data);
  CHECK(widened.get("blocks.0.ffn.0.weight", {512, 128}).equal(mapped.to(at::kFloat)));
  const Error error = error_of([&] { as_stored.get("blocks.0.ffn.0.weight", {512, 64}); });
  CHECK(error.message().find("blocks.0.ffn.0.weight") != std::string::npos);
  CHECK(error.message().find("dit.pth") != std::string::npos);
}

TEST_CASE("padding rows collapsed into one weighted key change nothing") {
  const at::Tensor x = random({1, 16, 2, 6, 8}, 2), t = at::full({1}, 932.0f);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const model::WanDit dit = load_tiny(type);
    const auto collapsed = padded_text(dit, 11, false), apart = padded_text(dit, 11, true);
    CHECK(collapsed.blocks[0].keys.size(1) == 12);
    CHECK(apart.blocks[0].keys.size(1) == 512);
    CHECK(rel_l2(dit.forward(x, t, collapsed), dit.forward(x, t, apart)) <
          (type == at::kFloat ? 2e-6 : 5e-3));
  }
}

TEST_CASE("in int8 padding rows are collapsed for each kind of block they lie in") {
  const at::Tensor x = random({1, 16, 2, 6, 8}, 2), t = at::full({1}, 932.0f);
  const model::WanDit dit = load_tiny(at::kFloat, model::LinearKind::int8);
  struct Case {
    std::int64_t rows, keys;
  };
  // Padding in the last block of the text and in blocks of its own; only of its own; only with the text;
  // none.
  for (const auto& [rows, keys] :
       {Case{0, 1}, Case{11, 13}, Case{128, 129}, Case{200, 202}, Case{400, 401}, Case{511, 512}}) {
    CAPTURE(rows);
    const auto collapsed = padded_text(dit, rows, false), apart = padded_text(dit, rows, true);
    CHECK(collapsed.blocks[0].keys.size(1) == keys);
    // Activations a rounding apart may fall on two sides of an int8 step.
    CHECK(rel_l2(dit.forward(x, t, collapsed), dit.forward(x, t, apart)) < 1e-3);
    CHECK(rel_l2(collapsed.blocks[0].keys.narrow(1, 0, rows), apart.blocks[0].keys.narrow(1, 0, rows)) <
          1e-6);
  }
}

TEST_CASE(
    "int8 layers stay close to the network they stand for, and give the same bits for any number of "
    "threads") {
  const at::Tensor x = random({1, 16, 2, 16, 16}, 2), t = at::full({1}, 932.0f);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
    const model::WanDit plain = load_tiny(type), int8 = load_tiny(type, model::LinearKind::int8);
    const at::Tensor fast = int8.forward(x, t, padded_text(int8, 20, false));
    const double apart = rel_l2(fast, plain.forward(x, t, padded_text(plain, 20, false)));
    CHECK(apart > 1e-4);
    CHECK(apart < 0.05);
    const int before = at::get_num_threads();
    at::set_num_threads(before > 1 ? 1 : 2);
    CHECK(same_bits(int8.forward(x, t, padded_text(int8, 20, false)), fast));
    at::set_num_threads(before);
  }
}

TEST_CASE("a checkpoint with int8 layers runs in int8 unless plain layers are asked for") {
  const Checkpoint checkpoint = Checkpoint::open(golden / "10_int8linear/dit-quant.pth", Component::dit);
  const auto config = model::infer_dit_config(checkpoint, {2, std::nullopt});
  CHECK(config.int8_linear);
  CHECK(config.ffn_dim == 256);
  const model::WanDit dit({checkpoint, at::kFloat, at::kCPU}, config);
  CHECK(dit.linear_kind() == model::LinearKind::int8);
  const model::WanDit plain({checkpoint, at::kFloat, at::kCPU}, config, {}, model::LinearKind::plain);
  CHECK(plain.linear_kind() == model::LinearKind::plain);
  const at::Tensor x = random({1, 16, 2, 16, 16}, 2), t = at::full({1}, 932.0f);
  const double apart = rel_l2(plain.forward(x, t, padded_text(plain, 20, false)),
                              dit.forward(x, t, padded_text(dit, 20, false)));
  CHECK(apart > 1e-5);
  CHECK(apart < 0.05);
}

TEST_CASE("sparse attention needs the weights of its linear branch") {
  model::WanDit dit = load_tiny(at::kFloat);
  const Error error = error_of([&] { dit.set_attention({model::SelfAttention::Kind::sla, 0.1}); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("proj_l") != std::string::npos);
}

TEST_CASE("samples of a batch do not see each other") {
  const model::WanDit dit = load_tiny(at::kFloat);
  const at::Tensor x = random({2, 16, 1, 4, 4}, 3), t = at::tensor({932.0f, 608.0f});
  const at::Tensor context = random({2, 5, dit.config().text_dim}, 4);
  const at::Tensor together = dit.forward(x, t, dit.embed_text(context));
  for (std::int64_t b = 0; b < 2; ++b) {
    const at::Tensor alone =
        dit.forward(x.narrow(0, b, 1), t.narrow(0, b, 1), dit.embed_text(context.narrow(0, b, 1)));
    CHECK(rel_l2(alone, together.narrow(0, b, 1)) < 1e-6);
  }
}

TEST_CASE("a latent that does not fit the network is refused") {
  const model::WanDit dit = load_tiny(at::kFloat);
  const auto text = dit.embed_text(random({1, 3, dit.config().text_dim}, 5));
  for (const at::Tensor& x : {at::zeros({1, 15, 1, 4, 4}), at::zeros({1, 16, 1, 5, 4})})
    CHECK(error_of([&] { dit.forward(x, at::zeros({1}), text); }).code() == ErrorCode::bad_request);
}

TEST_CASE("ids beyond the vocabulary are refused") {
  const Checkpoint checkpoint = Checkpoint::open(demo / "t5.pth", Component::text_encoder);
  const model::Umt5Encoder encoder({checkpoint, at::kFloat, at::kCPU},
                                   model::infer_text_encoder_config(checkpoint));
  const Error error = error_of([&] { encoder.encode(at::full({1, 1}, 704, at::kLong), {1}); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.hint().find("tokenizer") != std::string::npos);
}

TEST_CASE("what lies beyond a prompt's end does not change its rows") {
  const Checkpoint checkpoint = Checkpoint::open(demo / "t5.pth", Component::text_encoder);
  const model::Umt5Encoder encoder({checkpoint, at::kFloat, at::kCPU},
                                   model::infer_text_encoder_config(checkpoint));
  const at::Tensor ids = at::tensor({5, 9, 11, 1, 0, 0, 0, 77}).view({1, 8});
  const at::Tensor alone = encoder.encode(ids, {4});
  CHECK(alone.size(1) == 4);
  const at::Tensor batch = encoder.encode(at::cat({ids, ids + 1}, 0), {4, 8});
  CHECK(rel_l2(batch[0].slice(0, 0, 4), alone[0]) < 1e-6);
}

TEST_CASE("the autoencoder works chunk by chunk and inverts itself") {
  const Checkpoint checkpoint = Checkpoint::open(demo / "vae.pth", Component::vae);
  const model::WanVae vae({checkpoint, at::kFloat, at::kCPU}, model::infer_vae_config(checkpoint),
                          model::WanVae::Parts::both);
  // A bright square on black, moving right.
  at::Tensor video = at::full({1, 3, 9, 96, 96}, -0.94f);
  for (std::int64_t frame = 0; frame < 9; ++frame)
    video.select(2, frame).slice(2, 36, 60).slice(3, 20 + 3 * frame, 44 + 3 * frame).fill_(0.9f);
  const at::Tensor latent = vae.encode(video);
  CHECK(latent.sizes().equals(at::IntArrayRef{1, 16, 3, 12, 12}));
  std::vector<std::int64_t> chunks;
  std::vector<at::Tensor> parts;
  vae.decode(latent, [&](const at::Tensor& chunk) {
    chunks.push_back(chunk.size(2));
    parts.push_back(chunk);
  });
  CHECK(chunks == std::vector<std::int64_t>{1, 4, 4});
  const at::Tensor decoded = at::cat(parts, 2);
  CHECK((decoded.clamp(-1, 1) - video).square().mean().item<double>() < 0.02);
  // Causal: the first frames do not depend on later ones.
  CHECK(rel_l2(vae.decode(latent.narrow(2, 0, 2)), decoded.narrow(2, 0, 5)) < 1e-6);
  CHECK(error_of([&] { vae.encode(video.narrow(2, 0, 8)); }).code() == ErrorCode::bad_request);
  CHECK(error_of([&] { vae.decode(at::zeros({1, 15, 1, 4, 4})); }).code() == ErrorCode::bad_request);
}
