#include "cli/help_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::cli {
namespace {

constexpr std::size_t label_columns = 28;

std::string label_of(const OptionView& option) {
  if (option.positional()) return option.choices().empty() ? option.name : option.value;
  std::string label = core::join(option.spellings, ", ");
  if (option.spellings.front().starts_with("--")) label = "    " + label;
  if (!option.value.empty()) label += " " + option.value;
  if (!option.flag_value.empty()) label += "[=" + option.flag_value + "]";
  return label;
}

std::string entry(const std::string& label, const std::string& help, std::size_t columns) {
  const std::size_t indent = label_columns + 2;
  std::string line = "  " + core::pad_to_width(label, label_columns - 2);
  const std::string text = wrap(help, columns - indent, indent);
  if (core::display_width(label) > label_columns - 2)
    return line + "\n" + std::string(indent, ' ') + text + "\n";
  return line + "  " + text + "\n";
}

std::string group_text(const std::string& title, const std::vector<OptionView>& options,
                       std::size_t columns) {
  std::string text;
  for (const OptionView& option : options)
    if (option.group == title && !option.hidden()) text += entry(label_of(option), option.help, columns);
  return text.empty() ? "" : fmt::format("\n{}:\n{}", title, text);
}

std::vector<std::string> groups_of(const CommandView& command) {
  std::vector<std::string> groups;
  for (const OptionView& option : command.options)
    if (!option.hidden() && std::find(groups.begin(), groups.end(), option.group) == groups.end())
      groups.push_back(option.group);
  return groups;
}

std::string usage_of(const CommandView& command) {
  std::string usage = command.path;
  if (!command.commands.empty()) usage += " COMMAND";
  for (const OptionView& option : command.options)
    if (option.positional() && !option.hidden())
      usage += option.required ? fmt::format(" {}", option.name) : fmt::format(" [{}]", option.name);
  return usage + " [OPTION...]";
}

std::string command_list(const CommandView& command, std::size_t columns) {
  std::string text;
  for (const CommandView& child : command.commands) text += entry(child.name, child.summary, columns);
  return text.empty() ? "" : "\nCommands:\n" + text;
}

std::size_t usable(int columns) {
  return static_cast<std::size_t>(std::clamp(columns, 60, 100));
}

}  // namespace

std::string wrap(const std::string& text, std::size_t columns, std::size_t indent) {
  std::string wrapped;
  std::size_t used = 0;
  for (const std::string_view word : core::split(text, ' ')) {
    const std::size_t width = core::display_width(word);
    if (used > 0 && used + 1 + width > columns) {
      wrapped += "\n" + std::string(indent, ' ');
      used = 0;
    } else if (used > 0) {
      wrapped += ' ';
      ++used;
    }
    wrapped += word;
    used += width;
  }
  return wrapped;
}

std::string help_text(const CommandView& command, const CommandView& global, int columns) {
  const std::size_t width = usable(columns);
  std::string text = fmt::format("{}\n\nUsage: {}\n", wrap(command.summary, width, 0), usage_of(command));
  text += command_list(command, width);
  for (const std::string& group : groups_of(command)) text += group_text(group, command.options, width);
  if (command.path != global.path)
    for (const std::string& group : groups_of(global)) text += group_text(group, global.options, width);
  if (!command.notes.empty()) text += "\n" + command.notes + "\n";
  return text;
}

std::string short_help(const CommandView& program, int columns) {
  const std::size_t width = usable(columns);
  std::string text = fmt::format("{}\n\nUsage: {}\n", wrap(program.summary, width, 0), usage_of(program));
  text += command_list(program, width);
  if (!program.notes.empty()) text += "\n" + program.notes + "\n";
  return text + fmt::format("\n'{0} COMMAND --help' lists a command's options.\n", program.path);
}

}  // namespace turbodiff::cli
