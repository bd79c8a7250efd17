// The commands and options of a program as data, for help, completion and the manual.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace turbodiff::cli {

struct OptionView {
  std::vector<std::string> spellings;  ///< "-s", "--seed"; empty for a positional argument
  std::string name;                    ///< name of a positional argument: "PROMPT"
  std::string value;                   ///< "N", "FILE", "a|b|c"; empty for a flag
  std::string flag_value;              ///< "a|b|c" of a flag that may also be given as --name=a
  std::string help;
  std::string group;  ///< heading; empty: hidden
  bool required = false;

  bool positional() const { return spellings.empty(); }
  bool hidden() const { return group.empty(); }
  /// The values of "a|b|c"; empty otherwise.
  std::vector<std::string> choices() const;
  std::vector<std::string> flag_choices() const;
  /// Whether the value is a file or folder.
  bool takes_path() const;
};

struct CommandView {
  std::string path;  ///< "turbodiff models list"
  std::string name;  ///< "list"
  std::string summary;
  std::string notes;  ///< more text, such as examples
  std::vector<OptionView> options;
  std::vector<CommandView> commands;  ///< without hidden ones
};

/// The tree of commands below `app`, which is called `name`.
CommandView view_of(const CLI::App& app, const std::string& name);

/// All long and short spellings of `command`; hidden ones only with `with_hidden`.
std::vector<std::string> spellings_of(const CommandView& command, bool with_hidden);

}  // namespace turbodiff::cli
