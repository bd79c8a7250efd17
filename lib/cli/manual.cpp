#include "cli/manual.h"

#include <fmt/format.h>

#include <functional>

#include "core/text/strings.h"

namespace turbodiff::cli {
namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string option_entry(const OptionView& option) {
  std::vector<std::string> names;
  for (const std::string& spelling : option.spellings)
    names.push_back("\\fB" + roff_escape(spelling) + "\\fR");
  std::string term = core::join(names, ", ");
  const auto italic = [](const std::string& text) { return "\\fI" + roff_escape(text) + "\\fR"; };
  if (option.positional())
    term = "\\fI" + roff_escape(option.name) + "\\fR";
  else if (!option.value.empty())
    term += " " + italic(option.value);
  else if (!option.flag_value.empty())
    term += "[=" + italic(option.flag_value) + "]";
  return fmt::format(".TP\n{}\n{}.\n", term, roff_escape(option.help));
}

/// Other spellings share the help text of the option they stand for.
std::string other_spellings(const CommandView& command) {
  std::string text;
  for (const OptionView& option : command.options) {
    if (!option.hidden() || option.positional() || option.spellings.front() == "-h") continue;
    std::string meaning = option.help + ".";
    for (const OptionView& shown : command.options)
      if (!shown.hidden() && !shown.positional() && shown.help == option.help)
        meaning = "The same as " + shown.spellings.back() + ".";
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff_escape(core::join(option.spellings, ", ")),
                        roff_escape(meaning));
  }
  return text.empty() ? "" : ".PP\nOther spellings, as TurboDiffusion's own scripts have them:\n" + text;
}

std::string command_section(const CommandView& command) {
  std::string text = fmt::format(".SS {}\n{}.\n", roff_escape(command.path), roff_escape(command.summary));
  for (const OptionView& option : command.options)
    if (!option.hidden()) text += option_entry(option);
  return text + other_spellings(command);
}

}  // namespace

std::string roff_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else if (c == '\'' && escaped.empty())
      escaped += "\\&'";
    else if (c == '.' && escaped.empty())
      escaped += "\\&.";
    else
      escaped += c;
  }
  return escaped;
}

std::string manual_page(const CommandView& program, const std::string& title,
                        const std::vector<ManualSection>& before, const std::vector<ManualSection>& after) {
  std::string page =
      fmt::format(".\\\" Made by '{0} manual'; do not edit.\n.TH {1} 1 \"\" \"{2}\" \"User Commands\"\n",
                  program.name, upper(program.name), title);
  page += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n\\fB{}\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n",
                      roff_escape(program.name), roff_escape(program.summary), roff_escape(program.name));
  const auto add = [&](const std::vector<ManualSection>& sections) {
    for (const ManualSection& section : sections)
      page += fmt::format(".SH {}\n{}\n", section.title, section.text);
  };
  add(before);
  page += ".SH COMMANDS AND OPTIONS\n";
  const std::function<void(const CommandView&)> walk = [&](const CommandView& command) {
    page += command_section(command);
    for (const CommandView& child : command.commands) walk(child);
  };
  walk(program);
  add(after);
  return page;
}

}  // namespace turbodiff::cli
