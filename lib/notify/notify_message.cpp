#include "notify/notify_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/text/encoding.h"
#include "core/text/json_text.h"
#include "core/text/text_width.h"
#include "core/units.h"
#include "tariff/local_time.h"

namespace turbodiff::notify {
namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<BatchSummary::Line>;

constexpr std::size_t most_lines = 20;
/// Of one message; the others are counted.
constexpr std::size_t most_notices = 50;
constexpr std::size_t prompt_bytes = 120;

std::string one_line(std::string_view text, std::size_t bytes) {
  return shortened(core::escape_control(text), bytes);
}

std::string count_of(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string dump(const Json& json) {
  return core::json_text(json);
}

Json json_of(const Lines& lines) {
  Json list = Json::array();
  for (const auto& line : lines)
    list.push_back({{"job", line.job}, {"prompt", line.prompt}, {"text", line.text}});
  return list;
}

Lines lines_of(const Json& list) {
  Lines lines;
  for (const Json& line : list)
    lines.push_back({line.at("job").get<store::JobId>(), line.at("prompt"), line.at("text")});
  return lines;
}

void add_line(Lines& lines, std::int64_t& count, BatchSummary::Line line) {
  ++count;
  if (lines.size() < most_lines) lines.push_back(std::move(line));
}

void write_lines(std::string& text, std::string_view title, const Lines& lines, std::int64_t count) {
  if (lines.empty()) return;
  text += fmt::format("\n{}:\n", title);
  for (const auto& line : lines)
    text += fmt::format("- job {} ({}): {}\n", line.job, one_line(line.prompt, prompt_bytes),
                        one_line(line.text, 400));
  if (count > static_cast<std::int64_t>(lines.size()))
    text += fmt::format("- and {} more\n", count - static_cast<std::int64_t>(lines.size()));
}

std::string batch_title(const BatchSummary& batch) {
  std::string title = count_of(batch.done_count, "video is done", "videos are done");
  if (batch.done_count == 0) title = "no video is done";
  if (batch.failed_count > 0)
    title += fmt::format(", {} failed", count_of(batch.failed_count, "job", "jobs"));
  if (batch.late_count > 0) title += fmt::format(", {} late", batch.late_count);
  return title;
}

std::string batch_text(const BatchSummary& batch, const MessageOptions& options) {
  std::string text = fmt::format("{} to {}\n", options.label(batch.begin), options.label(batch.end));
  text += fmt::format("{} kWh ({})", core::Kwh::from_microjoules(batch.microjoules).to_string(),
                      batch.measured ? "measured" : "estimate");
  for (const auto& [currency, gross] : batch.costs)
    text += fmt::format(", {} {}", core::Money::from_micro(gross).to_string(), currency);
  text += "\n";
  write_lines(text, "Done", batch.done, batch.done_count);
  write_lines(text, "Failed", batch.failed, batch.failed_count);
  write_lines(text, "After their deadline", batch.late, batch.late_count);
  return text;
}

std::string title_of(const store::Notice& notice) {
  switch (notice.kind) {
    case store::NoticeKind::batch:
      return batch_title(BatchSummary::from_json(notice.detail));
    case store::NoticeKind::failed:
      return notice.job ? fmt::format("job {} failed", *notice.job) : "a dropped file gave no jobs";
    case store::NoticeKind::deadline:
      return fmt::format("job {} will miss its deadline", notice.job.value_or(0));
    case store::NoticeKind::wake:
      return "the wake alarm is not set";
  }
  return {};
}

std::string text_of(const store::Notice& notice, const MessageOptions& options) {
  if (notice.kind == store::NoticeKind::batch)
    return batch_text(BatchSummary::from_json(notice.detail), options);
  std::string text;
  if (!notice.prompt.empty()) text += fmt::format("prompt: {}\n", one_line(notice.prompt, prompt_bytes));
  return text + one_line(notice.detail, 1000) + "\n";
}

void add(BatchSummary& sum, const BatchSummary& batch) {
  const bool first = sum.end == 0;
  sum.begin = first ? batch.begin : std::min(sum.begin, batch.begin);
  sum.end = std::max(sum.end, batch.end);
  sum.measured = (first || sum.measured) && batch.measured;
  sum.done_count += batch.done_count;
  sum.failed_count += batch.failed_count;
  sum.late_count += batch.late_count;
  sum.microjoules += batch.microjoules;
  for (const auto& [currency, gross] : batch.costs) sum.costs[currency] += gross;
  sum.done.insert(sum.done.end(), batch.done.begin(), batch.done.end());
  sum.failed.insert(sum.failed.end(), batch.failed.begin(), batch.failed.end());
  sum.late.insert(sum.late.end(), batch.late.begin(), batch.late.end());
}

}  // namespace

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  constexpr std::string_view mark = "…";
  if (bytes < mark.size()) return {};
  std::size_t end = bytes - mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + std::string(mark);
}

BatchSummary BatchSummary::of(const std::vector<store::EndedAttempt>& attempts,
                              const std::function<std::string(std::int64_t)>& label) {
  BatchSummary batch;
  batch.measured = true;
  for (const store::EndedAttempt& attempt : attempts) {
    const std::int64_t begin = attempt.started_at / 1'000'000, end = attempt.ended_at / 1'000'000;
    batch.begin = batch.end == 0 ? begin : std::min(batch.begin, begin);
    batch.end = std::max(batch.end, end);
    batch.microjoules += attempt.microjoules;
    batch.measured = batch.measured && attempt.measured;
    if (!attempt.currency.empty()) batch.costs[attempt.currency] += attempt.gross;
    if (attempt.state == store::AttemptState::done)
      add_line(batch.done, batch.done_count, {attempt.job, attempt.prompt, attempt.output});
    // A failed attempt whose job is tried again is no failure yet.
    if (attempt.state == store::AttemptState::failed &&
        (attempt.job_state == store::State::failed || attempt.set_aside))
      add_line(batch.failed, batch.failed_count, {attempt.job, attempt.prompt, attempt.error});
    if (attempt.state == store::AttemptState::done && attempt.deadline && end > *attempt.deadline)
      add_line(batch.late, batch.late_count,
               {attempt.job, attempt.prompt,
                fmt::format("done {}, due {}", label(end), label(*attempt.deadline))});
  }
  return batch;
}

std::string BatchSummary::to_json() const {
  return dump({{"begin", begin},
               {"end", end},
               {"done_count", done_count},
               {"failed_count", failed_count},
               {"late_count", late_count},
               {"done", json_of(done)},
               {"failed", json_of(failed)},
               {"late", json_of(late)},
               {"microjoules", microjoules},
               {"measured", measured},
               {"costs", Json(costs)}});
}

BatchSummary BatchSummary::from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    BatchSummary batch;
    batch.begin = json.at("begin");
    batch.end = json.at("end");
    batch.done_count = json.at("done_count");
    batch.failed_count = json.at("failed_count");
    batch.late_count = json.at("late_count");
    batch.done = lines_of(json.at("done"));
    batch.failed = lines_of(json.at("failed"));
    batch.late = lines_of(json.at("late"));
    batch.microjoules = json.at("microjoules");
    batch.measured = json.at("measured");
    for (const auto& [currency, gross] : json.at("costs").items()) batch.costs[currency] = gross;
    return batch;
  } catch (const Json::exception&) {
    throw Error::work_failed("a notice of a batch in the job store cannot be read");
  }
}

Message compose(const std::vector<store::Notice>& notices, const MessageOptions& options) {
  Message message;
  message.host = options.host;
  core::Sha256 key;
  std::size_t shown_count = 0;
  const store::Notice* first = nullptr;  // the notice that the title is about
  for (const store::Notice& notice : notices) {
    key.update(fmt::format("{}@{};", notice.key, notice.at));
    if (std::find(message.kinds.begin(), message.kinds.end(), notice.kind) == message.kinds.end())
      message.kinds.push_back(notice.kind);
    message.at = std::max(message.at, notice.at / 1'000'000);
    if (first == nullptr || (notice.kind == store::NoticeKind::batch && first->kind != notice.kind))
      first = &notice;
    const bool shown = shown_count < most_notices || notice.kind == store::NoticeKind::batch;
    if (shown && !message.text.empty()) message.text += "\n";
    // The title of the message already describes a single notice.
    if (shown && notices.size() > 1) message.text += title_of(notice) + "\n";
    if (shown) message.text += text_of(notice, options);
    shown_count += shown ? 1 : 0;
    if (notice.kind == store::NoticeKind::batch) {
      const BatchSummary batch = BatchSummary::from_json(notice.detail);
      add(message.batch, batch);
      message.urgent = message.urgent || batch.failed_count > 0 || batch.late_count > 0;
    } else {
      message.urgent = true;
    }
  }
  for (const auto& line : message.batch.done) message.videos.push_back(line.text);
  message.key = key.hex().substr(0, 32);
  message.title = "turbodiff: " + title_of(*first);
  if (notices.size() > 1)
    message.title += fmt::format(
        ", and {}", count_of(static_cast<std::int64_t>(notices.size()) - 1, "more notice", "more notices"));
  const auto left_out = static_cast<std::int64_t>(notices.size() - shown_count);
  if (left_out > 0)
    message.text += fmt::format("\nand {}\n", count_of(left_out, "more notice", "more notices"));
  message.text += fmt::format("\n-- \nturbodiff-sched on {}", options.host);
  return message;
}

Message test_message(const std::string& channel, std::int64_t now, const MessageOptions& options) {
  Message message;
  message.host = options.host;
  message.at = now;
  message.key = core::sha256_hex(fmt::format("test@{};{}", now, channel)).substr(0, 32);
  message.title = "turbodiff: a test";
  message.text = fmt::format("This is a test of the channel '{}', sent {}.\n\n-- \nturbodiff-sched on {}",
                             channel, options.label(now), options.host);
  return message;
}

TemplateValues Message::values() const {
  TemplateValues values;
  for (const store::NoticeKind kind : kinds)
    values.event += fmt::format("{}{}", values.event.empty() ? "" : ",", store::name_of(kind));
  if (kinds.empty()) values.event = "test";
  values.title = title;
  values.text = text;
  values.key = key;
  values.time = tariff::format_utc(at);
  values.host = host;
  values.picture = core::base64(picture);
  for (const std::string& video : videos) values.videos += (values.videos.empty() ? "" : "\n") + video;
  values.done = fmt::format("{}", batch.done_count);
  values.failed = fmt::format("{}", batch.failed_count);
  values.late = fmt::format("{}", batch.late_count);
  values.kwh = core::Kwh::from_microjoules(batch.microjoules).to_string();
  if (batch.costs.size() == 1) {
    values.currency = batch.costs.begin()->first;
    values.cost = core::Money::from_micro(batch.costs.begin()->second).to_string();
  }
  return values;
}

std::string Message::to_json() const {
  Json events = Json::array(), costs = Json::array();
  for (const store::NoticeKind kind : kinds) events.push_back(store::name_of(kind));
  if (kinds.empty()) events.push_back("test");
  for (const auto& [currency, gross] : batch.costs)
    costs.push_back({{"cost", core::Money::from_micro(gross).units()}, {"currency", currency}});
  return dump({{"schema_version", 1},
               {"key", key},
               {"events", std::move(events)},
               {"title", title},
               {"text", text},
               {"time", tariff::format_utc(at)},
               {"host", host},
               {"done", batch.done_count},
               {"failed", batch.failed_count},
               {"late", batch.late_count},
               {"kwh", core::Kwh::from_microjoules(batch.microjoules).kwh()},
               {"costs", std::move(costs)},
               {"videos", videos}});
}

}  // namespace turbodiff::notify
