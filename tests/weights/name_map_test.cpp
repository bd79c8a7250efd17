#include "weights/name_map.h"

#include <algorithm>

#include "builders.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

/// Canonical name of `source` in `mapping`; empty when it has none.
std::string canonical(const NameMapping& mapping, const std::string& source) {
  for (const NamePair& pair : mapping.names)
    if (pair.source == source) return pair.canonical;
  return "";
}

const std::vector<std::string> wan_dit = {"patch_embedding.weight", "blocks.0.self_attn.q.weight",
                                          "head.head.weight"};
const std::vector<std::string> wan_vae = {"conv1.weight", "decoder.conv1.weight", "decoder.head.2.weight",
                                          "decoder.upsamples.3.time_conv.weight"};
const std::vector<std::string> wan_text = {"token_embedding.weight", "blocks.0.attn.q.weight",
                                           "blocks.0.pos_embedding.embedding.weight", "norm.weight"};

std::vector<std::string> prefixed(const std::string& prefix, std::vector<std::string> names) {
  for (std::string& name : names) name = prefix + name;
  return names;
}

}  // namespace

TEST_CASE("Wan's own names map to themselves") {
  for (const auto& [component, names] :
       {std::pair(Component::dit, wan_dit), std::pair(Component::vae, wan_vae),
        std::pair(Component::text_encoder, wan_text)}) {
    const NameMapping mapping = map_names(component, names);
    CHECK(mapping.convention == "wan");
    CHECK(mapping.prefix.empty());
    CHECK(mapping.unknown.empty());
    REQUIRE(mapping.names.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(mapping.names[i].canonical == names[i]);
  }
}

TEST_CASE("prefixes, also nested and unheard-of ones, are taken off") {
  for (const char* prefix :
       {"net.", "model.diffusion_model.", "diffusion_model.", "state_dict.net.", "pipe.dit.",
        "model.high_noise_diffusion_model.", "model.low_noise_diffusion_model.", "some.trainer.of.ours.",
        "base_model.model.dit."}) {
    CAPTURE(prefix);
    const NameMapping mapping = map_names(Component::dit, prefixed(prefix, wan_dit));
    CHECK(mapping.prefix == prefix);
    CHECK(mapping.names.size() == wan_dit.size());
    CHECK(canonical(mapping, std::string(prefix) + "head.head.weight") == "head.head.weight");
  }
}

TEST_CASE("what training frameworks wrap around modules is taken out wherever it stands") {
  struct Case {
    const char *patch, *block, *head, *prefix;
  };
  for (const Case& c :
       {Case{"module.patch_embedding.weight", "module.blocks.0.self_attn.q.weight", "module.head.head.weight",
             ""},
        Case{"patch_embedding.weight", "blocks.0._checkpoint_wrapped_module.self_attn.q.weight",
             "head.head.weight", ""},
        Case{"_orig_mod.patch_embedding.weight", "_orig_mod.blocks.0._orig_mod.self_attn.q.weight",
             "_orig_mod.head._orig_mod.head.weight", ""},
        Case{"_fsdp_wrapped_module.patch_embedding.weight",
             "_fsdp_wrapped_module.blocks.0._fsdp_wrapped_module._checkpoint_wrapped_module.self_attn.q."
             "weight",
             "_fsdp_wrapped_module.head.head.weight", ""},
        Case{"model.module._orig_mod.patch_embedding.weight",
             "model.module._orig_mod.blocks.0.module.self_attn.q.weight",
             "model.module._orig_mod.head.head.weight", "model."},
        Case{"state_dict.module.net._forward_module.patch_embedding.weight",
             "state_dict.module.net._forward_module.blocks.0.self_attn._fpw_module.q.weight",
             "state_dict.module.net._forward_module.head.head.weight", "state_dict.net."}}) {
    CAPTURE(c.block);
    const NameMapping mapping = map_names(Component::dit, {c.patch, c.block, c.head});
    CHECK(mapping.prefix == c.prefix);
    CHECK(mapping.unknown.empty());
    CHECK(canonical(mapping, c.block) == "blocks.0.self_attn.q.weight");
    CHECK(canonical(mapping, c.head) == "head.head.weight");
  }
  CHECK(map_names(Component::vae, prefixed("module.vae._orig_mod.", wan_vae)).names.size() == wan_vae.size());
  CHECK(
      map_names(Component::text_encoder, prefixed("_orig_mod.text_encoder.module.", wan_text)).names.size() ==
      wan_text.size());
}

TEST_CASE("of two networks in a file one is taken only where there is a reason to") {
  const auto both = [](const std::string& a, const std::string& b) {
    std::vector<std::string> names = prefixed(a, wan_dit);
    for (const auto& name : prefixed(b, wan_dit)) names.push_back(name);
    return map_names(Component::dit, names);
  };
  CHECK(both("teacher.", "student.").prefix == "student.");
  CHECK(both("teacher.", "student.").rivals.empty());
  CHECK(both("generator_ema.", "generator.").prefix == "generator.");
  CHECK(both("model.high_noise_diffusion_model.", "model.low_noise_diffusion_model.").rivals.size() == 1);
  CHECK(both("net.", "generator.").rivals == std::vector<std::string>{"generator."});
}

TEST_CASE("one component of an all-in-one file") {
  std::vector<std::string> all = prefixed("model.diffusion_model.", wan_dit);
  for (const auto& name : prefixed("first_stage_model.", wan_vae)) all.push_back(name);
  for (const auto& name : prefixed("text_encoders.umt5xxl.transformer.", wan_text)) all.push_back(name);
  CHECK(map_names(Component::dit, all).names.size() == wan_dit.size());
  CHECK(map_names(Component::vae, all).names.size() == wan_vae.size());
  const NameMapping text = map_names(Component::text_encoder, all);
  CHECK(text.names.size() == wan_text.size());
  CHECK(text.unknown.size() == wan_dit.size() + wan_vae.size());
}

TEST_CASE("the network is preferred to its moving average") {
  std::vector<std::string> both = prefixed("net_ema.", wan_dit);
  for (const auto& name : prefixed("net.", wan_dit)) both.push_back(name);
  CHECK(map_names(Component::dit, both).prefix == "net.");
}

TEST_CASE("diffusers' transformer") {
  const NameMapping mapping = map_names(
      Component::dit,
      {"patch_embedding.weight", "condition_embedder.text_embedder.linear_1.weight",
       "condition_embedder.text_embedder.linear_2.bias", "condition_embedder.time_embedder.linear_1.weight",
       "condition_embedder.time_embedder.linear_2.weight", "condition_embedder.time_proj.weight",
       "scale_shift_table", "proj_out.weight", "blocks.11.scale_shift_table", "blocks.11.attn1.to_q.weight",
       "blocks.11.attn1.to_out.0.bias", "blocks.11.attn1.norm_k.weight", "blocks.11.attn2.to_v.weight",
       "blocks.11.attn2.add_k_proj.weight", "blocks.11.norm2.weight", "blocks.11.ffn.net.0.proj.weight",
       "blocks.11.ffn.net.2.bias", "something.else"});
  CHECK(mapping.convention == "diffusers");
  CHECK(canonical(mapping, "condition_embedder.text_embedder.linear_1.weight") == "text_embedding.0.weight");
  CHECK(canonical(mapping, "condition_embedder.text_embedder.linear_2.bias") == "text_embedding.2.bias");
  CHECK(canonical(mapping, "condition_embedder.time_embedder.linear_1.weight") == "time_embedding.0.weight");
  CHECK(canonical(mapping, "condition_embedder.time_embedder.linear_2.weight") == "time_embedding.2.weight");
  CHECK(canonical(mapping, "condition_embedder.time_proj.weight") == "time_projection.1.weight");
  CHECK(canonical(mapping, "scale_shift_table") == "head.modulation");
  CHECK(canonical(mapping, "proj_out.weight") == "head.head.weight");
  CHECK(canonical(mapping, "blocks.11.scale_shift_table") == "blocks.11.modulation");
  CHECK(canonical(mapping, "blocks.11.attn1.to_q.weight") == "blocks.11.self_attn.q.weight");
  CHECK(canonical(mapping, "blocks.11.attn1.to_out.0.bias") == "blocks.11.self_attn.o.bias");
  CHECK(canonical(mapping, "blocks.11.attn1.norm_k.weight") == "blocks.11.self_attn.norm_k.weight");
  CHECK(canonical(mapping, "blocks.11.attn2.to_v.weight") == "blocks.11.cross_attn.v.weight");
  CHECK(canonical(mapping, "blocks.11.attn2.add_k_proj.weight") == "blocks.11.cross_attn.k_img.weight");
  CHECK(canonical(mapping, "blocks.11.norm2.weight") == "blocks.11.norm3.weight");
  CHECK(canonical(mapping, "blocks.11.ffn.net.0.proj.weight") == "blocks.11.ffn.0.weight");
  CHECK(canonical(mapping, "blocks.11.ffn.net.2.bias") == "blocks.11.ffn.2.bias");
  CHECK(mapping.unknown == std::vector<std::string>{"something.else"});
}

TEST_CASE("Hugging Face and llama.cpp names of the text encoder") {
  const NameMapping huggingface = map_names(
      Component::text_encoder,
      {"shared.weight", "encoder.embed_tokens.weight", "encoder.block.2.layer.0.SelfAttention.q.weight",
       "encoder.block.0.layer.0.SelfAttention.q.weight",
       "encoder.block.2.layer.0.SelfAttention.relative_attention_bias.weight",
       "encoder.block.2.layer.0.layer_norm.weight", "encoder.block.2.layer.1.layer_norm.weight",
       "encoder.block.2.layer.1.DenseReluDense.wi_0.weight",
       "encoder.block.2.layer.1.DenseReluDense.wi_1.weight",
       "encoder.block.2.layer.1.DenseReluDense.wo.weight", "encoder.final_layer_norm.weight",
       "spiece_model"});
  CHECK(huggingface.convention == "huggingface");
  CHECK(canonical(huggingface, "shared.weight") == "token_embedding.weight");
  CHECK(huggingface.unknown == std::vector<std::string>{"encoder.embed_tokens.weight"});
  CHECK(canonical(huggingface, "encoder.block.2.layer.0.SelfAttention.q.weight") == "blocks.2.attn.q.weight");
  CHECK(canonical(huggingface, "encoder.block.2.layer.0.SelfAttention.relative_attention_bias.weight") ==
        "blocks.2.pos_embedding.embedding.weight");
  CHECK(canonical(huggingface, "encoder.block.2.layer.0.layer_norm.weight") == "blocks.2.norm1.weight");
  CHECK(canonical(huggingface, "encoder.block.2.layer.1.layer_norm.weight") == "blocks.2.norm2.weight");
  CHECK(canonical(huggingface, "encoder.block.2.layer.1.DenseReluDense.wi_0.weight") ==
        "blocks.2.ffn.gate.0.weight");
  CHECK(canonical(huggingface, "encoder.block.2.layer.1.DenseReluDense.wi_1.weight") ==
        "blocks.2.ffn.fc1.weight");
  CHECK(canonical(huggingface, "encoder.block.2.layer.1.DenseReluDense.wo.weight") ==
        "blocks.2.ffn.fc2.weight");
  CHECK(canonical(huggingface, "encoder.final_layer_norm.weight") == "norm.weight");
  CHECK(canonical(huggingface, "spiece_model") == "spiece_model");

  const NameMapping llama =
      map_names(Component::text_encoder,
                {"token_embd.weight", "enc.blk.0.attn_q.weight", "enc.blk.0.attn_rel_b.weight",
                 "enc.blk.0.ffn_up.weight", "enc.blk.0.ffn_gate.weight", "enc.output_norm.weight"});
  CHECK(llama.convention == "llama.cpp");
  CHECK(canonical(llama, "enc.blk.0.ffn_up.weight") == "blocks.0.ffn.fc1.weight");
  CHECK(canonical(llama, "enc.blk.0.attn_rel_b.weight") == "blocks.0.pos_embedding.embedding.weight");
}

TEST_CASE("diffusers' VAE of Wan 2.1: nested stages become a flat list") {
  std::vector<std::string> names = {"quant_conv.weight",
                                    "post_quant_conv.bias",
                                    "encoder.conv_in.weight",
                                    "encoder.down_blocks.3.conv_shortcut.weight",
                                    "encoder.down_blocks.5.time_conv.weight",
                                    "encoder.down_blocks.5.resample.1.bias",
                                    "encoder.mid_block.attentions.0.to_qkv.weight",
                                    "encoder.mid_block.resnets.1.conv2.weight",
                                    "decoder.conv_in.weight",
                                    "decoder.conv_out.weight",
                                    "decoder.norm_out.gamma",
                                    "decoder.up_blocks.1.resnets.0.conv_shortcut.weight",
                                    "decoder.up_blocks.1.upsamplers.0.time_conv.weight",
                                    "decoder.up_blocks.2.upsamplers.0.resample.1.weight",
                                    "decoder.up_blocks.3.resnets.2.norm2.gamma"};
  for (const char* stage : {"0", "1", "2", "3"})
    for (const char* block : {"0", "1", "2"})
      names.push_back(std::string("decoder.up_blocks.") + stage + ".resnets." + block + ".norm1.gamma");
  const NameMapping mapping = map_names(Component::vae, names);
  CHECK(mapping.convention == "diffusers");
  CHECK(mapping.unknown.empty());
  CHECK(canonical(mapping, "quant_conv.weight") == "conv1.weight");
  CHECK(canonical(mapping, "post_quant_conv.bias") == "conv2.bias");
  CHECK(canonical(mapping, "encoder.down_blocks.3.conv_shortcut.weight") ==
        "encoder.downsamples.3.shortcut.weight");
  CHECK(canonical(mapping, "encoder.down_blocks.5.time_conv.weight") ==
        "encoder.downsamples.5.time_conv.weight");
  CHECK(canonical(mapping, "encoder.down_blocks.5.resample.1.bias") ==
        "encoder.downsamples.5.resample.1.bias");
  CHECK(canonical(mapping, "encoder.mid_block.attentions.0.to_qkv.weight") ==
        "encoder.middle.1.to_qkv.weight");
  CHECK(canonical(mapping, "encoder.mid_block.resnets.1.conv2.weight") ==
        "encoder.middle.2.residual.6.weight");
  CHECK(canonical(mapping, "decoder.conv_out.weight") == "decoder.head.2.weight");
  CHECK(canonical(mapping, "decoder.norm_out.gamma") == "decoder.head.0.gamma");
  CHECK(canonical(mapping, "decoder.up_blocks.1.resnets.0.conv_shortcut.weight") ==
        "decoder.upsamples.4.shortcut.weight");
  CHECK(canonical(mapping, "decoder.up_blocks.1.upsamplers.0.time_conv.weight") ==
        "decoder.upsamples.7.time_conv.weight");
  CHECK(canonical(mapping, "decoder.up_blocks.2.upsamplers.0.resample.1.weight") ==
        "decoder.upsamples.11.resample.1.weight");
  CHECK(canonical(mapping, "decoder.up_blocks.3.resnets.2.norm2.gamma") ==
        "decoder.upsamples.14.residual.3.gamma");
}

TEST_CASE("diffusers' VAE of Wan 2.2: stages stay nested") {
  const NameMapping mapping = map_names(
      Component::vae,
      {"decoder.conv_in.weight", "decoder.conv_out.weight", "encoder.down_blocks.1.resnets.0.norm1.gamma",
       "encoder.down_blocks.1.resnets.1.norm1.gamma", "encoder.down_blocks.1.downsampler.time_conv.weight",
       "decoder.up_blocks.0.resnets.0.norm1.gamma", "decoder.up_blocks.0.resnets.1.norm1.gamma",
       "decoder.up_blocks.0.resnets.2.norm1.gamma", "decoder.up_blocks.0.resnets.2.conv2.weight",
       "decoder.up_blocks.0.upsampler.resample.1.weight"});
  CHECK(mapping.unknown.empty());
  CHECK(canonical(mapping, "encoder.down_blocks.1.downsampler.time_conv.weight") ==
        "encoder.downsamples.1.downsamples.2.time_conv.weight");
  CHECK(canonical(mapping, "decoder.up_blocks.0.resnets.2.conv2.weight") ==
        "decoder.upsamples.0.upsamples.2.residual.6.weight");
  CHECK(canonical(mapping, "decoder.up_blocks.0.upsampler.resample.1.weight") ==
        "decoder.upsamples.0.upsamples.3.resample.1.weight");
}

TEST_CASE("names of another component or none are not mapped, and the file is described") {
  CHECK(map_names(Component::dit, wan_vae).names.empty());
  CHECK(map_names(Component::vae, wan_text).names.empty());
  CHECK(map_names(Component::text_encoder, wan_dit).names.empty());
  CHECK(map_names(Component::dit, {}).names.empty());
  CHECK(describe_contents(wan_dit) == "a diffusion transformer");
  CHECK(describe_contents(wan_vae) == "a VAE");
  CHECK(describe_contents(wan_text) == "a text encoder");
  for (const char* name :
       {"diffusion_model.blocks.0.self_attn.q.lora_A.weight",
        "lora_unet_blocks_0_self_attn_q.lora_down.weight", "diffusion_model.blocks.0.self_attn.q.diff",
        "diffusion_model.blocks.0.self_attn.q.diff_b", "diffusion_model.head.head.diff",
        "lycoris_blocks_0_ffn_0.lokr_w1", "blocks.0.ffn.0.lokr_w2_a", "blocks.0.ffn.0.hada_w1_a",
        "blocks.0.ffn.0.oft_blocks", "blocks.0.ffn.0.dora_scale",
        "base_model.model.blocks.0.self_attn.q.lora_magnitude_vector.default.weight",
        "transformer.blocks.0.attn1.processor.to_q_lora.up.weight"}) {
    CAPTURE(name);
    CHECK(describe_contents({name}) == "a LoRA");
  }
  CHECK_FALSE(has_adapter_names(wan_dit));
  CHECK_FALSE(has_adapter_names({"explore.weight", "different.bias", "flora.weight"}));
  CHECK(describe_contents({"visual.transformer.0.attn.to_qkv.weight"}) == "a CLIP image encoder");
  CHECK(describe_contents({"model.layers.0.mlp.up_proj.weight"}) == "a language model");
  CHECK(describe_contents({"blocks.7.self_attn.q.weight"}) == "a part of a diffusion transformer");
  CHECK(describe_contents({"a", "b"}).empty());
}
