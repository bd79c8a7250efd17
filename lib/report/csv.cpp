#include <fmt/format.h>

#include "report/formats.h"
#include "report/html/escape.h"
#include "report/row_fields.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

/// Each field as its name.
class Header {
 public:
  explicit Header(std::string& out) : out_(out) {}
  template <typename Value>
  void text(std::string_view name, const Value&) {
    add(name);
  }
  void list(std::string_view name, const std::vector<std::string>&) { add(name); }
  void time(std::string_view name, const std::optional<Seconds>&) { add(name); }
  void whole(std::string_view name, const std::optional<std::int64_t>&) { add(name); }
  void seconds(std::string_view name, Micros) { add(name); }
  void kwh(std::string_view name, const std::optional<std::int64_t>&) { add(name); }
  void money(std::string_view name, const std::optional<std::int64_t>&) { add(name); }
  void grams(std::string_view name, const std::optional<std::int64_t>&) { add(name); }
  void fraction(std::string_view name, const std::optional<double>&) { add(name); }
  void boolean(std::string_view name, bool) { add(name); }
  void detail(const energy::Cost*) {
    for (const std::string_view name : {"net", "levies", "vat"}) add(name);
  }

 private:
  void add(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += name;
  }
  std::string& out_;
  bool first_ = true;
};

class CsvLine {
 public:
  CsvLine(std::string& out, const tariff::LocalZone& zone) : out_(out), zone_(zone) {}
  void text(std::string_view, std::string_view value) {
    comma();
    append_csv_text(out_, value);
  }
  void list(std::string_view, const std::vector<std::string>& values) {
    std::string joined;
    for (const std::string& value : values) joined += (joined.empty() ? "" : " | ") + value;
    text({}, joined);
  }
  void time(std::string_view, const std::optional<Seconds>& instant) {
    comma();
    if (instant) out_ += tariff::format_rfc3339(*instant, zone_);
  }
  void whole(std::string_view, const std::optional<std::int64_t>& value) {
    comma();
    if (value) out_ += std::to_string(*value);
  }
  void seconds(std::string_view, Micros value) {
    comma();
    out_ += seconds_text(value);
  }
  void kwh(std::string_view, const std::optional<std::int64_t>& value) {
    comma();
    if (value) out_ += kwh_text(*value);
  }
  void money(std::string_view, const std::optional<std::int64_t>& value) {
    comma();
    if (value) out_ += money_text(*value);
  }
  void grams(std::string_view, const std::optional<std::int64_t>& milligrams) {
    comma();
    if (milligrams)
      fmt::format_to(std::back_inserter(out_), "{:.3f}", static_cast<double>(*milligrams) / 1e3);
  }
  void fraction(std::string_view, const std::optional<double>& value) {
    comma();
    if (value) fmt::format_to(std::back_inserter(out_), "{:.4f}", *value);
  }
  void boolean(std::string_view, bool value) {
    comma();
    out_ += value ? "true" : "false";
  }
  void detail(const energy::Cost* cost) {
    for (const auto part : {&energy::Cost::net, &energy::Cost::levies, &energy::Cost::vat})
      money({}, cost != nullptr ? std::optional((cost->*part).micro()) : std::nullopt);
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  const tariff::LocalZone& zone_;
  bool first_ = true;
};

}  // namespace

std::string csv_text(const Report& report) {
  std::string out;
  out.reserve(512 * (report.rows.size() + 1));
  Header header(out);
  write_row(report, Row(), header);
  out += "\r\n";
  for (const Row& row : report.rows) {
    CsvLine line(out, report.options.zone);
    write_row(report, row, line);
    out += "\r\n";
  }
  return out;
}

}  // namespace turbodiff::report
