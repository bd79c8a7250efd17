#include <fmt/format.h>

#include "report/formats.h"
#include "report/html/escape.h"
#include "report/row_fields.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

/// The members of one object, written as they come: a document of 100,000 rows need not be built in memory.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  void text(std::string_view name, std::string_view value) {
    key(name);
    if (value.empty())
      out_ += "null";
    else
      append_json_string(out_, value);
  }
  void list(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ", ";
      append_json_string(out_, values[i]);
    }
    out_ += ']';
  }
  void time(std::string_view name, const std::optional<Seconds>& instant) {
    text(name, instant ? tariff::format_utc(*instant) : std::string());
  }
  void whole(std::string_view name, const std::optional<std::int64_t>& value) {
    raw(name, value ? std::to_string(*value) : "null");
  }
  void seconds(std::string_view name, Micros value) { raw(name, seconds_text(value)); }
  void kwh(std::string_view name, const std::optional<std::int64_t>& value) {
    raw(name, value ? kwh_text(*value) : "null");
  }
  void money(std::string_view name, const std::optional<std::int64_t>& value) {
    raw(name, value ? money_text(*value) : "null");
  }
  void grams(std::string_view name, const std::optional<std::int64_t>& milligrams) {
    raw(name, milligrams ? fmt::format("{:.3f}", static_cast<double>(*milligrams) / 1e3) : "null");
  }
  void fraction(std::string_view name, const std::optional<double>& value) {
    raw(name, value ? fmt::format("{:.4f}", *value) : "null");
  }
  void boolean(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void detail(const energy::Cost* cost) {
    if (cost == nullptr) return raw("cost_detail", "null");
    key("cost_detail");
    Object parts(out_);
    parts.money("net", cost->net.micro());
    parts.money("levies", cost->levies.micro());
    parts.money("vat", cost->vat.micro());
    parts.close();
  }

  void raw(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
  }
  void key(std::string_view name) {
    if (!first_) out_ += ", ";
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\": ";
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void write_total(std::string& out, const Report& report, const Total& total) {
  Object object(out);
  object.text("currency", total.currency);
  object.whole("jobs_counted", total.jobs);
  const std::pair<std::string_view, const Sums*> parts[] = {
      {"jobs", &total.of_jobs}, {"idle", &total.of_idle}, {"machine", &total.machine}};
  for (const auto& [name, sums] : parts) {
    object.key(name);
    Object part(out);
    write_sums(*sums, report.options.shares, total.currency, part);
    part.close();
  }
  object.close();
}

}  // namespace

std::string json_text(const Report& report, const std::vector<Advice>& advice) {
  std::string out;
  out.reserve(1024 * (report.rows.size() + 4));
  Object document(out);
  document.whole("schema_version", 1);
  document.text("by", name_of(report.options.by));
  document.time("from", report.first);
  document.time("to", report.last);
  document.text("timezone", report.options.zone.name());
  document.whole("jobs", report.jobs);
  document.whole("done", report.done);
  document.whole("failed", report.failed);
  const auto array = [&](std::string_view name, std::size_t count, const auto& write) {
    document.key(name);
    out += '[';
    for (std::size_t i = 0; i < count; ++i) {
      out += i > 0 ? ",\n  " : "\n  ";
      write(i);
    }
    out += count > 0 ? "\n]" : "]";
  };
  array("rows", report.rows.size(), [&](std::size_t i) {
    Object row(out);
    write_row(report, report.rows[i], row);
    row.close();
  });
  array("totals", report.totals.size(), [&](std::size_t i) { write_total(out, report, report.totals[i]); });
  array("advice", advice.size(), [&](std::size_t i) {
    Object object(out);
    object.text("topic", advice[i].topic);
    object.text("text", advice[i].text);
    object.close();
  });
  document.close();
  out += '\n';
  return out;
}

}  // namespace turbodiff::report
