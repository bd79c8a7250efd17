// Parses and validates a tariff file (YAML).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/yaml/yaml_node.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// Parses the text of a tariff file called `file`; `folder` is the base of the relative paths in it. Series
/// with `file:` are read, those with `url:` stay empty (price_feed.h fills them). Problems name file, line,
/// column and key: an unknown key, a duplicate key, an unknown rate, season, day or zone, a missing price,
/// overlapping seasons, a calendar that leaves an instant of 2024 to 2030 without a rule (the first such
/// local instant is named), a duplicate row.
Tariff parse_tariff(std::string_view text, const std::string& file, const std::filesystem::path& folder,
                    core::Problems& problems);

/// parse_tariff() of a file. Error bad_request with every problem.
Tariff read_tariff(const std::filesystem::path& path);

}  // namespace turbodiff::tariff
