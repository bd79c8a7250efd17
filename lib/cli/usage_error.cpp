#include "cli/usage_error.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command_tree.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::cli {
namespace {

std::string path_of(const CLI::App& command, const std::string& program) {
  return command.get_parent() ? path_of(*command.get_parent(), program) + " " + command.get_name() : program;
}

std::vector<std::string> all_spellings(const CLI::App& command) {
  std::vector<std::string> spellings;
  for (const CLI::App* app = &command; app; app = app->get_parent()) {
    const auto own = spellings_of(view_of(*app, ""), true);
    spellings.insert(spellings.end(), own.begin(), own.end());
  }
  return spellings;
}

Error extras_error(const CLI::App& app, const CLI::App& command, const std::string& path) {
  const std::vector<std::string> extras = app.remaining(true);
  const std::string help = fmt::format("see '{} --help'", path);
  for (const std::string& extra : extras) {
    if (extra.size() < 2 || extra[0] != '-') continue;
    const std::string name = extra.substr(0, extra.find('='));
    return Error::bad_request(fmt::format("unknown option '{}'{}", core::escape_control(name),
                                          core::did_you_mean(name, all_spellings(command))),
                              help);
  }
  const std::string extra = extras.empty() ? "" : core::escape_control(extras.front());
  std::vector<std::string> names;
  for (const CommandView& child : view_of(command, path).commands) names.push_back(child.name);
  if (!names.empty())
    return Error::bad_request(fmt::format("unknown command '{}'{}", extra, core::did_you_mean(extra, names)),
                              help);
  return Error::bad_request(fmt::format("unexpected argument '{}'", extra),
                            "text with blanks goes into quotes; " + help);
}

}  // namespace

const CLI::App& parsed_command(const CLI::App& app) {
  const auto children = app.get_subcommands();
  return children.empty() ? app : parsed_command(*children.front());
}

Error usage_error(const CLI::ParseError& error, const CLI::App& app, const std::string& program) {
  const CLI::App& command = parsed_command(app);
  const std::string path = path_of(command, program);
  const std::string help = fmt::format("see '{} --help'", path);
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) return extras_error(app, command, path);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    const std::string text = error.what();
    const std::string name = text.substr(0, text.find(':'));
    if (text.find("required") != std::string::npos)
      return Error::bad_request(fmt::format("{} needs a value", name), help);
    return Error::bad_request(fmt::format("{} is given more than once, or with too many values", name), help);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    for (const OptionView& option : view_of(command, path).options)
      if (option.required && option.positional() && std::string(error.what()).find(option.name) == 0)
        return Error::bad_request(fmt::format("{} is missing", option.name), help);
    if (!command.get_subcommands({}).empty()) return Error::bad_request("no command is given", help);
  }
  std::string text(core::trim(std::string_view(error.what())));
  return Error::bad_request(core::escape_control(text), help);
}

}  // namespace turbodiff::cli
