#include "generate_request.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text/strings.h"
#include "media/metadata.h"
#include "spec/config_options.h"
#include "spec/option_table.h"

#include <fstream>
#include <iterator>

namespace turbodiff::app {

spec::Recipe read_recipe_file(const std::string& path, const core::TextNote& note) {
  if (!core::to_lower(path).ends_with(".json")) return spec::parse_recipe(media::read_recipe(path), path);
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error::bad_request(fmt::format("--from: cannot read '{}'", path));
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return spec::parse_recipe(core::incoming_text(bytes, path, note), path);
}

spec::RequestOptions common_options(const GenerateFlags& flags, const core::Config& config,
                                    const std::optional<spec::Recipe>& recipe) {
  spec::RequestOptions options = spec::options_of(config);
  if (recipe) options = spec::merge(options, recipe->options);
  return spec::merge(options, flags.options);
}

}  // namespace turbodiff::app
