#include "on_finish.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/duration.h"
#include "core/text/strings.h"
#include "power/finish_command.h"
#include "power/login1.h"
#include "power/shutdown_command.h"
#include "power/switch_off.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace {

double duration_s(std::string_view text, std::string_view option) {
  return static_cast<double>(core::require_duration_or_zero(text, option));
}

power::UsersRule users_rule(std::string_view text) {
  if (text == "ignore") return power::UsersRule::ignore;
  return text == "others" ? power::UsersRule::others : power::UsersRule::veto;
}

/// "shutdwon" is no command of anyone's.
void check_command(const std::string& text) {
  if (core::trim(text).empty())
    throw Error::bad_request("--on-finish is empty", "give none, shutdown, suspend, hibernate or a command");
  if (text.find_first_of(" \t/;") != std::string::npos) return;
  const std::vector<std::string> names = {"none", "shutdown", "suspend", "hibernate"};
  if (const auto meant = core::nearest(text, names))
    throw Error::bad_request(fmt::format("--on-finish {} is not known (did you mean '{}'?)", text, *meant),
                             "a command of that name needs its path");
}

std::unique_ptr<power::PowerControl> connect(core::Log& log, const std::string& shutdown_program) {
  try {
    return std::make_unique<power::Login1>();
  } catch (const Error& error) {
    log.warn("{}; using {} instead", error.message(), shutdown_program);
    return std::make_unique<power::ShutdownCommand>(shutdown_program);
  }
}

}  // namespace

void add_on_finish_flags(CLI::App& command, OnFinishFlags& flags) {
  command
      .add_option("--on-finish", flags.action,
                  "Action after a finished batch: switch the machine off, or run a command (none)")
      ->type_name("none|shutdown|suspend|hibernate|CMD")
      ->group("Options");
  command
      .add_option("--grace", flags.grace,
                  "Grace period before the machine is switched off, in which it can be cancelled (10m)")
      ->type_name("30s|10m")
      ->group("Options");
}

std::filesystem::path operator_folder(Queue& queue) {
  return std::filesystem::path(queue.store_file().string() + "-files");
}

std::unique_ptr<power::AfterBatch> make_after_batch(
    Queue& queue, const OnFinishFlags& flags, bool staying, std::function<std::vector<std::string>()> dropped,
    std::function<void(std::int64_t, const std::string&)> wake_failed) {
  cli::Program& program = queue.program();
  const double grace_s = duration_s(flags.grace, "--grace");
  if (flags.action == "none") return nullptr;
  const auto action = power::action_named(flags.action);
  if (!action) {
    check_command(flags.action);
    return std::make_unique<power::FinishCommand>(flags.action, staying, program.log());
  }
  const core::Config& config = program.config();
  power::SwitchOffSettings settings;
  settings.action = *action;
  settings.grace_s = grace_s;
  settings.staying = staying;
  settings.users = users_rule(config.text("power.users").value_or("veto"));
  settings.machine.boot_s = duration_s(config.text("power.boot_time").value_or("90s"), "power.boot_time");
  settings.machine.margin_s = duration_s(config.text("power.margin").value_or("2m"), "power.margin");
  settings.machine.stay_before_s =
      duration_s(config.text("power.stay_before").value_or("15m"), "power.stay_before");
  settings.machine.boot_wh = config.number("power.boot_wh").value_or(settings.machine.boot_wh);
  settings.machine.idle_watts = config.number("estimate.idle_watts").value_or(settings.machine.idle_watts);
  settings.folder = operator_folder(queue);
  settings.inbox = config.path("power.inbox");
  settings.dropped = std::move(dropped);
  settings.wake_failed = std::move(wake_failed);
  settings.wake_alarm = [alarm = config.path("power.wake_alarm").value_or("")] {
    return power::WakeAlarm(alarm);
  };
  settings.connect = [&log = program.log(), command = config.text("power.shutdown_command").value_or("")] {
    return connect(log, command);
  };
  settings.label = [&queue](std::int64_t instant) { return queue.local(instant); };
  return std::make_unique<power::SwitchOff>(std::move(settings), program.clock(), program.log());
}

}  // namespace turbodiff::app
