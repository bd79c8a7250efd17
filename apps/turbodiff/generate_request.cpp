#include "generate_request.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/strings.h"
#include "media/metadata.h"
#include "spec/config_options.h"
#include "spec/option_table.h"
#include "spec/prompts_file.h"

#include <fstream>
#include <iterator>

namespace turbodiff::app {

spec::Recipe read_recipe_file(const std::string& path) {
  if (!core::to_lower(path).ends_with(".json")) return spec::parse_recipe(media::read_recipe(path), path);
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error::bad_request(fmt::format("--from: cannot read '{}'", path));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return spec::parse_recipe(text, path);
}

spec::RequestOptions common_options(const GenerateFlags& flags, const core::Config& config,
                                    const std::optional<spec::Recipe>& recipe) {
  spec::RequestOptions options = spec::options_of(config);
  if (recipe) options = spec::merge(options, recipe->options);
  options = spec::merge(options, flags.options);
  if (flags.positional_prompt) {
    if (flags.options.prompt) throw Error::bad_request("the prompt is given twice", "leave --prompt out");
    options.prompt = flags.positional_prompt;
  }
  if (flags.prompts_file && (flags.positional_prompt || flags.options.prompt))
    throw Error::bad_request("a prompt and --prompts exclude each other", "put the prompt into the file");
  return options;
}

std::vector<spec::RequestOptions> requests_of(const GenerateFlags& flags,
                                              const spec::RequestOptions& common) {
  if (!flags.prompts_file) return {common};
  std::vector<spec::RequestOptions> requests;
  for (const spec::PromptEntry& entry : spec::read_prompts_file(*flags.prompts_file))
    requests.push_back(spec::merge(common, entry.options));
  return requests;
}

}  // namespace turbodiff::app
