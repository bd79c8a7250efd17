// turbodiff convert: what it does
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/counted.h"
#include "core/units.h"
#include "engine_commands.h"
#include "pipeline/convert.h"

namespace turbodiff::app {
namespace {

pipeline::Conversion conversion_of(const ConvertFlags& flags) {
  pipeline::Conversion wanted{.from = flags.from,
                              .to = std::filesystem::absolute(flags.to).lexically_normal()};
  wanted.quant_linear = flags.quant_linear;
  wanted.force = flags.force;
  using weights::Component;
  if (flags.component == "dit")
    wanted.component = Component::dit;
  else if (flags.component == "vae")
    wanted.component = Component::vae;
  else if (flags.component == "text-encoder")
    wanted.component = Component::text_encoder;
  if (flags.dtype == "bf16")
    wanted.dtype = Dtype::bf16;
  else if (flags.dtype == "fp16")
    wanted.dtype = Dtype::f16;
  else if (flags.dtype == "fp32")
    wanted.dtype = Dtype::f32;
  return wanted;
}

}  // namespace

void run_convert(cli::Program& program, const ConvertFlags& flags) {
  const pipeline::Conversion wanted = conversion_of(flags);
  const pipeline::Converted result = pipeline::convert(wanted, [&](std::uint64_t done, std::uint64_t total) {
    program.console().status(fmt::format("{} of {}", core::format_bytes(done), core::format_bytes(total)));
  });
  program.console().status("");
  if (program.flags().json)
    return program.print_json({{"path", wanted.to.string()},
                               {"component", weights::name_of(result.component)},
                               {"tensors", result.tensors},
                               {"quantised", result.quantised},
                               {"dropped", result.dropped},
                               {"bytes", result.bytes}});
  std::string line = fmt::format("{}: {}, {}, {}", wanted.to.string(), weights::name_of(result.component),
                                 core::counted(static_cast<std::int64_t>(result.tensors), "tensor"),
                                 core::format_bytes(result.bytes));
  if (result.quantised > 0)
    line += fmt::format(", {} in int8", core::counted(static_cast<std::int64_t>(result.quantised), "layer"));
  if (result.dropped > 0)
    line += fmt::format(", {} of other things left out",
                        core::counted(static_cast<std::int64_t>(result.dropped), "tensor"));
  program.print(line + "\n");
}

}  // namespace turbodiff::app
