#include "tariff/price_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "core/error.h"
#include "core/text/incoming_text.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "tariff/local_time.h"

namespace turbodiff::tariff {
namespace {

constexpr std::size_t max_problems = 21;
constexpr std::uintmax_t max_file_bytes = 64 << 20;

std::string_view without_quotes(std::string_view field) {
  field = core::trim(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
    return core::trim(field.substr(1, field.size() - 2));
  return field;
}

class SeriesReader {
 public:
  SeriesReader(const std::string& file, std::string_view column, Seconds interval_s, core::Problems& problems)
      : file_(file), column_(column), problems_(problems), first_problem_(problems.size()) {
    series_.interval_s = interval_s;
  }

  Series read(std::string_view csv) {
    int line = 0;
    bool begun = false;
    while (!csv.empty() && !full()) {
      const std::size_t end = std::min(csv.find('\n'), csv.size());
      const std::string_view text = core::trim(csv.substr(0, end));
      csv.remove_prefix(std::min(end + 1, csv.size()));
      ++line;
      if (text.empty()) continue;
      if (begun || !is_header(text)) read_row(text, line);
      begun = true;
    }
    if (!begun) problems_.add(file_, fmt::format("there is no row; write 'start,{}' and rows", column_));
    std::stable_sort(series_.rows.begin(), series_.rows.end(),
                     [](const SeriesRow& a, const SeriesRow& b) { return a.start < b.start; });
    check_neighbours();
    return std::move(series_);
  }

 private:
  bool full() const { return problems_.size() - first_problem_ >= max_problems; }

  void add(int line, const std::string& what) {
    if (!full()) problems_.add(fmt::format("{}:{}", file_, line), what);
  }

  bool is_header(std::string_view text) const {
    const auto fields = core::split(text, ',');
    return fields.size() == 2 && without_quotes(fields[0]) == "start" &&
           (without_quotes(fields[1]) == column_ || without_quotes(fields[1]) == "price");
  }

  void read_row(std::string_view text, int line) {
    const auto fields = core::split(text, ',');
    if (fields.size() != 2) {
      add(line, fmt::format("expected the two columns start,{}, not '{}'", column_, core::excerpt(text)));
      return;
    }
    bool fraction = false;
    const auto start = parse_rfc3339(without_quotes(fields[0]), &fraction);
    if (!start || fraction) {
      add(line, fmt::format("start must be a time with an offset like 2026-10-25T00:00:00+02:00, not '{}'",
                            core::excerpt(fields[0])));
      return;
    }
    std::string expected;
    const auto value = Decimal::parse(without_quotes(fields[1]), &expected);
    if (!value) {
      add(line, fmt::format("{} must be {}, not '{}'", column_, expected, core::excerpt(fields[1])));
      return;
    }
    series_.rows.push_back({*start, *value, line});
  }

  void check_neighbours() {
    for (std::size_t i = 1; i < series_.rows.size(); ++i) {
      const SeriesRow& before = series_.rows[i - 1];
      const SeriesRow& row = series_.rows[i];
      if (row.start == before.start) {
        add(row.line, fmt::format("start: duplicate row, {} is already defined at line {}",
                                  format_utc(row.start), before.line));
      } else if (row.start < before.start + series_.interval_s) {
        add(row.line,
            fmt::format("start: {} begins while the row of line {} still holds; is the interval right?",
                        format_utc(row.start), before.line));
      }
    }
  }

  const std::string& file_;
  std::string column_;
  core::Problems& problems_;
  std::size_t first_problem_;
  Series series_;
};

}  // namespace

Series parse_series(std::string_view csv, const std::string& file, std::string_view value_column,
                    Seconds interval_s, core::Problems& problems) {
  try {
    return SeriesReader(file, value_column, interval_s, problems).read(core::incoming_text(csv, file));
  } catch (const Error& error) {
    problems.add("", error.message() + "; " + error.hint());
    return {interval_s, {}};
  }
}

Series load_series(const std::filesystem::path& path, const std::string& where, std::string_view value_column,
                   Seconds interval_s, core::Problems& problems) {
  std::error_code error;
  const auto refuse = [&](std::string_view what) {
    problems.add(where, fmt::format("'{}' {}", core::escape_control(path.string()), what));
    return Series{interval_s, {}};
  };
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return refuse("does not exist");
  if (std::filesystem::is_directory(status)) return refuse("is a folder");
  if (!std::filesystem::is_regular_file(status)) return refuse("is not a regular file");
  if (std::filesystem::file_size(path, error) > max_file_bytes && !error)
    return refuse("is larger than 64 MiB");
  std::ifstream in(path, std::ios::binary);
  if (!in) return refuse("cannot be opened");
  const std::string csv(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return refuse("cannot be read");
  return parse_series(csv, path.string(), value_column, interval_s, problems);
}

}  // namespace turbodiff::tariff
