#include "cli/request_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "spec/option_table.h"

namespace turbodiff::cli {
namespace {

using spec::Option;
using spec::RequestOptions;

void add_spelling(CLI::App& app, RequestOptions& options, const Option& option, const std::string& names,
                  const std::string& group) {
  if (option.value_name.empty()) {
    app.add_flag_function(
           names,
           [&options, &option](std::int64_t count) {
             spec::set_from_text(options, option, count > 0 ? "true" : "false");
           },
           std::string(option.help))
        ->group(group);
    return;
  }
  const std::string value = option.choices.empty() ? std::string(option.value_name)
                                                   : fmt::format("{}", fmt::join(option.choices, "|"));
  if (!option.bare_value.empty()) {
    const auto chosen = std::make_shared<std::string>();
    app.add_flag(fmt::format("{}{{{}}}", names, option.bare_value), *chosen, std::string(option.help))
        ->each([&options, &option, chosen](const std::string& text) {
          spec::set_from_text(options, option, text);
        })
        ->type_name(value)
        ->trigger_on_parse()
        ->group(group);
    return;
  }
  app.add_option_function<std::string>(
         names, [&options, &option](const std::string& text) { spec::set_from_text(options, option, text); },
         std::string(option.help))
      ->type_name(value)
      ->trigger_on_parse()  // so that the last one wins among all spellings of an option
      ->group(group);
}

}  // namespace

void add_request_flags(CLI::App& app, RequestOptions& options) {
  for (const Option& option : spec::option_table()) {
    const std::string name = fmt::format("--{}", option.name);
    const std::string letter = option.letter ? fmt::format("-{},", option.letter) : "";
    add_spelling(app, options, option, letter + name,
                 option.also_grid || option.hidden ? "" : std::string(spec::title_of(option.group)));
    for (const std::string_view alias : option.aliases)
      add_spelling(app, options, option, fmt::format("--{}", alias), "");
  }
}

}  // namespace turbodiff::cli
