#include "cost_context.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/incoming_text.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

using core::Money;

}  // namespace

tariff::Decimal decimal_flag(std::string_view option, const std::string& text, bool positive) {
  std::string expected = "a number";
  const auto value = tariff::Decimal::parse(text, &expected);
  if (value && (value->negative() || (positive && value->zero())))
    expected = positive ? "greater than 0" : "at least 0";
  else if (value)
    return *value;
  throw Error::bad_request(fmt::format("{} must be {}, not '{}'", option, expected, core::excerpt(text, 40)));
}

std::int64_t integer_flag(std::string_view option, const std::string& text, std::int64_t least,
                          std::int64_t most) {
  const auto value = core::parse_integer(text);
  if (value && *value >= least && *value <= most) return *value;
  throw Error::bad_request(fmt::format("{} must be a whole number between {} and {}, not '{}'", option, least,
                                       most, core::excerpt(text, 40)));
}

bool Subject::estimated(std::string_view figure) const {
  return std::find(estimates.begin(), estimates.end(), figure) != estimates.end();
}

CostContext::CostContext(cli::Program& program, const CostFlags& flags, bool with_prices)
    : program_(program), flags_(flags) {
  load_catalogue();
  if (with_prices) load_electricity();
}

std::vector<fs::path> CostContext::user_folders() const {
  try {
    return {program_.paths().config_dir()};
  } catch (const Error&) {
    return {};  // without HOME there is only what is shipped
  }
}

void CostContext::load_catalogue() {
  for (const fs::path& folder : program_.paths().shared_dirs("hardware"))
    if (fs::is_regular_file(folder / "gpus.yaml")) {
      catalogue_ = cost::read_gpu_catalogue(folder / "gpus.yaml");
      break;
    }
  if (flags_.gpus_file) {
    const fs::path file = program_.paths().expand(*flags_.gpus_file);
    catalogue_ = cost::merged(std::move(catalogue_), cost::read_gpu_catalogue(file));
    if (const auto note = core::note_of_file(file)) program_.log().info("{}", *note);
    return;
  }
  for (const fs::path& folder : user_folders())
    if (fs::is_regular_file(folder / "gpus.yaml"))
      catalogue_ = cost::merged(std::move(catalogue_), cost::read_gpu_catalogue(folder / "gpus.yaml"));
}

std::string CostContext::model() const {
  if (flags_.model) return *flags_.model;
  const auto models = catalogue_.models();
  return models.empty() ? "" : models.front();
}

int CostContext::years() const {
  return flags_.years ? static_cast<int>(integer_flag("--years", *flags_.years, 1, 30)) : 3;
}

tariff::Decimal CostContext::hours_a_day() const {
  const tariff::Decimal hours = decimal_flag("--hours-per-day", flags_.hours_a_day.value_or("8"), true);
  if (!tariff::is_below(0, 0, tariff::Decimal{240001, 4} + tariff::Decimal{-hours.mantissa, hours.scale}))
    throw Error::bad_request("--hours-per-day must be at most 24");
  return hours;
}

tariff::Decimal CostContext::cooling() const {
  return decimal_flag("--cooling", flags_.cooling.value_or("0"), false);
}

Money CostContext::converted(const cost::Figure& figure, const std::string& from) {
  if (from == currency_) return cost::money_of(figure.value);
  const auto known = std::find_if(exchanges_.begin(), exchanges_.end(),
                                  [&](const Exchange& exchange) { return exchange.from == from; });
  if (known == exchanges_.end()) {
    bool inverse = false;
    const cost::ExchangeRate* rate = catalogue_.find_exchange(from, currency_, inverse);
    if (flags_.exchange) {
      exchanges_.push_back({from, *flags_.exchange, false, "--exchange", "", false});
    } else if (rate != nullptr) {
      exchanges_.push_back({from, tariff::to_string(rate->rate.value), inverse, rate->rate.source,
                            rate->rate.date, rate->rate.estimate});
    } else {
      throw Error::bad_request(fmt::format("no exchange rate from {} to {} is known", from, currency_),
                               fmt::format("give --exchange, what 1 {} is in {}", from, currency_));
    }
    return converted(figure, from);
  }
  const tariff::Decimal rate = *tariff::Decimal::parse(known->rate);
  if (!known->inverse) return Money::from_micro(tariff::round_product(figure.value, rate, 6));
  return cost::money_of(figure.value).scaled(1'000'000'000, tariff::round_scaled(rate, 9));
}

Subject CostContext::subject_of(const cost::Gpu* gpu) {
  Subject subject;
  subject.name = gpu ? gpu->name : "custom";
  subject.title = gpu ? gpu->title : "your figures";
  const auto note = [&](const cost::Figure& figure, const char* name) {
    if (figure.estimate) subject.estimates.emplace_back(name);
  };
  const auto amount = [&](const std::optional<std::string>& flag, std::string_view option,
                          const std::optional<cost::Figure>& figure,
                          const char* name) -> std::optional<Money> {
    if (flag) return cost::money_of(decimal_flag(option, *flag, false));
    if (!figure) return std::nullopt;
    const Money money = converted(*figure, gpu->currency);
    const bool rough_rate = std::any_of(exchanges_.begin(), exchanges_.end(), [&](const Exchange& exchange) {
      return exchange.from == gpu->currency && exchange.estimate;
    });
    if (figure->estimate || rough_rate) subject.estimates.emplace_back(name);
    return money;
  };
  const cost::RunFigure* run = gpu ? gpu->find_run(model()) : nullptr;
  if (flags_.seconds) {
    subject.run.microseconds = cost::micros_of(decimal_flag("--seconds", *flags_.seconds, true));
  } else if (run != nullptr) {
    subject.run.microseconds = cost::micros_of(run->seconds.value);
    subject.whole = run->whole;
    note(run->seconds, "seconds");
  } else {
    throw Error::not_found(fmt::format("no seconds are known for the model '{}' on {}",
                                       core::escape_control(model()), subject.name),
                           "give --seconds, or one of the models " + core::join(catalogue_.models(), ", "));
  }
  subject.run.frames = flags_.frames
                           ? static_cast<int>(integer_flag("--frames", *flags_.frames, 1, 1'000'000))
                       : run ? run->frames
                             : 81;
  if (flags_.watts) {
    subject.run.milliwatts = cost::milliwatts_of(decimal_flag("--watts", *flags_.watts, true));
  } else if (gpu != nullptr) {
    subject.run.milliwatts = cost::milliwatts_of(gpu->watts.value);
    note(gpu->watts, "watts");
  } else {
    throw Error::bad_request("--seconds needs --watts or --gpu as well");
  }
  if (flags_.host_watts)
    subject.run.milliwatts += cost::milliwatts_of(decimal_flag("--host-watts", *flags_.host_watts, false));
  if (subject.run.milliwatts > 100'000'000) throw Error::bad_request("more than 100000 W for one GPU");

  const auto figure = [&](auto member) { return gpu ? gpu->*member : std::optional<cost::Figure>(); };
  subject.rent_hour = amount(flags_.rent_hour, "--rent-hour", figure(&cost::Gpu::rent_hour), "rent_hour");
  subject.rent_month =
      amount(flags_.rent_month, "--rent-month", figure(&cost::Gpu::rent_month), "rent_month");
  subject.price = amount(flags_.price, "--price", figure(&cost::Gpu::price), "price");
  if (!subject.price) return subject;
  subject.resale = Money();
  if (flags_.resale) {
    subject.resale = cost::money_of(decimal_flag("--resale", *flags_.resale, false));
  } else if (gpu != nullptr && gpu->resale) {
    // A straight line to the share after that number of years, and on to zero.
    note(*gpu->resale, "resale");
    const Money lost = *subject.price - cost::times(*subject.price, gpu->resale->value);
    const std::int64_t span = tariff::round_scaled(gpu->resale_years, 6);
    subject.resale = std::max(Money(), *subject.price - lost.scaled(years() * 1'000'000LL, span));
  }
  if (flags_.host_price)
    subject.price = *subject.price + cost::money_of(decimal_flag("--host-price", *flags_.host_price, false));
  return subject;
}

std::vector<Subject> CostContext::subjects() {
  std::vector<Subject> subjects;
  if (flags_.gpus.empty() && (flags_.seconds || flags_.watts)) return {subject_of(nullptr)};
  if (!flags_.gpus.empty()) {
    for (const std::string& name : flags_.gpus) subjects.push_back(subject_of(&catalogue_.get(name)));
    return subjects;
  }
  for (const cost::Gpu& gpu : catalogue_.gpus)
    if (gpu.find_run(model()) != nullptr) subjects.push_back(subject_of(&gpu));
  if (subjects.empty())
    throw Error::not_found(
        fmt::format("no GPU has seconds for the model '{}'{}", core::escape_control(model()),
                    core::did_you_mean(model(), catalogue_.models())),
        "known are " + core::join(catalogue_.models(), ", "));
  return subjects;
}

Subject CostContext::subject() {
  std::vector<Subject> all = subjects();
  if (all.size() == 1) return std::move(all.front());
  std::vector<std::string> names;
  for (const Subject& subject : all) names.push_back(subject.name);
  throw Error::bad_request("this is about one GPU",
                           "choose one of " + core::join(names, ", ") + " with --gpu");
}

nlohmann::ordered_json CostContext::json_head() {
  using Json = nlohmann::ordered_json;
  Json exchange = Json::array();
  for (const Exchange& used : exchanges_)
    exchange.push_back({{"from", used.inverse ? currency_ : used.from},
                        {"to", used.inverse ? used.from : currency_},
                        {"rate", Json::parse(used.rate.front() == '.' ? "0" + used.rate : used.rate)},
                        {"source", used.source},
                        {"estimate", used.estimate}});
  const auto tariff = tariff_name();
  return {{"currency", currency_},
          {"tariff", tariff ? Json(*tariff) : Json()},
          {"exchange", std::move(exchange)}};
}

std::vector<std::string> CostContext::notes(const std::vector<Subject>& subjects) const {
  std::vector<std::string> notes;
  const auto any = [&](auto&& holds) { return std::any_of(subjects.begin(), subjects.end(), holds); };
  if (any([](const Subject& subject) { return !subject.estimates.empty(); }))
    notes.emplace_back("~ marks an estimate; 'turbodiff cost gpus' names every source and date.");
  if (any([](const Subject& subject) { return !subject.whole; }))
    notes.emplace_back(
        "Seconds are of denoising alone, without text encoding and VAE decoding; measured ones go into "
        "--seconds "
        "and --watts.");
  if (!flags_.host_watts && any([](const Subject& subject) { return subject.name != "custom"; }))
    notes.emplace_back("Power is that of the GPU; --host-watts adds the rest of the computer.");
  for (const Exchange& used : exchanges_)
    notes.push_back(fmt::format("1 {} = {} {}{}{}.", used.inverse ? currency_ : used.from, used.rate,
                                used.inverse ? used.from : currency_, used.estimate ? "~" : "",
                                used.date.empty() ? "" : " (" + used.date + ")"));
  if (!priced_share_.empty())
    notes.push_back(fmt::format("The tariff has prices for {}, which stand for a year.", priced_share_));
  return notes;
}

}  // namespace turbodiff::app
