#include "power/login1.h"

#include <fmt/format.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::power {
namespace {

constexpr const char* service = "org.freedesktop.login1";
constexpr const char* path = "/org/freedesktop/login1";
constexpr const char* manager = "org.freedesktop.login1.Manager";
constexpr const char* session_interface = "org.freedesktop.login1.Session";
constexpr std::uint64_t timeout_us = 5'000'000;
/// The dry shutdown ends itself a little after ours, so that its end is not taken for someone's cancellation.
constexpr std::int64_t announced_later_s = 5;

/// An error of a call, freed with it.
struct BusError {
  sd_bus_error value = SD_BUS_ERROR_NULL;
  BusError() = default;
  ~BusError() { sd_bus_error_free(&value); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  std::string text(int code) const { return value.message != nullptr ? value.message : std::strerror(-code); }
};

struct FreeMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, FreeMessage>;

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw Error::work_failed(fmt::format("systemd-logind: {} failed: {}", what, why));
}

/// Calls a method of the manager; `types` as in sd_bus_message_append(3).
template <typename... Args>
Message call(sd_bus* bus, const char* method, const char* types, Args... args) {
  BusError error;
  sd_bus_message* reply = nullptr;
  const int code =
      sd_bus_call_method(bus, service, path, manager, method, &error.value, &reply, types, args...);
  if (code < 0) fail(method, error.text(code));
  return Message(reply);
}

void check(int code, const char* method) {
  if (code < 0) fail(method, std::strerror(-code));
}

std::string string_property(sd_bus* bus, const char* object, const char* interface, const char* name) {
  BusError error;
  char* text = nullptr;
  const int code = sd_bus_get_property_string(bus, service, object, interface, name, &error.value, &text);
  if (code < 0) fail(name, error.text(code));
  const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
  return text;
}

std::string our_session() {
  char* text = nullptr;
  if (sd_pid_get_session(0, &text) < 0) return {};
  const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
  return text;
}

bool keeps_on(std::string_view what, std::string_view mode) {
  if (!mode.starts_with("block")) return false;
  const auto parts = core::split(what, ':');
  return std::any_of(parts.begin(), parts.end(),
                     [](std::string_view part) { return part == "shutdown" || part == "sleep"; });
}

/// The message and whether it is shown outlive a shutdown that is called off.
void be_quiet(sd_bus* bus) {
  try {
    call(bus, "SetWallMessage", "sb", "", 0);
  } catch (const Error&) {
    // It could not be set either.
  }
}

const char* method_of(Action action) {
  switch (action) {
    case Action::shutdown:
      return "PowerOff";
    case Action::suspend:
      return "Suspend";
    case Action::hibernate:
      return "Hibernate";
  }
  return "";
}

}  // namespace

void Login1::CloseBus::operator()(sd_bus* bus) const {
  sd_bus_flush_close_unref(bus);
}

Login1::Login1() {
  sd_bus* bus = nullptr;
  int code = sd_bus_open_system(&bus);
  bus_.reset(bus);
  if (code < 0) fail("reaching the system bus", std::strerror(-code));
  sd_bus_set_method_call_timeout(bus, timeout_us);
  BusError error;
  code = sd_bus_call_method(bus, service, path, "org.freedesktop.DBus.Peer", "Ping", &error.value, nullptr,
                            nullptr);
  if (code < 0) fail("reaching it", error.text(code));
}

Login1::~Login1() = default;

std::string Login1::obstacle(Action action) {
  const std::string method = std::string("Can") + method_of(action);
  const Message reply = call(bus_.get(), method.c_str(), nullptr);
  const char* answer = nullptr;
  check(sd_bus_message_read(reply.get(), "s", &answer), method.c_str());
  const std::string_view word = answer;
  if (word == "yes" || word.starts_with("inhibit")) return {};  // inhibitors are asked for apart
  if (word == "na") return "this machine does not support it";
  if (word == "challenge") return "it needs a password; allow it to this user with polkit, or run as root";
  return fmt::format("logind does not allow it (answers '{}')", word);
}

std::vector<std::string> Login1::inhibitors() {
  const Message reply = call(bus_.get(), "ListInhibitors", nullptr);
  std::vector<std::string> found;
  check(sd_bus_message_enter_container(reply.get(), 'a', "(ssssuu)"), "ListInhibitors");
  const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
  std::uint32_t uid = 0, pid = 0;
  int code = 0;
  while ((code = sd_bus_message_read(reply.get(), "(ssssuu)", &what, &who, &why, &mode, &uid, &pid)) > 0)
    if (keeps_on(what, mode)) found.push_back(fmt::format("{} keeps the machine on ({})", who, why));
  check(code, "ListInhibitors");
  return found;
}

std::vector<UserSession> Login1::sessions() {
  const Message reply = call(bus_.get(), "ListSessions", nullptr);
  struct Listed {
    UserSession session;
    std::string object;
  };
  std::vector<Listed> listed;
  check(sd_bus_message_enter_container(reply.get(), 'a', "(susso)"), "ListSessions");
  const char *id = nullptr, *user = nullptr, *seat = nullptr, *object = nullptr;
  std::uint32_t uid = 0;
  int code = 0;
  while ((code = sd_bus_message_read(reply.get(), "(susso)", &id, &uid, &user, &seat, &object)) > 0)
    listed.push_back({{id, user, uid, false}, object});
  check(code, "ListSessions");

  const std::string ours = our_session();
  std::vector<UserSession> sessions;
  for (Listed& entry : listed) {
    try {
      const std::string kind = string_property(bus_.get(), entry.object.c_str(), session_interface, "Class");
      if (!kind.starts_with("user")) continue;
      if (string_property(bus_.get(), entry.object.c_str(), session_interface, "State") == "closing")
        continue;
    } catch (const Error&) {
      // A session that does not tell may be anyone's.
    }
    entry.session.ours = entry.session.id == ours;
    sessions.push_back(std::move(entry.session));
  }
  return sessions;
}

void Login1::announce(Action action, std::int64_t at, double, const std::string& message) {
  if (action != Action::shutdown) return;
  // Fewer users may set the message than schedule; `shutdown --show` and /run/nologin do without it.
  std::optional<Error> silent;
  try {
    call(bus_.get(), "SetWallMessage", "sb", message.c_str(), 1);
  } catch (const Error& error) {
    silent = error;
  }
  call(bus_.get(), "ScheduleShutdown", "st", "dry-poweroff",
       static_cast<std::uint64_t>(at + announced_later_s) * 1'000'000);
  announced_ = true;
  if (silent) throw Error(*silent);
}

bool Login1::called_off() {
  if (!announced_) return false;
  BusError error;
  sd_bus_message* raw = nullptr;
  const int code = sd_bus_get_property(bus_.get(), service, path, manager, "ScheduledShutdown", &error.value,
                                       &raw, "(st)");
  const Message reply(raw);
  if (code < 0) fail("ScheduledShutdown", error.text(code));
  const char* type = nullptr;
  std::uint64_t at = 0;
  check(sd_bus_message_read(reply.get(), "(st)", &type, &at), "ScheduledShutdown");
  return *type == '\0';
}

void Login1::withdraw() {
  if (!announced_) return;
  announced_ = false;
  call(bus_.get(), "CancelScheduledShutdown", nullptr);
  be_quiet(bus_.get());
}

void Login1::act(Action action) {
  if (announced_) {
    // In older versions a scheduled dry shutdown makes PowerOff() dry as well. Nobody is to be told that it
    // is cancelled.
    be_quiet(bus_.get());
    call(bus_.get(), "CancelScheduledShutdown", nullptr);
    announced_ = false;
  }
  call(bus_.get(), method_of(action), "b", 0);
}

}  // namespace turbodiff::power
