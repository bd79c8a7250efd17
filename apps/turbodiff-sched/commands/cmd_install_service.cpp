// turbodiff-sched install-service
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "commands.h"
#include "core/error.h"
#include "core/os/output_file.h"
#include "service/service_units.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

struct ServiceFlags {
  bool user = false, system = false, daemon = false, once = false;
  bool dry_run = false, uninstall = false, force = false;
  std::optional<std::string> folder;
  std::vector<std::string> options;
};

std::optional<std::string> content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class InstallService {
 public:
  InstallService(Queue& queue, const ServiceFlags& flags)
      : queue_(queue), program_(queue.program()), flags_(flags) {}

  void run() {
    settings_.once = flags_.once;
    settings_.system = flags_.system;
    folder_ = unit_folder();
    if (flags_.uninstall) return uninstall();
    settings_.program = core::Paths::this_executable();
    settings_.global = global_options();
    settings_.options = flags_.options;
    if (flags_.system) settings_.writable = writable_folders();
    if (flags_.once) {
      settings_.calendar = service::timer_lines(queue_.load_tariff(), queue_.now());
    } else {
      queue_.load_tariff();  // the daemon would end at once without one
    }
    const auto units = service::service_units(settings_);
    if (flags_.dry_run) return show(units);
    for (const service::UnitFile& unit : units) refuse_changed(unit);
    write(units);
  }

 private:
  fs::path unit_folder() const {
    if (flags_.folder) return program_.paths().expand(*flags_.folder);
    if (flags_.system) return "/etc/systemd/system";
    return program_.paths().config_dir().parent_path() / "systemd/user";
  }

  /// What was said on this call, made independent of the folder and of the user's environment.
  std::vector<std::string> global_options() {
    std::vector<std::string> options;
    if (const auto& config = program_.flags().config)
      options.insert(options.end(), {"--config", fs::absolute(*config).string()});
    if (const auto tariff = queue_.tariff_source()) options.insert(options.end(), {"--tariff", *tariff});
    if (queue_.store_is_named())
      options.insert(options.end(), {"--store", fs::absolute(queue_.store_file()).string()});
    return options;
  }

  /// What the service writes beside its own folders, by options and settings.
  std::vector<fs::path> writable_folders() {
    std::set<fs::path> folders;
    if (queue_.store_is_named()) folders.insert(fs::absolute(queue_.store_file()).parent_path());
    for (const char* key : {"watch.folder", "http.output"})
      if (const auto path = program_.config().path(key)) folders.insert(fs::absolute(*path));
    // A relative one lies in the watched folder.
    if (const auto output = program_.config().text("watch.output"))
      if (const fs::path path = program_.paths().expand(output->substr(0, output->find('{')));
          path.is_absolute())
        folders.insert(path.parent_path());
    for (std::size_t i = 0; i < flags_.options.size(); ++i) {
      const std::string& word = flags_.options[i];
      if (word == "--watch" && i + 1 < flags_.options.size())
        folders.insert(fs::absolute(program_.paths().expand(flags_.options[i + 1])));
      if (word.starts_with("--watch=")) folders.insert(fs::absolute(program_.paths().expand(word.substr(8))));
    }
    return {folders.begin(), folders.end()};
  }

  /// --folder holds them all.
  fs::path path_of(const service::UnitFile& unit) const {
    return (unit.folder.empty() || flags_.folder ? folder_ : unit.folder) / unit.name;
  }

  void show(const std::vector<service::UnitFile>& units) {
    if (program_.flags().json) return report(units, "would write");
    std::string text;
    for (const service::UnitFile& unit : units)
      text += fmt::format("{}# {}\n{}", text.empty() ? "" : "\n", path_of(unit).string(), unit.text);
    program_.print(text);
  }

  void refuse_changed(const service::UnitFile& unit) const {
    const auto there = content_of(path_of(unit));
    if (there && *there != unit.text && !flags_.force)
      throw Error::bad_request(fmt::format("'{}' exists and differs", path_of(unit).string()),
                               "look at it, then pass --force to replace it");
  }

  void write(const std::vector<service::UnitFile>& units) {
    std::error_code error;
    for (const service::UnitFile& unit : units) {
      const fs::path path = path_of(unit);
      fs::create_directories(path.parent_path(), error);
      if (error)
        throw Error::bad_request(
            fmt::format("cannot make folder '{}': {}", path.parent_path().string(), error.message()),
            flags_.system ? "run it as root, or leave out --system" : "");
      core::OutputFile file(path, /*force=*/true);
      std::ofstream(file.temp_path(), std::ios::binary) << unit.text;
      file.commit();
      fs::permissions(path, fs::perms(0644), error);
    }
    report(units, "wrote");
  }

  void uninstall() {
    std::vector<service::UnitFile> gone;
    for (const service::UnitFile& unit : service::service_units(settings_)) {
      std::error_code error;
      // What both kinds of service need stays as long as one of them is there.
      if (!unit.folder.empty() && other_kind_is_there()) continue;
      if (fs::remove(path_of(unit), error)) gone.push_back(unit);
      if (error)
        throw Error::work_failed(
            fmt::format("cannot remove '{}': {}", path_of(unit).string(), error.message()));
    }
    if (gone.empty())
      throw Error::not_found(fmt::format("no unit of turbodiff is in '{}'", folder_.string()),
                             "name what was installed: --system, --once, --folder");
    report(gone, "removed");
  }

  bool other_kind_is_there() const {
    std::error_code ignored;
    return fs::exists(folder_ / (flags_.once ? "turbodiff-sched.service" : "turbodiff-once.service"),
                      ignored);
  }

  /// Commands that make the service's user and give it what it may use.
  std::vector<std::string> user_commands() const {
    std::vector<std::string> commands;
    for (const service::UnitFile& unit : service::service_units(settings_)) {
      if (unit.name == "turbodiff-sysusers.conf")
        commands.push_back("systemd-sysusers " + path_of(unit).string());
      if (unit.name == "turbodiff-tmpfiles.conf")
        commands.push_back("systemd-tmpfiles --create " + path_of(unit).string());
    }
    return commands;
  }

  void report(const std::vector<service::UnitFile>& units, const char* what) {
    const std::string systemctl = flags_.system ? "systemctl" : "systemctl --user";
    std::vector<std::string> next;
    if (!flags_.uninstall) next = user_commands();
    next.push_back(systemctl + " daemon-reload");
    const std::string last = service::service_units(settings_).back().name;
    if (flags_.uninstall)
      next.insert(next.begin(), systemctl + " disable --now " + last);
    else
      next.push_back(systemctl + " enable --now " + last);
    // Without it a user's services end with the last login.
    if (!flags_.system && !flags_.uninstall) next.emplace_back("loginctl enable-linger");
    if (program_.flags().json) {
      Json files = Json::array();
      for (const service::UnitFile& unit : units)
        files.push_back({{"path", path_of(unit).string()}, {"text", unit.text}});
      return program_.print_json({{"done", what}, {"files", std::move(files)}, {"next", next}});
    }
    std::string text;
    for (const service::UnitFile& unit : units) text += fmt::format("{} {}\n", what, path_of(unit).string());
    if (!program_.flags().quiet) {
      text += "next:\n";
      for (const std::string& line : next) text += "  " + line + "\n";
    }
    program_.print(text);
  }

  Queue& queue_;
  cli::Program& program_;
  const ServiceFlags& flags_;
  service::ServiceSettings settings_;
  fs::path folder_;
};

}  // namespace

void add_install_service(Queue& queue) {
  const auto flags = std::make_shared<ServiceFlags>();
  CLI::App& command = queue.program().add_command(
      "install-service", "Write systemd units for the daemon, or for run --once when off-peak time begins",
      [flags, &queue](cli::Program&) { InstallService(queue, *flags).run(); });
  CLI::Option* user = command.add_flag("--user", flags->user, "Install for this user (default)");
  command
      .add_flag("--system", flags->system,
                "Install for the machine in /etc/systemd/system, with a dedicated user")
      ->excludes(user);
  CLI::Option* daemon =
      command.add_flag("--daemon", flags->daemon, "Install the daemon as a service (default)");
  command.add_flag("--once", flags->once, "Install a timer that starts run --once, instead of the daemon")
      ->excludes(daemon);
  command.add_option("--folder", flags->folder, "Folder to write the units to, instead of systemd's")
      ->type_name("DIR");
  command.add_flag("--dry-run", flags->dry_run, "Print the units and write nothing");
  command.add_flag("--uninstall", flags->uninstall, "Remove the units");
  command.add_flag("-f,--force", flags->force, "Replace units that were changed by hand");
  command.add_option("OPTIONS", flags->options, "Options of daemon or run after --, such as --watch DIR")
      ->type_name("OPTIONS");
}

}  // namespace turbodiff::app
