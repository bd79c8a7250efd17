#include "cli/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>

#include "cli/command_tree.h"
#include "cli/help_text.h"
#include "cli/usage_error.h"
#include "core/signals.h"
#include "core/strings.h"

namespace turbodiff::cli {
namespace {

constexpr const char* global_group = "General";

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

Error describe(const std::exception& exception) {
  const std::string text = first_line(exception.what());
  if (dynamic_cast<const std::bad_alloc*>(&exception) || text.find("not enough memory") != std::string::npos)
    return Error::refused("out of memory", "lower --size or --frames, or use --dtype bf16");
  return Error::work_failed("internal error: " + text, "please report this with the command that caused it");
}

}  // namespace

Program::Program(ProgramInfo info)
    : info_(std::move(info)),
      app_(std::make_unique<CLI::App>(info_.summary, info_.name)),
      environment_(core::Environment::of_process()),
      paths_(environment_) {
  app_->footer(info_.notes);
  app_->set_help_flag("-h,--help", "Show this help")->group(global_group);
  app_->set_version_flag("--version", title(), "Show the version")->group(global_group);
  app_->add_flag("--json", flags_.json,
                 "One JSON document on standard output, everything else on standard error")
      ->group(global_group);
  app_->add_flag("-q,--quiet", flags_.quiet, "Only the result and errors")->group(global_group);
  app_->add_flag("-v,--verbose", flags_.verbose, "Say more")->group(global_group);
  app_->add_flag("--no-color", flags_.no_color, "No colours, as with NO_COLOR")->group(global_group);
  app_->add_option("--config", flags_.config, "Configuration file instead of the user's")
      ->type_name("FILE")
      ->group(global_group);
}

Program::~Program() = default;

CLI::App& Program::add_command(const std::string& name, const std::string& summary, Action action,
                               CLI::App* parent) {
  CLI::App* command = (parent ? parent : app_.get())->add_subcommand(name, summary);
  command->fallthrough();
  command->set_help_flag("-h,--help", "Show this help")->group("");
  if (action) actions_[command] = std::move(action);
  return *command;
}

void Program::parse(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") break;
    flags_.json = flags_.json || argument == "--json";
    flags_.no_color = flags_.no_color || argument == "--no-color";
  }
  open_streams();
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App& command = parsed_command(*app_);
    const CommandView program = view_of(*app_, info_.name);
    std::string path = info_.name;
    for (const CLI::App* app = app_.get(); !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      path += " " + app->get_name();
    }
    print(help_text(view_of(command, path), program, output_traits_.columns));
    throw CLI::Success();
  } catch (const CLI::CallForVersion&) {
    if (flags_.json)
      print_json({{"program", info_.name}, {"version", info_.version}});
    else
      print(title() + "\n");
    throw CLI::Success();
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& error) {
    throw usage_error(error, *app_, info_.name);
  }
}

void Program::open_streams() {
  const auto traits = core::inspect_terminal(STDERR_FILENO, environment_, flags_.no_color);
  output_traits_ = core::inspect_terminal(STDOUT_FILENO, environment_, flags_.no_color);
  log_.reset();
  console_ = std::make_unique<core::Console>(std::cerr, traits);
  log_ = std::make_unique<core::Log>(
      *console_, core::log_options(flags_.quiet, flags_.verbose, environment_, console_->traits()));
}

int Program::run(int argc, char** argv) {
  core::install_signal_handlers();
  try {
    parse(argc, argv);
    open_streams();
    clock_ = core::make_clock(environment_.get("TURBODIFF_TEST_CLOCK"));
    const CLI::App& command = parsed_command(*app_);
    const auto action = actions_.find(&command);
    if (action != actions_.end()) {
      action->second(*this);
    } else if (&command == app_.get()) {
      print(short_help(view_of(command, info_.name), output_traits_.columns));
    } else {
      throw Error::bad_request(fmt::format("'{} {}' needs a command", info_.name, command.get_name()),
                               fmt::format("see '{} {} --help'", info_.name, command.get_name()));
    }
    finish_output();
    return 0;
  } catch (const CLI::Success&) {
    return 0;
  } catch (const ReportedFailure& failure) {
    return report(failure, true);
  } catch (const Error& error) {
    return report(error, false);
  } catch (const std::exception& exception) {
    return report(describe(exception), false);
  }
}

int Program::report(const Error& error, bool result_printed) {
  const int code = static_cast<int>(error.code());
  const std::string line = error.hint().empty() ? error.message() : error.message() + "; " + error.hint();
  log_->error("{}", line);
  if (flags_.json && !result_printed) {
    nlohmann::ordered_json problem = {{"code", code}, {"message", error.message()}};
    if (!error.hint().empty()) problem["hint"] = error.hint();
    try {
      print_json({{"error", problem}});
    } catch (const Error&) {
      return code;
    }
  }
  std::cout.flush();
  return code;
}

void Program::finish_output() {
  errno = 0;
  std::cout.flush();
  if (!std::cout)
    throw Error::work_failed(fmt::format("cannot write to standard output{}{}", errno ? ": " : "",
                                         errno ? std::strerror(errno) : ""));
}

const core::Config& Program::config() {
  if (!config_) {
    core::ConfigInputs inputs;
    inputs.config_flag = flags_.config;
    config_ = core::Config::load(environment_, paths_, inputs);
  }
  return *config_;
}

std::vector<std::filesystem::path> Program::model_dirs() {
  return paths_.model_dirs(config().path("models.path"));
}

std::filesystem::path Program::cache_dir_or_empty() const {
  try {
    return paths_.cache_dir();
  } catch (const Error&) {
    return {};
  }
}

void Program::print(std::string_view text) {
  std::cout << text;
}

void Program::print_json(const nlohmann::ordered_json& document) {
  nlohmann::ordered_json whole;
  if (document.is_object()) {
    whole["schema_version"] = 1;
    whole.update(document);
  } else {
    whole = document;
  }
  print(whole.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  finish_output();
}

}  // namespace turbodiff::cli
