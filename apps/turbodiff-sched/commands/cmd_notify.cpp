// turbodiff-sched notify list, test
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/os/signals.h"
#include "core/text/strings.h"
#include "core/text/text_table.h"
#include "notify_service.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

/// So many that have been sent or given up are listed.
constexpr std::size_t listed_ended = 20;

std::string kinds_text(const notify::ChannelSettings& channel) {
  std::vector<std::string> names;
  for (const store::NoticeKind kind : channel.kinds) names.emplace_back(store::name_of(kind));
  return core::join(names, ", ");
}

Json time_of(const std::optional<store::Micros>& instant) {
  return json_time(instant ? std::optional(*instant / 1'000'000) : std::nullopt);
}

Json json_of(const store::Delivery& delivery) {
  const bool pending = delivery.state == store::DeliveryState::pending;
  return {{"channel", delivery.channel},
          {"event", store::name_of(delivery.notice.kind)},
          {"at", time_of(delivery.notice.at)},
          {"job", delivery.notice.job ? Json(*delivery.notice.job) : Json()},
          {"state", store::name_of(delivery.state)},
          {"tries", delivery.tries},
          {"next_try", pending ? time_of(delivery.next_try) : Json()},
          {"ended", time_of(delivery.ended_at)},
          {"error", delivery.error.empty() ? Json() : Json(delivery.error)}};
}

void list_channels(Queue& queue) {
  cli::Program& program = queue.program();
  const auto channels = notify_channels(queue);
  auto counts = queue.store().count_deliveries();
  const auto deliveries = queue.store().deliveries(listed_ended);
  using enum store::DeliveryState;
  if (program.flags().json) {
    Json rows = Json::array(), items = Json::array();
    for (const auto& channel : channels) {
      Json events = Json::array();
      for (const store::NoticeKind kind : channel.kinds) events.push_back(store::name_of(kind));
      auto& count = counts[channel.name];
      rows.push_back({{"name", channel.name},
                      {"type", notify::name_of(channel.type)},
                      {"events", std::move(events)},
                      {"pending", count[pending]},
                      {"sent", count[sent]},
                      {"failed", count[failed]}});
    }
    for (const store::Delivery& delivery : deliveries) items.push_back(json_of(delivery));
    return program.print_json({{"channels", std::move(rows)}, {"deliveries", std::move(items)}});
  }
  if (channels.empty()) return program.print("no channels: see notify.channels in turbodiff-sched(1)\n");
  const int columns = program.table_columns();
  core::TextTable table;
  table.add_column("CHANNEL").add_column("TYPE").add_column("EVENTS", core::TextTable::Align::left, true);
  for (const char* name : {"PENDING", "SENT", "FAILED"})
    table.add_column(name, core::TextTable::Align::right);
  for (const auto& channel : channels) {
    auto& count = counts[channel.name];
    table.add_row({channel.name, std::string(notify::name_of(channel.type)), kinds_text(channel),
                   std::to_string(count[pending]), std::to_string(count[sent]),
                   std::to_string(count[failed])});
  }
  std::string text = table.render(columns);
  core::TextTable open;
  open.add_column("SENT AT")
      .add_column("CHANNEL")
      .add_column("EVENT")
      .add_column("STATE")
      .add_column("TRIES", core::TextTable::Align::right)
      .add_column("PROBLEM", core::TextTable::Align::left, true);
  for (const store::Delivery& delivery : deliveries)
    open.add_row({queue.local(delivery.notice.at / 1'000'000), delivery.channel,
                  std::string(store::name_of(delivery.notice.kind)) +
                      (delivery.notice.job ? fmt::format(" of job {}", *delivery.notice.job) : ""),
                  std::string(store::name_of(delivery.state)), std::to_string(delivery.tries),
                  delivery.error});
  if (!deliveries.empty()) text += "\n" + open.render(columns);
  program.print(text);
}

void test(Queue& queue, const std::string& only) {
  cli::Program& program = queue.program();
  auto settings = notify_channels(queue);
  if (settings.empty())
    throw Error::bad_request("no channels are configured", "see notify.channels in turbodiff-sched(1)");
  if (!only.empty()) {
    std::vector<std::string> names;
    for (const auto& one : settings) names.push_back(one.name);
    std::erase_if(settings, [&](const auto& one) { return one.name != only; });
    if (settings.empty())
      throw Error::not_found(fmt::format("there is no channel '{}'{}", only, core::did_you_mean(only, names)),
                             "'turbodiff-sched notify list' names them");
  }
  Json rows = Json::array();
  int failed = 0;
  for (notify::OpenChannel& open : open_channels(queue, std::move(settings))) {
    notify::Message message = notify::test_message(open.settings.name, queue.now(), message_options(queue));
    if (std::ifstream in(picture_file(queue), std::ios::binary); in) {
      message.picture.assign(std::istreambuf_iterator<char>(in), {});
      message.picture_file = picture_file(queue).string();
    }
    const notify::SendResult result = open.channel->send(message, core::interrupted);
    if (result.kind == notify::SendResult::Kind::stopped) throw Error::interrupted();
    const bool sent = result.kind == notify::SendResult::Kind::sent;
    std::string problem = sent ? result.picture_problem : result.problem;
    if (!sent) ++failed;
    rows.push_back({{"name", open.settings.name},
                    {"type", notify::name_of(open.settings.type)},
                    {"sent", sent},
                    {"problem", problem.empty() ? Json() : Json(problem)}});
    if (program.flags().json) continue;
    if (sent && !problem.empty()) problem = "sent without the picture: " + problem;
    program.print(fmt::format("{} ({}): {}\n", open.settings.name, notify::name_of(open.settings.type),
                              problem.empty() ? "sent" : problem));
  }
  if (program.flags().json) program.print_json({{"channels", std::move(rows)}});
  if (failed > 0)
    throw cli::ReportedFailure(Error::work_failed(fmt::format(
        "{} did not accept the message", failed == 1 ? "1 channel" : fmt::format("{} channels", failed))));
}

}  // namespace

void add_notify(Queue& queue) {
  cli::Program& program = queue.program();
  CLI::App& group = program.add_command("notify", "Show and test notification channels", {});
  program.add_command(
      "list", "List the channels, and pending, sent and failed messages",
      [&queue](cli::Program&) { list_channels(queue); }, &group);
  const auto only = std::make_shared<std::string>();
  CLI::App& command = program.add_command(
      "test", "Send a test message through every channel, or one",
      [only, &queue](cli::Program&) { test(queue, *only); }, &group);
  command.add_option("CHANNEL", *only, "Send through this channel only")->group("Arguments");
  command.footer(
      "Exit code 1 when a channel does not accept the message. The picture of the last batch is attached.");
}

}  // namespace turbodiff::app
