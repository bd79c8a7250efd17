#include "plan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text/text_table.h"
#include "core/text/text_width.h"
#include "core/units.h"
#include "tariff/local_time.h"
#include "tariff/tariff_report.h"

namespace turbodiff::app {
namespace {

using tariff::Seconds;

constexpr std::size_t most_listed = 200;
constexpr int margin = 10;

std::string money(core::Money amount, const std::string& currency) {
  return amount.to_string() + " " + currency;
}

/// What a column of the strip stands for, so that `range_s` fits into `cells`.
Seconds cell_of(Seconds range_s, int cells) {
  for (const Seconds cell : {60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600})
    if (range_s <= cell * cells) return cell;
  return 86400;
}

class Strip {
 public:
  Strip(const plan::Plan& plan, const tariff::Tariff& tariff, const tariff::PriceCurve& curve, Seconds now,
        const PlanText& style)
      : plan_(plan),
        tariff_(tariff),
        curve_(curve),
        style_(style),
        cells_(std::max(20, style.columns - margin)) {
    Seconds end = now + 12 * 3600;
    for (const plan::PlannedJob& job : plan.jobs) end = std::max(end, job.end);
    end = std::min(std::max(end, now + 1), std::max(curve.end(), now + 1));
    cell_s_ = cell_of(end - now, cells_);
    start_ = now - now % std::min<Seconds>(cell_s_, 3600);
    cells_ = std::min<int>(cells_, static_cast<int>((end - start_ + cell_s_ - 1) / cell_s_));
  }

  std::string draw() const { return axis() + prices() + workers(); }

 private:
  Seconds time_of(int cell) const { return start_ + cell * cell_s_; }
  /// Of the first cell only a part is planned.
  const tariff::Segment* segment_of(int cell) const {
    return curve_.at(std::max(time_of(cell), curve_.start()));
  }

  std::string axis() const {
    std::string line(margin, ' ');
    const Seconds distance = std::max<Seconds>(3600, cell_s_ * 8);
    Seconds last_label = start_ - distance;
    for (int cell = 0; cell < cells_; ++cell) {
      const Seconds local = tariff_.zone.to_local(time_of(cell));
      if (local % 3600 >= cell_s_ || time_of(cell) - last_label < distance || cell + 5 > cells_) continue;
      line.resize(static_cast<std::size_t>(margin + cell), ' ');
      const std::string text = tariff::format_local(time_of(cell) - local % 3600 % cell_s_, tariff_.zone);
      line += cell_s_ >= 10800 ? text.substr(5, 5) : text.substr(11, 5);
      last_label = time_of(cell);
    }
    return line + "\n";
  }

  std::string prices() const {
    constexpr std::array<const char*, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    std::int64_t low = 0, high = 0;
    bool any = false;
    for (int cell = 0; cell < cells_; ++cell)
      if (const tariff::Segment* segment = segment_of(cell); segment != nullptr && segment->price) {
        low = any ? std::min(low, segment->price->gross) : segment->price->gross;
        high = any ? std::max(high, segment->price->gross) : segment->price->gross;
        any = true;
      }
    std::string line = fmt::format("{:<{}}", "price", margin);
    for (int cell = 0; cell < cells_; ++cell) {
      const tariff::Segment* segment = segment_of(cell);
      if (segment == nullptr || !segment->price) {
        line += "?";
        continue;
      }
      const double share =
          high == low ? 0.4
                      : static_cast<double>(segment->price->gross - low) / static_cast<double>(high - low);
      const char* block = blocks[std::min<std::size_t>(7, static_cast<std::size_t>(share * 8))];
      line +=
          style_.colour ? fmt::format("\x1b[38;5;{}m{}\x1b[0m", segment->off_peak ? 34 : 208, block) : block;
    }
    return line + "\n";
  }

  std::string workers() const {
    int count = 0;
    for (const plan::PlannedJob& job : plan_.jobs) count = std::max(count, job.worker + 1);
    std::string text;
    for (int worker = 0; worker < count; ++worker) {
      std::vector<std::string> cells(static_cast<std::size_t>(cells_), " ");
      bool dark = false;
      for (const plan::PlannedJob& job : plan_.jobs) {
        if (job.worker != worker) continue;
        dark = !dark;
        const auto first = std::clamp<Seconds>((job.start - start_) / cell_s_, 0, cells_ - 1);
        const auto last = std::clamp<Seconds>((job.end - 1 - start_) / cell_s_, first, cells_ - 1);
        for (Seconds cell = first; cell <= last; ++cell)
          cells[static_cast<std::size_t>(cell)] = dark ? "█" : "▒";
        const std::string& label = job.id;
        if (last - first + 1 >= static_cast<Seconds>(label.size()) + 2)
          for (std::size_t i = 0; i < label.size(); ++i)
            cells[static_cast<std::size_t>(first) + 1 + i] = label[i];
      }
      std::string line;
      for (const std::string& cell : cells) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      text += fmt::format("{:<{}}{}\n", count == 1 ? "jobs" : fmt::format("worker {}", worker), margin, line);
    }
    return text;
  }

  const plan::Plan& plan_;
  const tariff::Tariff& tariff_;
  const tariff::PriceCurve& curve_;
  const PlanText& style_;
  int cells_;
  Seconds cell_s_ = 60;
  Seconds start_ = 0;
};

std::string table_of(const plan::Plan& plan, const tariff::Tariff& tariff, const PlanText& style) {
  core::TextTable table;
  table.add_column("ID", core::TextTable::Align::right)
      .add_column("START")
      .add_column("TAKES", core::TextTable::Align::right)
      .add_column("COST", core::TextTable::Align::right)
      .add_column("PROMPT", core::TextTable::Align::left, true);
  for (const plan::PlannedJob& job : plan.jobs) {
    if (table.row_count() >= most_listed) break;
    const auto prompt = style.prompts.find(job.id);
    table.add_row({core::truncate_to_width(job.id, 16), tariff::format_local(job.start, tariff.zone),
                   core::format_duration(static_cast<double>(job.end - job.start)),
                   job.cost.gross.to_string(), prompt == style.prompts.end() ? "" : prompt->second});
  }
  std::string text = table.render(style.columns);
  if (plan.jobs.size() > most_listed) text += fmt::format("and {} more\n", plan.jobs.size() - most_listed);
  return text;
}

/// Why nothing starts at once, in a line; empty when something does.
std::string reason_to_wait(const plan::Plan& plan, const tariff::Tariff& tariff,
                           const tariff::PriceCurve& curve, Seconds now) {
  if (plan.jobs.empty()) return {};
  const auto first = std::min_element(plan.jobs.begin(), plan.jobs.end(),
                                      [](const auto& a, const auto& b) { return a.start < b.start; });
  if (first->start <= now) return {};
  const tariff::Segment* here = curve.at(now);
  const tariff::Segment* there = curve.at(first->start);
  std::string why = "jobs may not start earlier";
  if (here != nullptr && there != nullptr && there->price && !here->price)
    why = "there is no price for the time before";
  else if (here != nullptr && there != nullptr && there->price && here->price) {
    const std::string prices =
        fmt::format(" ({} instead of {} {}/kWh)", tariff::format_price(there->price->gross),
                    tariff::format_price(here->price->gross), tariff.currency);
    if (there->off_peak && !here->off_peak)
      why = "off-peak time is awaited" + prices;
    else if (there->price->gross < here->price->gross)
      why = "electricity is cheaper then" + prices;
  }
  return fmt::format("nothing runs before {}: {}\n", tariff::format_local(first->start, tariff.zone), why);
}

}  // namespace

std::string plan_text(const plan::Plan& plan, const tariff::Tariff& tariff, const tariff::PriceCurve& curve,
                      Seconds now, const PlanText& style) {
  if (plan.jobs.empty() && plan.unplaced.empty()) return "no jobs wait\n";
  std::string text = fmt::format("tariff {} ({}), now {}\n", tariff.name, tariff.zone.name(),
                                 tariff::format_local(now, tariff.zone));
  text += Strip(plan, tariff, curve, now, style).draw();
  text += reason_to_wait(plan, tariff, curve, now);
  if (!plan.jobs.empty()) {
    text += table_of(plan, tariff, style);
    text += fmt::format("cost {}", money(plan.total_cost.gross, tariff.currency));
    const auto saved = plan.asap_cost - plan.total_cost.gross;
    if (saved.micro() > 0)
      text += fmt::format("; at once it would be {}: {} saved ({:.0f} %)",
                          money(plan.asap_cost, tariff.currency), saved.to_string(),
                          100.0 * static_cast<double>(saved.micro()) /
                              static_cast<double>(std::max<std::int64_t>(1, plan.asap_cost.micro())));
    else
      text += "; the same at once";
    text += plan.exact ? "\nno cheaper plan exists\n"
                       : fmt::format("\nno plan of these jobs costs less than {}\n",
                                     money(plan.lower_bound, tariff.currency));
  }
  if (!plan.unplaced.empty()) {
    text += fmt::format("{} without a place:\n", plan.unplaced.size());
    std::size_t shown = 0;
    for (const plan::UnplacedJob& job : plan.unplaced) {
      if (++shown > 20) {
        text += fmt::format("  and {} more\n", plan.unplaced.size() - 20);
        break;
      }
      text += fmt::format("  {}: {}\n", job.id, job.reason);
    }
  }
  return text;
}

}  // namespace turbodiff::app
