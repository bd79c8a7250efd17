// turbodiff-sched report
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/os/output_file.h"
#include "core/text/strings.h"
#include "report/formats.h"
#include "report/html/html.h"
#include "report_records.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 5> formats = {"table", "csv", "json", "html", "prometheus"};
constexpr std::string_view groups = "job|day|rate|model|month|hour|gpu";
/// A price curve for the page is not made for longer than this.
constexpr tariff::Seconds longest_curve_s = 400LL * 86400;

struct ReportFlags {
  std::optional<std::string> from, to, by, format, output, shares;
  bool force = false;
};

class ReportCommand {
 public:
  ReportCommand(Queue& queue, const ReportFlags& flags) : queue_(queue), flags_(flags), format_(format()) {}

  void run() {
    report::ReportOptions options;
    options.zone = queue_.zone();
    if (flags_.from) options.from = queue_.parse_time(*flags_.from, "--from");
    if (flags_.to) options.to = queue_.parse_time(*flags_.to, "--to");
    if (options.from && options.to && *options.to <= *options.from)
      throw Error::bad_request("--to must be after --from");
    options.by = group();
    if (const auto shares = flags_.shares ? flags_.shares : queue_.program().config().text("energy.shares"))
      options.shares = report::parse_shares(*shares, flags_.shares ? "--shares" : "energy.shares");
    if (flags_.output) output_ = checked_output();

    // Where nothing is divided over time, its course does not matter.
    const bool whole = options.by == report::GroupBy::job || options.by == report::GroupBy::model ||
                       options.by == report::GroupBy::gpu;
    const bool samples = format_ == "html" || !whole || options.from || options.to;
    const report::Records records = report_records(queue_.store(), samples);
    const report::Report made = report::make_report(records, options);
    deliver(text_of(made, records), made);
  }

 private:
  std::string format() const {
    std::optional<std::string> name = flags_.format;
    if (!name && flags_.output) {
      const std::string extension = fs::path(*flags_.output).extension().string();
      for (const std::string_view known : {"csv", "json", "html"})
        if (core::equals_ignoring_case(extension, "." + std::string(known))) name = known;
      if (core::equals_ignoring_case(extension, ".htm")) name = "html";
      if (core::equals_ignoring_case(extension, ".prom")) name = "prometheus";
    }
    if (!name) return queue_.program().flags().json && !flags_.output ? "json" : "table";
    if (std::find(formats.begin(), formats.end(), *name) == formats.end()) {
      const std::vector<std::string> names(formats.begin(), formats.end());
      throw Error::bad_request(
          fmt::format("--format: there is no format '{}'{}", *name, core::did_you_mean(*name, names)),
          "formats are table, csv, json, html and prometheus");
    }
    if (queue_.program().flags().json && *name != "json" && !flags_.output)
      throw Error::bad_request(fmt::format("--json and --format {} exclude each other", *name),
                               "write the report to a file with -o, or leave one of them out");
    return *name;
  }

  report::GroupBy group() const {
    // A time series for every job is more than a monitoring system can hold.
    if (!flags_.by) return format_ == "prometheus" ? report::GroupBy::rate : report::GroupBy::job;
    if (const auto by = report::group_named(*flags_.by)) return *by;
    throw Error::bad_request(fmt::format("--by: there is no report by '{}'", *flags_.by),
                             "reports are by job, day, hour, month, rate, model or gpu");
  }

  fs::path checked_output() const {
    if (flags_.output->empty()) throw Error::bad_request("--output: the name is empty");
    const fs::path path = fs::absolute(queue_.program().paths().expand(*flags_.output)).lexically_normal();
    core::OutputFile::check(path, flags_.force);
    return path;
  }

  std::string text_of(const report::Report& made, const report::Records& records) {
    const std::vector<report::Advice> advice = report::advice_of(made);
    if (format_ == "csv") return report::csv_text(made);
    if (format_ == "json") return report::json_text(made, advice);
    if (format_ == "prometheus") return report::prometheus_text(made);
    if (format_ == "html") return report::html_page(page_input(made, records, advice));
    return report::table_text(made, advice, output_ ? 0 : queue_.program().table_columns());
  }

  report::PageInput page_input(const report::Report& made, const report::Records& records,
                               const std::vector<report::Advice>& advice) {
    report::PageInput input{made, records, advice, queue_.program().title(), queue_.now(), {}};
    if (!queue_.has_tariff() || !made.first || *made.last - *made.first > longest_curve_s) return input;
    try {
      const tariff::Tariff tariff = queue_.load_tariff();
      input.curve = tariff::make_curve(tariff, *made.first, std::max(*made.last, *made.first + 1));
      input.curve_currency = tariff.currency;
    } catch (const Error& error) {
      // The frozen prices tell what was paid; the tariff only fills the time between jobs.
      queue_.program().log().warn("the page shows prices of jobs only: {}", error.message());
    }
    return input;
  }

  void deliver(const std::string& text, const report::Report& made) {
    if (!output_) return queue_.program().print(text);
    core::OutputFile file(*output_, flags_.force);
    std::ofstream out(file.temp_path(), std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) throw Error::refused(fmt::format("cannot write '{}'", output_->string()), "is the disk full?");
    file.commit();
    if (queue_.program().flags().json)
      queue_.program().print_json({{"output", output_->string()},
                                   {"format", format_},
                                   {"rows", made.rows.size()},
                                   {"bytes", text.size()}});
    else
      queue_.program().log().info("wrote {}", output_->string());
  }

  Queue& queue_;
  const ReportFlags& flags_;
  std::string format_;
  std::optional<fs::path> output_;
};

}  // namespace

void add_report(Queue& queue) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App& command =
      queue.program().add_command("report", "Report the energy, cost and savings of jobs",
                                  [flags, &queue](cli::Program&) { ReportCommand(queue, *flags).run(); });
  command.add_option("--from", flags->from, "Start of the report")->type_name("TIME")->group("Options");
  command.add_option("--to", flags->to, "End of the report")->type_name("TIME")->group("Options");
  command.add_option("--by", flags->by, "Grouping of the rows (job)")
      ->type_name(std::string(groups))
      ->group("Options");
  command.add_option("--format", flags->format, "Output format (default table, else by --output extension)")
      ->type_name("table|csv|json|html|prometheus")
      ->group("Options");
  command
      .add_option("-o,--output", flags->output,
                  "Write the report to a file; an existing one is replaced only with --force")
      ->type_name("FILE")
      ->group("Options");
  command.add_flag("--force", flags->force, "Overwrite the file")->group("Options");
  command
      .add_option("--shares", flags->shares,
                  "Add depreciation and cooling: electricity/depreciation/cooling of the whole, as 70/20/10")
      ->type_name("PERCENT")
      ->group("Options");
  command.footer(
      "Costs are at the prices that held when a job ran. Rows add up to the total exactly; a job that runs "
      "over\n"
      "midnight or a change of price is divided by its energy. Time without a job is a row of its own.");
}

}  // namespace turbodiff::app
