#include "runner/worker_process.h"

#include <csignal>

#include "core/error.h"

namespace turbodiff::runner {

using Json = nlohmann::ordered_json;

Json request_of(const store::Preset& preset, const store::JobSpec& spec) {
  Json request = Json::parse(preset.options);
  request.update(Json::parse(spec.options));
  if (const auto quant = request.find("quant_linear"); quant != request.end() && quant->is_boolean()) {
    if (quant->get<bool>())
      *quant = "force";
    else
      request.erase("quant_linear");
  }
  return request;
}

WorkerProcess::WorkerProcess(const std::filesystem::path& program, OnEvent on_event, OnLog on_log)
    : on_event_(std::move(on_event)), on_log_(std::move(on_log)) {
  core::SubprocessOptions options;
  options.argv = {program.string(), "worker", "--no-color"};
  options.input = options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_output = [this](std::string_view line) {
    if (const auto event = read_worker_event(line))
      on_event_(*event);
    else
      on_log_(line);
  };
  options.on_errors = [this](std::string_view line) { on_log_(line); };
  process_ = std::make_unique<core::Subprocess>(std::move(options));
  identity_ = {store::current_boot_id(), process_->pid(), store::process_start(process_->pid()).value_or(0)};
}

WorkerProcess::~WorkerProcess() = default;

bool WorkerProcess::order(const Order& order) {
  Json json = {{"id", order.id}, {"request", order.request}, {"write_to", order.write_to.string()}};
  if (!order.checkpoint.empty()) json["checkpoint"] = order.checkpoint.string();
  if (!order.preview.empty()) json["preview"] = order.preview.string();
  if (!order.fingerprint.empty()) json["fingerprint"] = order.fingerprint;
  if (!order.upcoming.empty()) json["upcoming"] = order.upcoming;
  return process_->write_input(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<core::ExitStatus> WorkerProcess::wait(double timeout_s) {
  return process_->wait_some(timeout_s);
}

void WorkerProcess::ask_to_stop() {
  process_->signal(SIGTERM);
}

void WorkerProcess::dismiss() {
  process_->close_input();
}

}  // namespace turbodiff::runner
