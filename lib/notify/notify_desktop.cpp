// The desktop of whoever runs the program: org.freedesktop.Notifications 1.2 on the session bus.
#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include <cstring>

#include "core/error.h"
#include "core/text/strings.h"
#include "notify/notify_channel.h"

namespace turbodiff::notify {
namespace {

constexpr std::uint64_t timeout_us = 10'000'000;

struct CloseBus {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
struct FreeMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};

[[noreturn]] void fail(const char* what, int code, const char* text = nullptr) {
  throw Error::work_failed(
      fmt::format("desktop notifications: {}: {}", what, text != nullptr ? text : std::strerror(-code)));
}

/// The body may be read as markup.
std::string marked_up(std::string_view text) {
  return core::replace_all(core::replace_all(core::replace_all(text, "&", "&amp;"), "<", "&lt;"), ">",
                           "&gt;");
}

class Desktop final : public Channel {
 public:
  Desktop() : Channel({}) {}

 private:
  SendResult deliver(const Message& message, const SendStop&) override {
    sd_bus* opened = nullptr;
    int code = sd_bus_open_user(&opened);
    const std::unique_ptr<sd_bus, CloseBus> bus(opened);
    if (code < 0) fail("no session bus", code);
    sd_bus_set_method_call_timeout(bus.get(), timeout_us);
    sd_bus_message* made = nullptr;
    code = sd_bus_message_new_method_call(bus.get(), &made, "org.freedesktop.Notifications",
                                          "/org/freedesktop/Notifications", "org.freedesktop.Notifications",
                                          "Notify");
    const std::unique_ptr<sd_bus_message, FreeMessage> call(made);
    const auto check = [](int result) {
      if (result < 0) fail("Notify", result);
    };
    check(code);
    const std::string body = marked_up(shortened(message.text, 1000));
    check(sd_bus_message_append(call.get(), "susss", "turbodiff", std::uint32_t{0}, "", message.title.c_str(),
                                body.c_str()));
    check(sd_bus_message_append(call.get(), "as", 0U));
    check(sd_bus_message_open_container(call.get(), 'a', "{sv}"));
    // 1: normal, 2: critical, which stays until it is seen.
    check(sd_bus_message_append(call.get(), "{sv}", "urgency", "y", message.urgent ? 2 : 1));
    if (!message.picture_file.empty())
      check(sd_bus_message_append(call.get(), "{sv}", "image-path", "s", message.picture_file.c_str()));
    check(sd_bus_message_close_container(call.get()));
    check(sd_bus_message_append(call.get(), "i", -1));
    sd_bus_error error = SD_BUS_ERROR_NULL;
    code = sd_bus_call(bus.get(), call.get(), timeout_us, &error, nullptr);
    const std::string text = error.message != nullptr ? error.message : std::strerror(code < 0 ? -code : 0);
    sd_bus_error_free(&error);
    if (code < 0) fail("Notify", code, text.c_str());
    return {};
  }
};

}  // namespace

std::unique_ptr<Channel> make_desktop() {
  return std::make_unique<Desktop>();
}

}  // namespace turbodiff::notify
