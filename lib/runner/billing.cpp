#include "runner/billing.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/strings.h"
#include "core/units.h"
#include "energy/cost.h"
#include "runner/frozen_prices.h"
#include "tariff/make_curve.h"

namespace turbodiff::runner {
namespace {

constexpr std::size_t most_samples = 600;
/// Of the whole machine by its model alone, at 95 %.
constexpr std::int64_t model_uncertainty_ppm = 500'000;

/// The number of "cuda:N", 0 for the first or any; nothing for a device that is no GPU.
std::optional<std::size_t> gpu_of(const std::string& device) {
  if (device.starts_with("cuda:"))
    return static_cast<std::size_t>(core::parse_integer(device.substr(5)).value_or(0));
  if (device.starts_with("cuda") || device == "auto") return 0;
  return std::nullopt;
}

void set_facts(store::Bill& bill, const meter::SpanFacts& facts, const std::string& gpu) {
  bill.source = facts.measured ? "measured" : "estimate";
  bill.method = facts.method;
  bill.flags = facts.flags;
  bill.uncertainty_ppm = facts.uncertainty_ppm;
  bill.gpu = gpu;
  if (!gpu.empty()) {
    bill.gpu_permille = facts.gpu_permille;
    bill.gpu_peak_bytes = facts.gpu_peak_bytes;
  }
  bill.cpu_permille = facts.cpu_permille;
  if (facts.host_peak_bytes > 0) bill.host_peak_bytes = facts.host_peak_bytes;
}

nlohmann::json json_of(const std::optional<std::int64_t>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

/// What a later runner needs to bill the attempt if this one is cut off.
std::string state_text(const meter::SpanFacts& facts, const std::string& gpu) {
  return nlohmann::json{{"measured", facts.measured},
                        {"method", facts.method},
                        {"flags", facts.flags},
                        {"uncertainty_ppm", facts.uncertainty_ppm},
                        {"gpu_permille", json_of(facts.gpu_permille)},
                        {"cpu_permille", json_of(facts.cpu_permille)},
                        {"gpu_peak_bytes", json_of(facts.gpu_peak_bytes)},
                        {"host_peak_bytes", json_of(facts.host_peak_bytes)},
                        {"gpu", gpu}}
      .dump();
}

std::pair<meter::SpanFacts, std::string> facts_in(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  meter::SpanFacts facts;
  if (!json.is_object()) return {facts, ""};
  const auto number = [&](const char* name) -> std::optional<std::int64_t> {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? std::optional(found->get<std::int64_t>())
                                                     : std::nullopt;
  };
  facts.measured = json.value("measured", false);
  facts.method = json.value("method", "fixed");
  facts.flags = json.value("flags", "");
  facts.uncertainty_ppm = number("uncertainty_ppm").value_or(0);
  facts.gpu_permille = number("gpu_permille");
  facts.cpu_permille = number("cpu_permille");
  facts.gpu_peak_bytes = number("gpu_peak_bytes");
  facts.host_peak_bytes = number("host_peak_bytes");
  return {facts, json.value("gpu", "")};
}

/// From the end of the samples to `until`, at the mean power of the last few.
energy::Sample as_before(std::span<const energy::Sample> samples, std::int64_t until) {
  constexpr std::size_t few = 5;
  const auto last = samples.last(std::min(few, samples.size()));
  energy::EnergyParts used;
  for (const energy::Sample& sample : last) used += sample.energy;
  energy::Sample more{last.back().end, until, {}};
  const std::int64_t duration = last.back().end - last.front().start;
  const auto scaled = [&](std::int64_t energy) {
    return static_cast<std::int64_t>(static_cast<__int128>(energy) * (more.end - more.start) / duration);
  };
  if (duration > 0) more.energy = {scaled(used.gpu), scaled(used.cpu), scaled(used.rest), scaled(used.wall)};
  return more;
}

void add_flag(std::string& flags, const char* flag) {
  flags += (flags.empty() ? "" : ",") + std::string(flag);
}

}  // namespace

Billing::Billing(store::JobStore& store, std::int64_t epoch, queue::TariffClock& tariff,
                 queue::Estimator& estimator, meter::Meter* meter, core::Log& log)
    : store_(store),
      epoch_(epoch),
      tariff_(tariff),
      estimator_(estimator),
      meter_(meter),
      idle_(store, epoch, tariff, log) {}

std::optional<store::Micros> Billing::begin(const std::string& device) {
  saved_until_ = 0;
  gpu_.clear();
  if (!is_metered()) return std::nullopt;
  const auto gpu = gpu_of(device);
  if (gpu) gpu_ = meter_->gpu_name(*gpu);
  idle_.book(meter_->begin_job(gpu.value_or(0)));
  idle_.write(true);
  return meter_->span_start();
}

void Billing::call_off() {
  if (is_metered()) idle_.book(meter_->end_job());
}

void Billing::watch(std::int64_t process) {
  if (is_metered()) meter_->watch(static_cast<pid_t>(process));
}

void Billing::note_alive(const store::Attempt& attempt, std::int64_t microseconds, bool flush) {
  if (!is_metered())
    return store_.note_alive(epoch_, attempt.id, attempt.started_at + microseconds, {}, {}, attempt.steps,
                             flush);
  const meter::Span span = meter_->job_so_far();
  const auto first = std::find_if(span.samples.begin(), span.samples.end(),
                                  [&](const energy::Sample& sample) { return sample.end > saved_until_; });
  store_.note_alive(epoch_, attempt.id, span.end, std::span(first, span.samples.end()),
                    state_text(span.facts, gpu_), attempt.steps, flush);
  // The last one may have been the beginning of a second.
  if (!span.samples.empty()) saved_until_ = span.samples.back().start;
}

std::vector<energy::Sample> Billing::modelled(const std::string& device, store::Micros start,
                                              std::int64_t microseconds) const {
  const std::int64_t energy = energy::microjoules_of(estimator_.milliwatts(device), microseconds);
  return {{start, start + microseconds, {0, 0, energy, energy}}};
}

std::optional<std::int64_t> Billing::asap_gross(const store::Attempt& attempt, const store::Job& job,
                                                std::vector<energy::Sample> samples) const {
  const store::Micros first = std::max(job.added_at, job.spec.earliest.value_or(0) * 1'000'000);
  const std::int64_t shift = std::min<std::int64_t>(0, first - attempt.started_at);
  for (energy::Sample& sample : samples) sample.start += shift, sample.end += shift;
  const std::int64_t start = first_second(samples.front().start), end = past_second(samples.back().end);
  const tariff::PriceCurve curve = tariff::make_curve(tariff_.tariff(), start, std::max(end, start + 1));
  const auto prices = prices_in(curve, start, std::max(end, start + 1));
  const energy::EnergyCost cost = energy::cost_of(samples, prices);
  return cost.complete ? std::optional(cost.money.gross.micro()) : std::nullopt;
}

AttemptBill Billing::priced(store::Bill bill, const store::Attempt& attempt, const store::Job& job,
                            std::vector<energy::Sample> samples, bool complete) {
  const std::int64_t start = first_second(samples.front().start), end = past_second(samples.back().end);
  AttemptBill result;
  result.prices = prices_in(tariff_.curve(start, end - start + 1), start, end);
  const std::vector<std::int64_t> borders = borders_of(result.prices);
  samples = energy::thin_out(energy::cut_at(samples, borders), borders, most_samples);
  energy::EnergyParts sum;
  for (const energy::Sample& sample : samples) sum += sample.energy;
  bill.microseconds = samples.back().end - attempt.started_at;
  bill.microjoules = sum.wall;
  bill.gpu_microjoules = sum.gpu;
  bill.cpu_microjoules = sum.cpu;
  bill.rest_microjoules = sum.rest;
  // Microjoules over microseconds are watts.
  if (bill.microseconds > 0)
    bill.milliwatts = core::divide_half_even(static_cast<__int128>(sum.wall) * 1000, bill.microseconds);
  bill.tariff = tariff_.tariff().name;
  bill.currency = tariff_.tariff().currency;
  const energy::EnergyCost cost = energy::cost_of(samples, result.prices);
  bill.cost = cost.money;
  bill.co2_milligrams = cost.co2_milligrams;
  bill.complete = complete && cost.complete;
  bill.asap_gross = asap_gross(attempt, job, samples);
  bill.samples = std::move(samples);
  result.bill = std::move(bill);
  return result;
}

AttemptBill Billing::end(const store::Attempt& attempt, const store::Job& job, std::int64_t microseconds) {
  store::Bill bill;
  if (is_metered()) {
    const meter::Span span = meter_->end_job();
    set_facts(bill, span.facts, gpu_);
    return priced(bill, attempt, job, span.samples, true);
  }
  bill.uncertainty_ppm = model_uncertainty_ppm;
  return priced(bill, attempt, job,
                modelled(job.device, attempt.started_at, std::max<std::int64_t>(0, microseconds)), true);
}

std::optional<store::Micros> Billing::idle_since() const {
  return is_metered() ? std::optional(meter_->span_start()) : std::nullopt;
}

AttemptBill Billing::of_abandoned(const store::Attempt& attempt, const store::Job& job,
                                  store::Micros latest_end) {
  const bool published = attempt.state == store::AttemptState::publishing;
  const store::Micros last_seen = std::max(attempt.last_seen, attempt.started_at);
  const store::Micros end = std::max(last_seen, latest_end);
  std::vector<energy::Sample> samples = store_.samples(attempt.id);
  store::Bill bill;
  if (samples.empty()) {
    bill.uncertainty_ppm = model_uncertainty_ppm;
    samples = modelled(job.device, attempt.started_at, end - attempt.started_at);
  } else {
    const auto [facts, gpu] = facts_in(attempt.meter_state);
    set_facts(bill, facts, gpu);
    if (end > samples.back().end) {
      samples.push_back(as_before(samples, end));
      // Below one part in a hundred it does not make the whole an estimate.
      if ((end - samples.back().start) * 100 > end - attempt.started_at) bill.source = "estimate";
    }
  }
  add_flag(bill.flags, "cut-off");
  if (end > last_seen) add_flag(bill.flags, "end-assumed");
  return priced(bill, attempt, job, std::move(samples), published);
}

energy::EnergyCost bill_again(const store::Attempt& attempt, const std::vector<tariff::Segment>& prices,
                              const std::vector<energy::Sample>& samples) {
  if (!samples.empty()) return energy::cost_of(samples, prices);
  // Billed before samples were kept: at constant power.
  return energy::cost_of(tariff::PriceCurve(prices), attempt.started_at, attempt.bill.microseconds,
                         attempt.bill.milliwatts);
}

}  // namespace turbodiff::runner
