// The closed sets of values in a request, each with the spelling used on the command line and in JSON.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace turbodiff::spec {

/// How the latent is denoised. `automatic` is rcm where the model is known to be distilled.
enum class Sampler { automatic, rcm, unipc, euler };
/// Self-attention of the transformer. `automatic` is sagesla where the checkpoint has SLA weights, else
/// original.
enum class Attention { automatic, original, sla, sagesla };
/// Element type the networks run in.
enum class Precision { automatic, bf16, fp16, fp32 };
/// Whose random stream the noise comes from: torch's CPU generator everywhere, or torch's CUDA generator.
enum class Rng { cpu, cuda };
/// Linear layers in int8: where that is faster, never, or everywhere, for the memory saved.
enum class QuantLinear { automatic, off, force };
/// Presets of steps, frames and size (see tier.h).
enum class Tier { draft, standard, final };

template <class Enum>
struct Names;

template <>
struct Names<Sampler> {
  static constexpr std::array values = {std::pair{Sampler::automatic, std::string_view{"auto"}},
                                        std::pair{Sampler::rcm, std::string_view{"rcm"}},
                                        std::pair{Sampler::unipc, std::string_view{"unipc"}},
                                        std::pair{Sampler::euler, std::string_view{"euler"}}};
};
template <>
struct Names<Attention> {
  static constexpr std::array values = {std::pair{Attention::automatic, std::string_view{"auto"}},
                                        std::pair{Attention::original, std::string_view{"original"}},
                                        std::pair{Attention::sla, std::string_view{"sla"}},
                                        std::pair{Attention::sagesla, std::string_view{"sagesla"}}};
};
template <>
struct Names<Precision> {
  static constexpr std::array values = {std::pair{Precision::automatic, std::string_view{"auto"}},
                                        std::pair{Precision::bf16, std::string_view{"bf16"}},
                                        std::pair{Precision::fp16, std::string_view{"fp16"}},
                                        std::pair{Precision::fp32, std::string_view{"fp32"}}};
};
template <>
struct Names<Rng> {
  static constexpr std::array values = {std::pair{Rng::cpu, std::string_view{"cpu"}},
                                        std::pair{Rng::cuda, std::string_view{"cuda"}}};
};
template <>
struct Names<QuantLinear> {
  static constexpr std::array values = {std::pair{QuantLinear::automatic, std::string_view{"auto"}},
                                        std::pair{QuantLinear::automatic, std::string_view{"on"}},
                                        std::pair{QuantLinear::off, std::string_view{"off"}},
                                        std::pair{QuantLinear::force, std::string_view{"force"}}};
};
template <>
struct Names<Tier> {
  static constexpr std::array values = {std::pair{Tier::draft, std::string_view{"draft"}},
                                        std::pair{Tier::standard, std::string_view{"standard"}},
                                        std::pair{Tier::final, std::string_view{"final"}}};
};
/// The spelling of a value.
template <class Enum>
constexpr std::string_view name_of(Enum value) {
  for (const auto& [candidate, name] : Names<Enum>::values)
    if (candidate == value) return name;
  return "unknown";
}

/// The value of a spelling, or nothing.
template <class Enum>
constexpr std::optional<Enum> value_named(std::string_view name) {
  for (const auto& [value, candidate] : Names<Enum>::values)
    if (candidate == name) return value;
  return std::nullopt;
}

/// Every spelling, in order.
template <class Enum>
std::vector<std::string_view> names_of() {
  std::vector<std::string_view> names;
  for (const auto& entry : Names<Enum>::values) names.push_back(entry.second);
  return names;
}

}  // namespace turbodiff::spec
