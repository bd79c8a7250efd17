// Prices (or grams of CO2) over time as a table: day-ahead and half-hourly tariffs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/yaml/yaml_node.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// Reads CSV of two columns: `start` (RFC 3339 with an offset) and `value_column` ("price"). The header line
/// is optional; LF, CRLF, a byte order mark, blank lines, blanks around a field and quotes around a field are
/// accepted. Rows may be in any order. Errors, duplicate starts and a row that begins before the previous one
/// has ended become problems "FILE:LINE: ..." (at most 21); `file` is for messages.
Series parse_series(std::string_view csv, const std::string& file, std::string_view value_column,
                    Seconds interval_s, core::Problems& problems);

/// parse_series() of a file of at most 64 MiB. A file that cannot be read is a problem at `where`.
Series load_series(const std::filesystem::path& path, const std::string& where, std::string_view value_column,
                   Seconds interval_s, core::Problems& problems);

}  // namespace turbodiff::tariff
