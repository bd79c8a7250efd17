#include "weights/name_rules.h"

namespace turbodiff::weights {
namespace {

constexpr NameRule dit_wan[] = {
    {"patch_embedding.*", ""},
    {"text_embedding.#.*", ""},
    {"time_embedding.#.*", ""},
    {"time_projection.#.*", ""},
    {"blocks.#.modulation", ""},
    {"blocks.#.norm3.*", ""},
    {"blocks.#.self_attn.q.*", ""},
    {"blocks.#.self_attn.k.*", ""},
    {"blocks.#.self_attn.v.*", ""},
    {"blocks.#.self_attn.o.*", ""},
    {"blocks.#.self_attn.norm_q.*", ""},
    {"blocks.#.self_attn.norm_k.*", ""},
    {"blocks.#.self_attn.attn_op.local_attn.proj_l.*", ""},
    {"blocks.#.cross_attn.q.*", ""},
    {"blocks.#.cross_attn.k.*", ""},
    {"blocks.#.cross_attn.v.*", ""},
    {"blocks.#.cross_attn.o.*", ""},
    {"blocks.#.cross_attn.norm_q.*", ""},
    {"blocks.#.cross_attn.norm_k.*", ""},
    {"blocks.#.cross_attn.k_img.*", ""},
    {"blocks.#.cross_attn.v_img.*", ""},
    {"blocks.#.cross_attn.norm_k_img.*", ""},
    {"blocks.#.ffn.#.*", ""},
    {"head.head.*", ""},
    {"head.modulation", ""},
    {"img_emb.proj.#.*", ""},
    {"img_emb.emb_pos", ""},
};

constexpr NameRule dit_diffusers[] = {
    {"patch_embedding.*", ""},
    {"condition_embedder.text_embedder.linear_1.*", "text_embedding.0.*"},
    {"condition_embedder.text_embedder.linear_2.*", "text_embedding.2.*"},
    {"condition_embedder.time_embedder.linear_1.*", "time_embedding.0.*"},
    {"condition_embedder.time_embedder.linear_2.*", "time_embedding.2.*"},
    {"condition_embedder.time_proj.*", "time_projection.1.*"},
    {"condition_embedder.image_embedder.norm1.*", "img_emb.proj.0.*"},
    {"condition_embedder.image_embedder.ff.net.0.proj.*", "img_emb.proj.1.*"},
    {"condition_embedder.image_embedder.ff.net.2.*", "img_emb.proj.3.*"},
    {"condition_embedder.image_embedder.norm2.*", "img_emb.proj.4.*"},
    {"condition_embedder.image_embedder.pos_embed", "img_emb.emb_pos"},
    {"blocks.#.scale_shift_table", "blocks.#.modulation"},
    {"blocks.#.norm2.*", "blocks.#.norm3.*"},
    {"blocks.#.attn1.to_q.*", "blocks.#.self_attn.q.*"},
    {"blocks.#.attn1.to_k.*", "blocks.#.self_attn.k.*"},
    {"blocks.#.attn1.to_v.*", "blocks.#.self_attn.v.*"},
    {"blocks.#.attn1.to_out.0.*", "blocks.#.self_attn.o.*"},
    {"blocks.#.attn1.norm_q.*", "blocks.#.self_attn.norm_q.*"},
    {"blocks.#.attn1.norm_k.*", "blocks.#.self_attn.norm_k.*"},
    {"blocks.#.attn2.to_q.*", "blocks.#.cross_attn.q.*"},
    {"blocks.#.attn2.to_k.*", "blocks.#.cross_attn.k.*"},
    {"blocks.#.attn2.to_v.*", "blocks.#.cross_attn.v.*"},
    {"blocks.#.attn2.to_out.0.*", "blocks.#.cross_attn.o.*"},
    {"blocks.#.attn2.norm_q.*", "blocks.#.cross_attn.norm_q.*"},
    {"blocks.#.attn2.norm_k.*", "blocks.#.cross_attn.norm_k.*"},
    {"blocks.#.attn2.add_k_proj.*", "blocks.#.cross_attn.k_img.*"},
    {"blocks.#.attn2.add_v_proj.*", "blocks.#.cross_attn.v_img.*"},
    {"blocks.#.attn2.norm_added_k.*", "blocks.#.cross_attn.norm_k_img.*"},
    {"blocks.#.ffn.net.0.proj.*", "blocks.#.ffn.0.*"},
    {"blocks.#.ffn.net.2.*", "blocks.#.ffn.2.*"},
    {"scale_shift_table", "head.modulation"},
    {"proj_out.*", "head.head.*"},
};

constexpr NameRule text_wan[] = {
    {"token_embedding.*", ""},
    {"blocks.#.norm1.*", ""},
    {"blocks.#.norm2.*", ""},
    {"blocks.#.attn.q.*", ""},
    {"blocks.#.attn.k.*", ""},
    {"blocks.#.attn.v.*", ""},
    {"blocks.#.attn.o.*", ""},
    {"blocks.#.ffn.gate.0.*", ""},
    {"blocks.#.ffn.fc1.*", ""},
    {"blocks.#.ffn.fc2.*", ""},
    {"blocks.#.pos_embedding.embedding.*", ""},
    {"norm.*", ""},
    {"spiece_model", ""},
};

constexpr NameRule text_huggingface[] = {
    {"shared.*", "token_embedding.*"},
    {"encoder.embed_tokens.*", "token_embedding.*"},
    {"encoder.block.#.layer.0.layer_norm.*", "blocks.#.norm1.*"},
    {"encoder.block.#.layer.1.layer_norm.*", "blocks.#.norm2.*"},
    {"encoder.block.#.layer.0.SelfAttention.q.*", "blocks.#.attn.q.*"},
    {"encoder.block.#.layer.0.SelfAttention.k.*", "blocks.#.attn.k.*"},
    {"encoder.block.#.layer.0.SelfAttention.v.*", "blocks.#.attn.v.*"},
    {"encoder.block.#.layer.0.SelfAttention.o.*", "blocks.#.attn.o.*"},
    {"encoder.block.#.layer.0.SelfAttention.relative_attention_bias.*", "blocks.#.pos_embedding.embedding.*"},
    {"encoder.block.#.layer.1.DenseReluDense.wi_0.*", "blocks.#.ffn.gate.0.*"},
    {"encoder.block.#.layer.1.DenseReluDense.wi_1.*", "blocks.#.ffn.fc1.*"},
    {"encoder.block.#.layer.1.DenseReluDense.wo.*", "blocks.#.ffn.fc2.*"},
    {"encoder.final_layer_norm.*", "norm.*"},
    {"spiece_model", ""},
};

constexpr NameRule text_llama_cpp[] = {
    {"token_embd.*", "token_embedding.*"},
    {"enc.blk.#.attn_norm.*", "blocks.#.norm1.*"},
    {"enc.blk.#.ffn_norm.*", "blocks.#.norm2.*"},
    {"enc.blk.#.attn_q.*", "blocks.#.attn.q.*"},
    {"enc.blk.#.attn_k.*", "blocks.#.attn.k.*"},
    {"enc.blk.#.attn_v.*", "blocks.#.attn.v.*"},
    {"enc.blk.#.attn_o.*", "blocks.#.attn.o.*"},
    {"enc.blk.#.attn_rel_b.*", "blocks.#.pos_embedding.embedding.*"},
    {"enc.blk.#.ffn_gate.*", "blocks.#.ffn.gate.0.*"},
    {"enc.blk.#.ffn_up.*", "blocks.#.ffn.fc1.*"},
    {"enc.blk.#.ffn_down.*", "blocks.#.ffn.fc2.*"},
    {"enc.output_norm.*", "norm.*"},
};

constexpr NameRule vae_wan[] = {
    {"conv1.*", ""},
    {"conv2.*", ""},
    {"encoder.conv1.*", ""},
    {"encoder.downsamples.#.residual.#.*", ""},
    {"encoder.downsamples.#.shortcut.*", ""},
    {"encoder.downsamples.#.resample.#.*", ""},
    {"encoder.downsamples.#.time_conv.*", ""},
    {"encoder.downsamples.#.downsamples.#.residual.#.*", ""},
    {"encoder.downsamples.#.downsamples.#.shortcut.*", ""},
    {"encoder.downsamples.#.downsamples.#.resample.#.*", ""},
    {"encoder.downsamples.#.downsamples.#.time_conv.*", ""},
    {"encoder.middle.#.residual.#.*", ""},
    {"encoder.middle.#.norm.*", ""},
    {"encoder.middle.#.to_qkv.*", ""},
    {"encoder.middle.#.proj.*", ""},
    {"encoder.head.#.*", ""},
    {"decoder.conv1.*", ""},
    {"decoder.upsamples.#.residual.#.*", ""},
    {"decoder.upsamples.#.shortcut.*", ""},
    {"decoder.upsamples.#.resample.#.*", ""},
    {"decoder.upsamples.#.time_conv.*", ""},
    {"decoder.upsamples.#.upsamples.#.residual.#.*", ""},
    {"decoder.upsamples.#.upsamples.#.shortcut.*", ""},
    {"decoder.upsamples.#.upsamples.#.resample.#.*", ""},
    {"decoder.upsamples.#.upsamples.#.time_conv.*", ""},
    {"decoder.middle.#.residual.#.*", ""},
    {"decoder.middle.#.norm.*", ""},
    {"decoder.middle.#.to_qkv.*", ""},
    {"decoder.middle.#.proj.*", ""},
    {"decoder.head.#.*", ""},
};

/// What the VAEs of Wan 2.1 and 2.2 have in common under diffusers' names.
#define TURBODIFF_VAE_DIFFUSERS_ENDS(HALF)                                      \
  {HALF ".conv_in.*", HALF ".conv1.*"}, {HALF ".norm_out.*", HALF ".head.0.*"}, \
      {HALF ".conv_out.*", HALF ".head.2.*"},                                   \
      {HALF ".mid_block.resnets.0.norm1.*", HALF ".middle.0.residual.0.*"},     \
      {HALF ".mid_block.resnets.0.conv1.*", HALF ".middle.0.residual.2.*"},     \
      {HALF ".mid_block.resnets.0.norm2.*", HALF ".middle.0.residual.3.*"},     \
      {HALF ".mid_block.resnets.0.conv2.*", HALF ".middle.0.residual.6.*"},     \
      {HALF ".mid_block.attentions.0.norm.*", HALF ".middle.1.norm.*"},         \
      {HALF ".mid_block.attentions.0.to_qkv.*", HALF ".middle.1.to_qkv.*"},     \
      {HALF ".mid_block.attentions.0.proj.*", HALF ".middle.1.proj.*"},         \
      {HALF ".mid_block.resnets.1.norm1.*", HALF ".middle.2.residual.0.*"},     \
      {HALF ".mid_block.resnets.1.conv1.*", HALF ".middle.2.residual.2.*"},     \
      {HALF ".mid_block.resnets.1.norm2.*", HALF ".middle.2.residual.3.*"}, {   \
    HALF ".mid_block.resnets.1.conv2.*", HALF ".middle.2.residual.6.*"          \
  }
#define TURBODIFF_VAE_DIFFUSERS_RESIDUAL(FROM, TO)                                    \
  {FROM ".norm1.*", TO ".residual.0.*"}, {FROM ".conv1.*", TO ".residual.2.*"},       \
      {FROM ".norm2.*", TO ".residual.3.*"}, {FROM ".conv2.*", TO ".residual.6.*"}, { \
    FROM ".conv_shortcut.*", TO ".shortcut.*"                                         \
  }
#define TURBODIFF_VAE_DIFFUSERS_RESAMPLE(FROM, TO) \
  {FROM ".resample.1.*", TO ".resample.1.*"}, {    \
    FROM ".time_conv.*", TO ".time_conv.*"         \
  }

constexpr NameRule vae_diffusers_21[] = {
    {"quant_conv.*", "conv1.*"},
    {"post_quant_conv.*", "conv2.*"},
    TURBODIFF_VAE_DIFFUSERS_ENDS("encoder"),
    TURBODIFF_VAE_DIFFUSERS_ENDS("decoder"),
    TURBODIFF_VAE_DIFFUSERS_RESIDUAL("encoder.down_blocks.#", "encoder.downsamples.#"),
    TURBODIFF_VAE_DIFFUSERS_RESAMPLE("encoder.down_blocks.#", "encoder.downsamples.#"),
    TURBODIFF_VAE_DIFFUSERS_RESIDUAL("decoder.up_blocks.#.resnets.#", "decoder.upsamples.<flat>"),
    TURBODIFF_VAE_DIFFUSERS_RESAMPLE("decoder.up_blocks.#.upsamplers.0", "decoder.upsamples.<flat-end>"),
};

constexpr NameRule vae_diffusers_22[] = {
    {"quant_conv.*", "conv1.*"},
    {"post_quant_conv.*", "conv2.*"},
    TURBODIFF_VAE_DIFFUSERS_ENDS("encoder"),
    TURBODIFF_VAE_DIFFUSERS_ENDS("decoder"),
    TURBODIFF_VAE_DIFFUSERS_RESIDUAL("encoder.down_blocks.#.resnets.#",
                                     "encoder.downsamples.#.downsamples.#"),
    TURBODIFF_VAE_DIFFUSERS_RESAMPLE("encoder.down_blocks.#.downsampler",
                                     "encoder.downsamples.#.downsamples.<end>"),
    TURBODIFF_VAE_DIFFUSERS_RESIDUAL("decoder.up_blocks.#.resnets.#", "decoder.upsamples.#.upsamples.#"),
    TURBODIFF_VAE_DIFFUSERS_RESAMPLE("decoder.up_blocks.#.upsampler", "decoder.upsamples.#.upsamples.<end>"),
};

#undef TURBODIFF_VAE_DIFFUSERS_ENDS
#undef TURBODIFF_VAE_DIFFUSERS_RESIDUAL
#undef TURBODIFF_VAE_DIFFUSERS_RESAMPLE

constexpr NameConvention dit_conventions[] = {{"wan", dit_wan}, {"diffusers", dit_diffusers}};
constexpr NameConvention text_conventions[] = {
    {"wan", text_wan}, {"huggingface", text_huggingface}, {"llama.cpp", text_llama_cpp}};
constexpr NameConvention vae_conventions[] = {
    {"wan", vae_wan}, {"diffusers", vae_diffusers_21}, {"diffusers", vae_diffusers_22}};

}  // namespace

std::span<const NameConvention> conventions_of(Component component) {
  switch (component) {
    case Component::dit:
      return dit_conventions;
    case Component::vae:
      return vae_conventions;
    case Component::text_encoder:
      break;
  }
  return text_conventions;
}

}  // namespace turbodiff::weights
