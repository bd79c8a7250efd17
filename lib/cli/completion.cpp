#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::cli {
namespace {

std::string identifier(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == ' ' || c == '-' || c == '.'; }, '_');
  return text;
}

/// For single quotes in any of the shells.
std::string shell_quoted(std::string_view text) {
  return "'" + core::replace_all(text, "'", "'\\''") + "'";
}

void for_each_command(const CommandView& command, const std::function<void(const CommandView&)>& action) {
  action(command);
  for (const CommandView& child : command.commands) for_each_command(child, action);
}

/// Options of the command and of the program, which every command takes.
std::vector<const OptionView*> visible_options(const CommandView& command, const CommandView& program) {
  std::vector<const OptionView*> options;
  const auto add = [&](const CommandView& from) {
    for (const OptionView& option : from.options)
      if (!option.hidden() && !option.positional()) options.push_back(&option);
  };
  add(command);
  if (command.path != program.path) add(program);
  return options;
}

std::vector<std::string> words_of(const CommandView& command, const CommandView& program) {
  std::vector<std::string> words;
  for (const CommandView& child : command.commands) words.push_back(child.name);
  for (const OptionView* option : visible_options(command, program))
    for (const std::string& spelling : option->spellings)
      if (std::find(words.begin(), words.end(), spelling) == words.end()) {
        words.push_back(spelling);
        for (const std::string& choice : option->flag_choices()) words.push_back(spelling + "=" + choice);
      }
  for (const OptionView& option : command.options)
    if (option.positional())
      for (const std::string& choice : option.choices()) words.push_back(choice);
  return words;
}

std::string bash_script(const CommandView& program) {
  std::string cases, values;
  for_each_command(program, [&](const CommandView& command) {
    cases += fmt::format("    {}) words={} ;;\n", shell_quoted(command.path),
                         shell_quoted(core::join(words_of(command, program), " ")));
    for (const OptionView* option : visible_options(command, program)) {
      if (option->value.empty() || (command.path != program.path && &program == &command)) continue;
      const std::string pattern = core::join(option->spellings, "|");
      const auto choices = option->choices();
      const std::string line = fmt::format(
          "    {}) COMPREPLY=({}); return ;;\n", pattern,
          !choices.empty()
              ? fmt::format("$(compgen -W {} -- \"$current\")", shell_quoted(core::join(choices, " ")))
          : option->takes_path() ? "$(compgen -f -- \"$current\")"
                                 : "");
      if (values.find(line) == std::string::npos) values += line;
    }
  });
  std::string known;
  for_each_command(program, [&](const CommandView& command) { known += "|" + shell_quoted(command.path); });
  return fmt::format(R"(# bash completion for {0}
_{1}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path={0} words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$path ${{COMP_WORDS[i]}}" in
      {2}) path="$path ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$previous" in
{3}  esac
  case "$path" in
{4}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  [ ${{#COMPREPLY[@]}} -gt 0 ] || compopt -o default
}}
complete -o filenames -F _{1} {0}
)",
                     program.name, identifier(program.name), known.substr(1), values, cases);
}

/// In a zsh _arguments specification, brackets and colons have a meaning.
std::string zsh_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Where a value may only follow a "=" in the same word, the specification says so.
std::string zsh_value(const OptionView& option) {
  return option.flag_value.empty() ? "" : "=-";
}

std::string zsh_action(const OptionView& option) {
  if (!option.flag_value.empty()) return fmt::format("::value:({})", core::join(option.flag_choices(), " "));
  const auto choices = option.choices();
  std::vector<std::string> escaped;
  for (const std::string& choice : choices) escaped.push_back(zsh_escape(choice));
  if (!choices.empty()) return fmt::format(":value:({})", core::join(escaped, " "));
  if (option.takes_path()) return ":file:_files";
  return option.value.empty() ? "" : fmt::format(":{}:", zsh_escape(option.value));
}

std::string zsh_script(const CommandView& program) {
  std::string functions;
  for_each_command(program, [&](const CommandView& command) {
    std::string lines;
    for (const OptionView* option : visible_options(command, program))
      for (const std::string& spelling : option->spellings)
        lines += fmt::format("    {} \\\n",
                             shell_quoted(fmt::format("{}{}[{}]{}", spelling, zsh_value(*option),
                                                      zsh_escape(option->help), zsh_action(*option))));
    for (const OptionView& option : command.options)
      if (option.positional() && !option.hidden())
        lines += fmt::format(
            "    {} \\\n", shell_quoted(zsh_action(option) + (zsh_action(option).ends_with(':') ? " " : "")));
    std::string children, dispatch;
    for (const CommandView& child : command.commands) {
      children += fmt::format(" {}", shell_quoted(child.name + ":" + child.summary));
      dispatch += fmt::format("        {}) _{} ;;\n", child.name, identifier(child.path));
    }
    if (!command.commands.empty()) lines += "    '1: :->command' '*:: :->rest' \\\n";
    functions += fmt::format(
        "_{}() {{\n  local -a commands\n  local context state line\n  typeset -A opt_args\n"
        "  _arguments -C \\\n{}    && return\n",
        identifier(command.path), lines);
    if (!command.commands.empty())
      functions += fmt::format(
          "  case $state in\n    command) commands=({}); _describe command commands ;;\n    rest)\n      "
          "case "
          "$line[1] in\n{}      esac ;;\n  esac\n",
          children, dispatch);
    functions += "}\n";
  });
  return fmt::format("#compdef {0}\n# zsh completion for {0}\n{1}compdef _{2} {0}\n", program.name, functions,
                     identifier(program.name));
}

std::string fish_line(const std::string& program, const std::string& condition, const OptionView& option) {
  std::string line = fmt::format("complete -c {}", program);
  if (!condition.empty()) line += fmt::format(" -n {}", shell_quoted(condition));
  for (const std::string& spelling : option.spellings)
    line += spelling.starts_with("--") ? fmt::format(" -l {}", spelling.substr(2))
                                       : fmt::format(" -s {}", spelling.substr(1));
  const auto choices = option.choices();
  if (!choices.empty())
    line += fmt::format(" -x -a {}", shell_quoted(core::join(choices, " ")));
  else if (option.takes_path())
    line += " -r -F";
  else if (!option.value.empty())
    line += " -x";
  else if (!option.flag_value.empty())  // without -r or -x: only behind a "="
    line += fmt::format(" -a {}", shell_quoted(core::join(option.flag_choices(), " ")));
  return line + fmt::format(" -d {}\n", shell_quoted(option.help));
}

std::string fish_script(const CommandView& program) {
  std::string text = fmt::format("# fish completion for {0}\ncomplete -c {0} -f\n", program.name);
  for (const OptionView& option : program.options)
    if (!option.hidden() && !option.positional()) text += fish_line(program.name, "", option);
  const std::function<void(const CommandView&, const std::string&)> walk = [&](const CommandView& command,
                                                                               const std::string& condition) {
    std::vector<std::string> names;
    for (const CommandView& child : command.commands) names.push_back(child.name);
    const std::string none_yet = condition.empty() ? "__fish_use_subcommand"
                                                   : fmt::format("{}; and not __fish_seen_subcommand_from {}",
                                                                 condition, core::join(names, " "));
    for (const CommandView& child : command.commands) {
      text += fmt::format("complete -c {} -n {} -a {} -d {}\n", program.name, shell_quoted(none_yet),
                          child.name, shell_quoted(child.summary));
      const std::string inside =
          (condition.empty() ? "" : condition + "; and ") + "__fish_seen_subcommand_from " + child.name;
      for (const OptionView& option : child.options) {
        if (option.hidden()) continue;
        if (!option.positional()) {
          text += fish_line(program.name, inside, option);
        } else if (!option.choices().empty()) {
          text += fmt::format("complete -c {} -n {} -a {}\n", program.name, shell_quoted(inside),
                              shell_quoted(core::join(option.choices(), " ")));
        } else if (option.takes_path()) {
          text += fmt::format("complete -c {} -n {} -F\n", program.name, shell_quoted(inside));
        }
      }
      walk(child, inside);
    }
  };
  walk(program, "");
  return text;
}

}  // namespace

std::vector<std::string> completion_shells() {
  return {"bash", "zsh", "fish"};
}

std::string completion_script(const CommandView& program, std::string_view shell) {
  if (shell == "bash") return bash_script(program);
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  throw Error::bad_request(fmt::format("no completion for the shell '{}'", shell), "one of bash, zsh, fish");
}

}  // namespace turbodiff::cli
