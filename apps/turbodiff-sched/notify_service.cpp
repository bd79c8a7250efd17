#include "notify_service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "core/duration.h"
#include "core/os/file_system.h"
#include "core/os/private_file.h"
#include "core/os/signals.h"
#include "core/os/subprocess.h"
#include "core/text/text_width.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

constexpr double picture_timeout_s = 120;
constexpr double look_s = 0.5;
/// The smallest of the limits of the services (WeChat Work: 2 MiB).
constexpr const char* picture_size = "2000000";
constexpr std::size_t most_rows = 24;

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "this machine";
  return core::escape_control(name.data());
}

double seconds(Queue& queue, std::string_view key) {
  return static_cast<double>(
      core::require_duration_or_zero(queue.program().config().text(key).value_or(""), key));
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Draws the videos' first frames and so on through the engine. Whatever goes wrong is told and leaves the
/// message without a picture.
notify::Picture draw(const fs::path& engine, const fs::path& file, const notify::Message& message,
                     const notify::SendStop& stop, core::Log& log) {
  try {
    std::error_code folder_error;
    core::create_private_folder(file.parent_path(), folder_error);
    fs::remove(file);
    core::SubprocessOptions options;
    options.argv = {engine.string(), "contact-sheet", "--quiet", "--force",     "--width", "240",
                    "--max-size",    picture_size,    "-o",      file.string(), "--"};
    for (std::size_t i = 0; i < std::min(most_rows, message.videos.size()); ++i)
      options.argv.push_back(message.videos[i]);
    std::string problem;
    options.output = core::SubprocessOptions::Stream::null;
    options.errors = core::SubprocessOptions::Stream::pipe;
    options.on_errors = [&](std::string_view line) {
      if (problem.empty()) problem = line;
    };
    core::Subprocess child(std::move(options));
    std::optional<core::ExitStatus> status;
    for (double waited_s = 0; waited_s < picture_timeout_s && !status; waited_s += look_s) {
      if (core::interrupted() || (stop && stop())) return {};
      status = child.wait(look_s);
    }
    core::make_private(file);
    if (status && status->ok()) {
      if (std::string png = content_of(file); png.starts_with("\x89PNG"))
        return {std::move(png), file.string()};
      problem = "the engine has written no picture";
    }
    if (!status) problem = "it takes too long";
    log.warn("notify: no picture of the videos: {}", problem.empty() ? status->describe() : problem);
  } catch (const std::exception& error) {
    log.warn("notify: no picture of the videos: {}", error.what());
  }
  return {};
}

}  // namespace

std::vector<notify::ChannelSettings> notify_channels(Queue& queue) {
  const core::YamlNode* list = queue.program().config().node("notify.channels");
  if (list == nullptr) return {};
  core::Problems problems;
  auto channels = notify::parse_channels(*list, queue.program().paths(), problems);
  problems.throw_if_any();
  return channels;
}

notify::MessageOptions message_options(Queue& queue) {
  return {host_name(),
          [zone = queue.zone()](std::int64_t instant) { return tariff::format_local(instant, zone); }};
}

fs::path picture_file(Queue& queue) {
  return fs::path(queue.store_file().string() + "-files") / "contact-sheet.png";
}

std::vector<notify::OpenChannel> open_channels(Queue& queue, std::vector<notify::ChannelSettings> settings) {
  std::vector<notify::OpenChannel> channels;
  for (notify::ChannelSettings& one : settings) {
    auto channel = notify::make_channel(one, queue.program().environment());
    channels.push_back({std::move(one), std::move(channel)});
  }
  return channels;
}

std::unique_ptr<notify::Notifier> start_notifier(Queue& queue, std::vector<notify::OpenChannel> channels,
                                                 const fs::path& engine) {
  cli::Program& program = queue.program();
  if (channels.empty()) {
    queue.store().set_channels({}, queue.now_micros());
    return nullptr;
  }
  notify::NotifierSettings settings;
  settings.channels = std::move(channels);
  settings.options = message_options(queue);
  settings.rules.first_s = std::max(1.0, seconds(queue, "notify.retry_delay"));
  settings.rules.give_up_s = seconds(queue, "notify.give_up_after");
  settings.wait_s = seconds(queue, "notify.wait");
  if (program.config().boolean("notify.contact_sheet").value_or(true))
    settings.picture = [engine, file = picture_file(queue), &log = program.log()](
                           const notify::Message& message, const notify::SendStop& stop) {
      return draw(engine, file, message, stop, log);
    };
  return std::make_unique<notify::Notifier>(queue.store(), std::move(settings), program.clock(),
                                            program.log());
}

}  // namespace turbodiff::app
