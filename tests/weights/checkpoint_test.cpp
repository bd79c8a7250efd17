#include "weights/checkpoint.h"

#include <array>

#include "builders.h"
#include "contains.h"
#include "weights/safetensors_writer.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

/// A safetensors file of float tensors of the given names and shapes, filled with 0, 1, 2, ...
std::filesystem::path write_model(
    const TempDir& dir, const std::string& name,
    const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
  std::vector<TensorSpec> specs;
  std::size_t count = 0;
  for (const auto& [tensor, shape] : tensors) {
    specs.push_back({tensor, Dtype::f32, shape});
    std::size_t numel = 1;
    for (const std::int64_t size : shape) numel *= static_cast<std::size_t>(size);
    count += numel;
  }
  SafetensorsWriter writer(dir / name, specs);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  writer.write(values);
  writer.finish();
  return dir / name;
}

}  // namespace

TEST_CASE("a training checkpoint: prefix dropped, patch embedding as a matrix, values as expected") {
  const Checkpoint checkpoint =
      Checkpoint::open(data_file("pth_edge/wrapped_net_prefix.pth"), Component::dit);
  const auto expected = TensorSource::open(data_file("pth_edge/expected.safetensors"));
  int compared = 0;
  for (const TensorView& want : expected->tensors()) {
    const std::string prefix = "wrapped.";
    if (!want.name.starts_with(prefix)) continue;
    const TensorView& got = checkpoint.at(want.name.substr(prefix.size()), want.shape);
    CHECK(to_floats(got) == to_floats(want));
    ++compared;
  }
  CHECK(compared == 3);
  CHECK(checkpoint.patch_embedding_shape().size() == 5);
  CHECK(checkpoint.convention() == "wan");
  CHECK(checkpoint.at("patch_embedding.weight").name == "patch_embedding.weight");
  CHECK(checkpoint.block_count() == 1);
}

TEST_CASE("fp8 weights with a scale beside them are refused, not read without it") {
  const TempDir dir;
  for (const std::string suffix : {"scale_weight", "weight_scale"}) {
    const auto path = write_model(dir, suffix + ".safetensors",
                                  {{"model.diffusion_model.patch_embedding.weight", {8, 16, 1, 2, 2}},
                                   {"model.diffusion_model.blocks.0.self_attn.q.weight", {8, 8}},
                                   {"model.diffusion_model.blocks.0.self_attn.q." + suffix, {1}}});
    const Error error = error_of([&] { Checkpoint::open(path, Component::dit); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(contains(error.message(), "blocks.0.self_attn.q." + suffix));
  }
}

TEST_CASE("conventions of a diffusion transformer") {
  TempDir dir;
  const auto convention = [&](const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
    return Checkpoint::open(write_model(dir, "m.safetensors", tensors), Component::dit).convention();
  };
  CHECK(convention({{"patch_embedding.weight", {2, 8}}}) == "turbodiffusion");
  CHECK(convention({{"patch_embedding.weight", {2, 2, 1, 2, 2}}}) == "wan");
  CHECK(convention({{"patch_embedding.weight", {2, 2, 1, 2, 2}}, {"blocks.0.ffn.0.int8_weight", {1}}}) ==
        "turbodiffusion");
  CHECK(convention({{"model.diffusion_model.patch_embedding.weight", {2, 2, 1, 2, 2}}}) == "comfyui");
  CHECK(convention({{"patch_embedding.weight", {2, 2, 1, 2, 2}},
                    {"scale_shift_table", {1, 2, 2}},
                    {"blocks.0.attn1.to_q.weight", {2, 2}}}) == "diffusers");
}

TEST_CASE("a wrong shape, a missing tensor, a hole in the blocks") {
  TempDir dir;
  const auto path = write_model(dir, "m.safetensors",
                                {{"patch_embedding.weight", {2, 8}},
                                 {"blocks.0.self_attn.q.weight", {2, 2}},
                                 {"blocks.2.self_attn.q.weight", {2, 2}},
                                 {"extra.tensor", {1}}});
  const Checkpoint checkpoint = Checkpoint::open(path, Component::dit);
  const Error shape = error_of([&] { checkpoint.at("blocks.0.self_attn.q.weight", {4, 4}); });
  CHECK(shape.code() == ErrorCode::bad_request);
  CHECK(contains(shape.message(), "tensor 'blocks.0.self_attn.q.weight' of '" + path.string() +
                                      "' has shape [2, 2], expected [4, 4]"));
  const Error missing = error_of([&] { checkpoint.at("head.head.weight"); });
  CHECK(contains(missing.message(), "'" + path.string() + "' lacks tensor 'head.head.weight'"));
  CHECK(checkpoint.find("head.head.weight") == nullptr);
  CHECK(contains(error_of([&] { checkpoint.block_count(); }).message(), "only 2 of them"));
  CHECK(checkpoint.unknown_names() == std::vector<std::string>{"extra.tensor"});
  CHECK(checkpoint.contains("blocks.2.self_attn.q.weight"));
}

TEST_CASE("the wrong file is named for what it looks like") {
  TempDir dir;
  const auto vae =
      write_model(dir, "vae.safetensors", {{"decoder.conv1.weight", {1}}, {"decoder.head.2.weight", {1}}});
  const Error error = error_of([&] { Checkpoint::open(vae, Component::dit); });
  CHECK(error.message() == "'" + vae.string() + "' holds no diffusion transformer; it looks like a VAE");
  CHECK(error.hint() == "pass it as --vae instead");
  const auto shard = write_model(dir, "x.safetensors", {{"blocks.5.self_attn.q.weight", {1}}});
  CHECK(contains(error_of([&] { Checkpoint::open(shard, Component::dit); }).hint(), "index.json"));
  const auto lora = write_model(dir, "l.safetensors", {{"blocks.5.self_attn.q.lora_down.weight", {1}}});
  CHECK(contains(error_of([&] { Checkpoint::open(lora, Component::dit); }).message(), "looks like a LoRA"));
  for (const char* key : {"diff", "lokr_w1", "hada_w1_a", "dora_scale"}) {
    const auto relative = write_model(dir, "r.safetensors",
                                      {{"diffusion_model.patch_embedding.weight", {2, 8}},
                                       {std::string("diffusion_model.blocks.0.ffn.0.") + key, {1}}});
    const Error refused = error_of([&] { Checkpoint::open(relative, Component::dit); });
    CHECK(contains(refused.message(), "holds no diffusion transformer; it looks like a LoRA"));
    CHECK(contains(refused.hint(), "pass the transformer itself"));
  }
  const auto two = write_model(dir, "2.safetensors",
                               {{"high_noise_model.patch_embedding.weight", {2, 8}},
                                {"low_noise_model.patch_embedding.weight", {2, 8}}});
  CHECK(contains(error_of([&] { Checkpoint::open(two, Component::dit); }).message(),
                 "holds 2 networks of one kind, under 'low_noise_model.' and 'high_noise_model.'"));
  const auto other = write_model(dir, "o.safetensors", {{"something", {1}}});
  CHECK(contains(error_of([&] { Checkpoint::open(other, Component::text_encoder); }).message(),
                 "holds no text encoder; its first tensor is 'something'"));
}

TEST_CASE("a tokenizer inside a ComfyUI text encoder") {
  TempDir dir;
  const std::string model = "sentencepiece bytes";
  const std::array<std::uint8_t, 4> value = {};
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(model.data()), model.size());
  write_safetensors(dir / "t5.safetensors",
                    {{{"shared.weight", Dtype::f32, {1, 1}}, value},
                     {{"encoder.block.0.layer.0.SelfAttention.q.weight", Dtype::f32, {1, 1}}, value},
                     {{"spiece_model", Dtype::u8, {static_cast<std::int64_t>(model.size())}}, bytes}});
  const Checkpoint checkpoint = Checkpoint::open(dir / "t5.safetensors", Component::text_encoder);
  CHECK(checkpoint.embedded_tokenizer() == model);
  CHECK(checkpoint.convention() == "huggingface");
  CHECK(Checkpoint::open(data_file("pth_edge/wrapped_net_prefix.pth"), Component::dit)
            .embedded_tokenizer()
            .empty());
}

TEST_CASE("copies of a checkpoint share the mapping") {
  Checkpoint copy = Checkpoint::open(data_file("pth_edge/wrapped_net_prefix.pth"), Component::dit);
  const TensorView* first = copy.find("patch_embedding.bias");
  const Checkpoint second = copy;
  copy = Checkpoint::open(data_file("pth_edge/wrapped_net_prefix.pth"), Component::dit);
  REQUIRE(first != nullptr);
  CHECK(to_floats(second.at("patch_embedding.bias")).size() == 8);
}

TEST_CASE("a tensor that cannot be read is missed only by who needs it") {
  const TempDir dir;
  const std::string header =
      R"({"patch_embedding.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},)"
      R"("blocks.0.self_attn.q.weight":{"dtype":"U16","shape":[2],"data_offsets":[4,8]},)"
      R"("position_ids":{"dtype":"U16","shape":[2],"data_offsets":[8,12]}})";
  write_file(dir / "m.safetensors", make_safetensors(header, std::string(12, '\0')));
  const Checkpoint checkpoint = Checkpoint::open(dir / "m.safetensors", Component::dit);
  CHECK(to_floats(checkpoint.at("patch_embedding.weight")) == std::vector<float>{0});
  const Error error = error_of([&] { checkpoint.at("blocks.0.self_attn.q.weight"); });
  CHECK(contains(error.message(), "tensor 'blocks.0.self_attn.q.weight' of '" +
                                      (dir / "m.safetensors").string() +
                                      "' has the element type U16, which cannot be read"));
}

TEST_CASE("scaled weights of another network in the file are nobody's concern") {
  const TempDir dir;
  const auto path = write_model(dir, "all.safetensors",
                                {{"model.diffusion_model.blocks.0.self_attn.q.scale_weight", {1}},
                                 {"first_stage_model.decoder.conv1.weight", {1}},
                                 {"first_stage_model.decoder.head.2.weight", {1}}});
  CHECK(Checkpoint::open(path, Component::vae).names().size() == 2);
}
