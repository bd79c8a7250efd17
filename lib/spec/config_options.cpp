#include "spec/config_options.h"

#include <fmt/format.h>

#include "core/error.h"
#include "spec/option_table.h"

namespace turbodiff::spec {

RequestOptions options_of(const core::Config& config) {
  RequestOptions options;
  for (const Option& option : option_table()) {
    const std::string key = fmt::format("generate.{}", option.name);
    if (option.also_grid || !core::find_config_key(key)) continue;
    const auto value = config.find(key);
    if (!value || value->source == core::ConfigSource::built_in) continue;
    try {
      set_from_text(options, option, value->text);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", value->where, error.message()), error.hint());
    }
  }
  return options;
}

}  // namespace turbodiff::spec
