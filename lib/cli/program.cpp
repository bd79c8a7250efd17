#include "cli/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>

#include "cli/command_tree.h"
#include "cli/help_text.h"
#include "cli/usage_error.h"
#include "core/os/signals.h"
#include "core/text/incoming_text.h"
#include "core/text/json_text.h"
#include "core/text/strings.h"

namespace turbodiff::cli {
namespace {

constexpr const char* global_group = "General";

/// Whether nobody reads the pipe or socket that standard output is.
bool reader_is_gone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

/// What holds for every option: CLI11's descriptions of checks ("INT in [0 - 1000]") are no part of help, and
/// an option that is given twice counts as it stands last, unless it collects values.
void settle_options(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    try {
      for (int i = 0;; ++i) option->get_validator(i)->description("");
    } catch (const CLI::OptionNotFound&) {
      // That was the last check of the option.
    }
    if (!option->get_positional() && option->get_items_expected_max() == 1)
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    settle_options(*command);
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// An argument in UTF-8. The name of a file that is there may be any bytes, and stays as it is.
std::string argument_text(const std::string& argument, int number, const core::TextNote& note) {
  const std::size_t equals = argument.starts_with("--") ? argument.find('=') : std::string::npos;
  const std::string value = equals == std::string::npos ? argument : argument.substr(equals + 1);
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(value, error))) return argument;
  std::string text = core::incoming_text(argument, fmt::format("argument {}", number), note);
  if (const auto problem = core::text_problem(text))
    throw Error::bad_request(fmt::format("argument {} {}", number, *problem), "leave that character out");
  return text;
}

Error describe(const std::exception& exception) {
  const std::string text = first_line(exception.what());
  if (dynamic_cast<const std::bad_alloc*>(&exception) || text.find("not enough memory") != std::string::npos)
    return Error::refused("out of memory", "lower --size or --frames, or use --dtype bf16");
  if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception)) {
    std::error_code gone;
    [[maybe_unused]] const auto here = std::filesystem::current_path(gone);
    if (gone)
      return Error::bad_request(fmt::format("the current folder cannot be used: {}", gone.message()),
                                "change to another folder, or give absolute paths");
    const std::string path = error->path1().string();
    return Error::work_failed(
        fmt::format("{}{}", path.empty() ? "" : "'" + path + "': ", error->code().message()));
  }
  return Error::work_failed("internal error: " + text, "please report this with the command that caused it");
}

/// Where one is closed, a file opened later would get its number, and what is printed.
void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDWR);
}

}  // namespace

Program::Program(ProgramInfo info)
    : info_(std::move(info)),
      app_(std::make_unique<CLI::App>(info_.summary, info_.name)),
      environment_(core::Environment::of_process()),
      paths_(environment_, info_.executable) {
  app_->footer(info_.notes);
  app_->set_help_flag("-h,--help", "Show this help")->group(global_group);
  app_->set_version_flag("--version", title(), "Show the version")->group(global_group);
  app_->add_flag("--json", flags_.json,
                 "Print one JSON document on standard output, everything else on standard error")
      ->group(global_group);
  app_->add_flag("-q,--quiet", flags_.quiet, "Print only the result and errors")->group(global_group);
  app_->add_flag("-v,--verbose", flags_.verbose, "Print more messages")->group(global_group);
  app_->add_flag("--no-color", flags_.no_color, "Disable colours, as NO_COLOR does")->group(global_group);
  app_->add_option("--config", flags_.config, "Use this configuration file instead of the user's")
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
    flags_.quiet = flags_.quiet || argument == "--quiet" || argument == "-q";
  }
  open_streams();
  settle_options(*app_);
  std::vector<std::string> arguments;
  core::TextNote note;
  if (!handed_over()) note = [this](const std::string& line) { log_->info("{}", line); };
  for (int i = argc - 1; i > 0; --i) arguments.push_back(argument_text(argv[i], i, note));
  try {
    app_->parse(std::move(arguments));  // the last one first
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

bool Program::handed_over() const {
  return !info_.executable.empty() && info_.executable != core::Paths::this_executable();
}

void Program::read_clock() {
  const auto text = environment_.get("TURBODIFF_TEST_CLOCK");
  // A variable that was left over must not decide when machines run and what they are billed.
  if (text && environment_.get("TURBODIFF_ALLOW_TEST_CLOCK") != "1")
    throw Error::bad_request(
        "TURBODIFF_TEST_CLOCK is set, which is for tests alone",
        "unset it, or set TURBODIFF_ALLOW_TEST_CLOCK=1 to have it decide what time it is");
  clock_ = core::make_clock(text);
  if (text && !handed_over()) log_->warn("a test clock is in force: TURBODIFF_TEST_CLOCK={}", *text);
}

int Program::run(int argc, char** argv) {
  arguments_ = argv;
  core::install_signal_handlers();
  try {
    parse(argc, argv);
    open_streams();
    read_clock();
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
    flush();
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
  if (!log_) throw Error(error);
  const int code = static_cast<int>(error.code());
  if (const auto* many = dynamic_cast<const core::ManyProblems*>(&error)) {
    for (const std::string& line : many->lines()) log_->error("{}", line);
  } else {
    log_->error("{}", error.hint().empty() ? error.message() : error.message() + "; " + error.hint());
  }
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

bool Program::flush() {
  errno = 0;
  std::cout.flush();
  const int problem = errno;
  if (std::cout) return true;
  if (reader_is_gone()) return false;
  throw Error::work_failed(fmt::format("cannot write to standard output{}{}", problem ? ": " : "",
                                       problem ? std::strerror(problem) : ""));
}

int Program::table_columns() const {
  return output_traits_.tty || environment_.has("COLUMNS") ? output_traits_.columns : 0;
}

const core::Config& Program::config() {
  if (!config_) {
    core::ConfigInputs inputs;
    inputs.config_flag = flags_.config;
    config_ = core::Config::load(environment_, paths_, inputs);
    for (const std::filesystem::path& file : config_->files())
      if (const auto note = core::note_of_file(file)) log_->info("{}", *note);
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
  print(core::json_text(whole, {.indent = 2}) + "\n");
  flush();
}

int guarded(const std::function<int()>& body) noexcept {
  open_standard_streams();
  try {
    try {
      return body();
    } catch (const Error& error) {
      std::fprintf(stderr, "error: %s%s%s\n", error.what(), error.hint().empty() ? "" : "; ",
                   error.hint().c_str());
      return static_cast<int>(error.code());
    } catch (const std::exception& exception) {
      const Error error = describe(exception);
      std::fprintf(stderr, "error: %s; %s\n", error.what(), error.hint().c_str());
      return static_cast<int>(error.code());
    }
  } catch (...) {  // there is no memory for a message either
    constexpr std::string_view line = "error: out of memory\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    return static_cast<int>(ErrorCode::refused);
  }
}

}  // namespace turbodiff::cli
