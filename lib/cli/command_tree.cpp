#include "cli/command_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/text/strings.h"

namespace turbodiff::cli {

namespace {

std::vector<std::string> alternatives(const std::string& text) {
  if (text.find('|') == std::string::npos) return {};
  std::vector<std::string> values;
  for (const std::string_view part : core::split(text, '|')) values.emplace_back(part);
  return values;
}

}  // namespace

std::vector<std::string> OptionView::choices() const {
  return alternatives(value);
}

std::vector<std::string> OptionView::flag_choices() const {
  return alternatives(flag_value);
}

bool OptionView::takes_path() const {
  return value == "FILE" || value == "PATH" || value == "DIR" || value == "NAME|FILE";
}

namespace {

/// CLI11's own names of types in ours.
std::string value_of(const std::string& type) {
  if (type == "INT" || type == "UINT") return "N";
  return type == "FLOAT" ? "X" : type;
}

OptionView option_view_of(const CLI::Option& option) {
  OptionView view;
  for (const std::string& name : option.get_snames()) view.spellings.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) view.spellings.push_back("--" + name);
  const bool flag = option.get_expected_max() == 0;
  (flag ? view.flag_value : view.value) = value_of(option.get_type_name());
  if (view.positional()) view.name = option.get_name(true);
  view.help = option.get_description();
  view.group = option.get_group();
  view.required = option.get_required();
  return view;
}

}  // namespace

CommandView view_of(const CLI::App& app, const std::string& name) {
  CommandView view;
  view.path = name;
  view.name = app.get_parent() ? app.get_name() : name;
  view.summary = app.get_description();
  view.notes = app.get_footer();
  for (const CLI::Option* option : app.get_options()) view.options.push_back(option_view_of(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty())
      view.commands.push_back(view_of(*command, name + " " + command->get_name()));
  return view;
}

std::vector<std::string> spellings_of(const CommandView& command, bool with_hidden) {
  std::vector<std::string> spellings;
  for (const OptionView& option : command.options)
    if (with_hidden || !option.hidden())
      spellings.insert(spellings.end(), option.spellings.begin(), option.spellings.end());
  return spellings;
}

}  // namespace turbodiff::cli
