#include "report/advice.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/row_texts.h"

namespace turbodiff::report {
namespace {

constexpr double much_waste = 0.05;
constexpr double much_idle = 0.2;
constexpr double much_peak = 0.3;

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string amount(std::int64_t micro, const std::string& currency) {
  return currency.empty() ? std::string() : " (" + short_money(micro) + " " + currency + ")";
}

void add_about_total(std::vector<Advice>& list, const Total& total) {
  const Sums& jobs = total.of_jobs;
  const auto used = utilisation_of(jobs);
  if (used && *used < low_utilisation)
    list.push_back(
        {"utilisation",
         fmt::format("low utilisation ({} on average): choose a smaller tier or device, merge jobs "
                     "behind one load of the model, or stop what is not needed",
                     percent_text(*used))});
  if (share(jobs.waste_wall, jobs.energy.wall) > much_waste)
    list.push_back({"waste", fmt::format("{} of the jobs' energy{} went into attempts without a result: "
                                         "see 'list --state failed' and 'show ID' for the reasons",
                                         percent_text(share(jobs.waste_wall, jobs.energy.wall)),
                                         amount(jobs.waste_gross, total.currency))});
  if (share(total.of_idle.energy.wall, total.machine.energy.wall) > much_idle)
    list.push_back(
        {"idle", fmt::format("{} of the machine's energy{} was drawn while it idled: let it switch "
                             "off when the queue is empty, or bring jobs closer together",
                             percent_text(share(total.of_idle.energy.wall, total.machine.energy.wall)),
                             amount(total.of_idle.cost.gross.micro(), total.currency))});
  const std::int64_t peak = jobs.energy.wall - jobs.off_peak_wall;
  if (jobs.off_peak_wall > 0 && share(peak, jobs.energy.wall) > much_peak)
    list.push_back({"hours", fmt::format("{} of the jobs' energy was drawn outside of off-peak hours: later "
                                         "deadlines or --when off-peak would move it",
                                         percent_text(share(peak, jobs.energy.wall)))});
  if (jobs.has_asap && jobs.saving() < 0)
    list.push_back({"saving", fmt::format("waiting has cost {} {} more than running at once",
                                          short_money(-jobs.saving()), total.currency)});
  if (!jobs.complete)
    list.push_back({"prices",
                    "some attempts ran where the tariff had no price, or their end is not known "
                    "exactly: their cost is a lower bound"});
  if (jobs.energy.wall > 0 && jobs.estimated_wall == jobs.energy.wall)
    list.push_back({"measuring",
                    "no energy was measured: all of it is power times time, as the settings or "
                    "the kind of device say"});
}

}  // namespace

std::optional<double> utilisation_of(const Sums& sums) {
  const auto gpu = sums.gpu.fraction();
  return gpu ? gpu : sums.cpu.fraction();
}

std::optional<Trend> trend_of(const std::vector<const Sums*>& periods) {
  std::vector<const Sums*> known;
  for (const Sums* period : periods)
    if (utilisation_of(*period)) known.push_back(period);
  const std::size_t third = known.size() / 3;
  if (third < 2) return std::nullopt;
  Sums before, now;
  for (std::size_t i = 0; i < third; ++i) {
    before.add(*known[i]);
    now.add(*known[known.size() - 1 - i]);
  }
  const auto first = utilisation_of(before), last = utilisation_of(now);
  if (!first || !last) return std::nullopt;
  return Trend{*first, *last};
}

std::vector<Advice> advice_of(const Report& report) {
  std::vector<Advice> list;
  for (const Total& total : report.totals) add_about_total(list, total);
  // What does not depend on money is the same for each currency.
  for (auto one = list.begin(); one != list.end();)
    one = std::any_of(
              list.begin(), one,
              [&](const Advice& before) { return before.topic == one->topic && before.text == one->text; })
              ? list.erase(one)
              : one + 1;
  std::int64_t doubtful = 0;
  for (const Row& row : report.rows)
    if (!row.flags.empty()) ++doubtful;
  if (doubtful > 0)
    list.push_back({"measuring", fmt::format("{} {} flags that put the measured energy in doubt", doubtful,
                                             doubtful == 1 ? "job carries" : "jobs carry")});
  return list;
}

}  // namespace turbodiff::report
