#include "power/private_bus.h"

#include <fcntl.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "waiting.h"

namespace turbodiff::testing {
namespace {

constexpr const char* service = "org.freedesktop.login1";
constexpr const char* path = "/org/freedesktop/login1";
constexpr const char* manager = "org.freedesktop.login1.Manager";
constexpr const char* mock = "org.freedesktop.DBus.Mock";

const char* const bus_settings = R"(<busconfig>
  <listen>unix:path=%</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/>
  </policy>
</busconfig>
)";

void check(int code, const char* what) {
  REQUIRE_MESSAGE(code >= 0, what << ": " << code);
}

template <typename... Args>
sd_bus_message* call(sd_bus* bus, const char* interface, const char* method, const char* types,
                     Args... args) {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message* reply = nullptr;
  const int code = sd_bus_call_method(bus, service, path, interface, method, &error, &reply, types, args...);
  const std::string text = error.message != nullptr ? error.message : "";
  sd_bus_error_free(&error);
  REQUIRE_MESSAGE(code >= 0, method << ": " << text);
  return reply;
}

template <typename... Args>
void tell(sd_bus* bus, const char* interface, const char* method, const char* types, Args... args) {
  sd_bus_message_unref(call(bus, interface, method, types, args...));
}

void wait_for(const char* what, const std::function<bool()>& condition) {
  REQUIRE_MESSAGE(comes_true(condition), "waited in vain for " << what);
}

bool only_asks(const std::string& method) {
  return method.starts_with("List") || (method.starts_with("Can") && method != "CancelScheduledShutdown") ||
         method == "Inhibit";
}

}  // namespace

void PrivateBus::CloseBus::operator()(sd_bus* bus) const {
  sd_bus_flush_close_unref(bus);
}

PrivateBus::PrivateBus() {
  const std::string socket = (folder_ / "bus").string();
  std::string settings = bus_settings;
  settings.replace(settings.find('%'), 1, socket);
  write_file(folder_ / "bus.conf", settings);
  address_ = "unix:path=" + socket;
  REQUIRE(::setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1) == 0);

  using Stream = core::SubprocessOptions::Stream;
  core::SubprocessOptions daemon;
  daemon.argv = {"dbus-daemon", "--nofork", "--nopidfile",
                 "--config-file=" + (folder_ / "bus.conf").string()};
  daemon.errors = Stream::null;  // it warns of limits that it may not raise
  daemon_ = std::make_unique<core::Subprocess>(std::move(daemon));
  wait_for("the bus", [&] { return std::filesystem::exists(socket); });

  core::SubprocessOptions program;
  // Debian's own Python: the module is a package of the distribution.
  program.argv = {"/usr/bin/python3", "-m", "dbusmock", "--system", "--template", "logind"};
  program.output = Stream::null;
  mock_ = std::make_unique<core::Subprocess>(std::move(program));

  sd_bus* bus = nullptr;
  wait_for("a connection", [&] { return sd_bus_open_system(&bus) >= 0; });
  bus_.reset(bus);
  wait_for("the mock logind (python3-dbusmock)", [&] {
    if (mock_->wait(0)) FAIL("python3-dbusmock does not start");
    return sd_bus_call_method(bus, service, path, manager, "CanPowerOff", nullptr, nullptr, nullptr) >= 0;
  });
  set_method("SetWallMessage", "sb", "", "");
  tell(bus_.get(), mock, "AddProperty", "ssv", manager, "ScheduledShutdown", "(st)", "", std::uint64_t{0});
  const auto update = [](const std::string& type, const std::string& at) {
    return "self.props['org.freedesktop.login1.Manager']['ScheduledShutdown'] = dbus.Struct((" + type +
           ", dbus.UInt64(" + at + ")), signature='st')";
  };
  set_method("ScheduleShutdown", "st", "", update("args[0]", "args[1]"));
  set_method("CancelScheduledShutdown", "", "b", update("''", "0") + "\nret = True");
  take_actions();
}

PrivateBus::~PrivateBus() {
  release_inhibitors();
  bus_.reset();
  mock_->terminate(5);
  daemon_->terminate(5);
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
}

void PrivateBus::add_session(const std::string& id, const std::string& user, std::uint32_t uid) {
  tell(bus_.get(), mock, "AddSession", "ssusb", id.c_str(), "seat0", uid, user.c_str(), 1);
}

void PrivateBus::remove_session(const std::string& id) {
  const std::string object = std::string(path) + "/session/" + id;
  tell(bus_.get(), mock, "RemoveObject", "s", object.c_str());
}

void PrivateBus::inhibit(const std::string& what, const std::string& mode) {
  sd_bus_message* reply =
      call(bus_.get(), manager, "Inhibit", "ssss", what.c_str(), "a test", "to see", mode.c_str());
  int fd = -1;
  check(sd_bus_message_read(reply, "h", &fd), "Inhibit");
  locks_.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  sd_bus_message_unref(reply);
}

void PrivateBus::release_inhibitors() {
  if (locks_.empty()) return;
  for (const int fd : locks_) ::close(fd);
  locks_.clear();
  wait_for("the locks to be freed", [&] {
    sd_bus_message* reply = call(bus_.get(), manager, "ListInhibitors", nullptr);
    check(sd_bus_message_enter_container(reply, 'a', "(ssssuu)"), "ListInhibitors");
    const bool empty = sd_bus_message_at_end(reply, 0) > 0;
    sd_bus_message_unref(reply);
    return empty;
  });
}

void PrivateBus::set_method(const std::string& name, const std::string& in, const std::string& out,
                            const std::string& code) {
  tell(bus_.get(), mock, "AddMethod", "sssss", manager, name.c_str(), in.c_str(), out.c_str(), code.c_str());
}

void PrivateBus::cancel_scheduled() {
  tell(bus_.get(), manager, "CancelScheduledShutdown", nullptr);
}

std::vector<std::string> PrivateBus::take_actions() {
  sd_bus_message* reply = call(bus_.get(), mock, "GetCalls", nullptr);
  std::vector<std::string> actions;
  std::size_t calls = 0;
  check(sd_bus_message_enter_container(reply, 'a', "(tsav)"), "GetCalls");
  while (sd_bus_message_enter_container(reply, 'r', "tsav") > 0) {
    std::uint64_t at = 0;
    const char* name = nullptr;
    check(sd_bus_message_read(reply, "ts", &at, &name), "GetCalls");
    check(sd_bus_message_skip(reply, "av"), "GetCalls");
    check(sd_bus_message_exit_container(reply), "GetCalls");
    if (++calls > calls_taken_ && !only_asks(name)) actions.emplace_back(name);
  }
  sd_bus_message_unref(reply);
  calls_taken_ = calls;
  return actions;
}

}  // namespace turbodiff::testing
