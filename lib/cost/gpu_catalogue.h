// Price, power and speed of GPUs, from a file (YAML) that users edit. Every figure has a source and a date; a
// figure without a source is marked as an estimate.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/yaml/yaml_node.h"
#include "tariff/decimal.h"

namespace turbodiff::cost {

struct Figure {
  tariff::Decimal value;
  std::string source;
  std::string date;  ///< YYYY-MM-DD: when it was published or looked up
  bool estimate = false;
};

/// The duration of one video.
struct RunFigure {
  std::string model;
  Figure seconds;
  int frames = 0;
  bool whole = true;  ///< false: denoising alone, without text encoding and VAE decoding
};

struct Gpu {
  std::string name;   ///< [a-z0-9-]+
  std::string title;  ///< "NVIDIA GeForce RTX 4090"
  std::string currency;
  int memory_gb = 0;
  Figure watts;                      ///< while it generates
  std::optional<Figure> price;       ///< to buy one
  std::optional<Figure> resale;      ///< share of the price left after `resale_years`, 0 to 1
  tariff::Decimal resale_years;      ///< 0 without `resale`
  std::optional<Figure> rent_hour;   ///< on demand, per hour
  std::optional<Figure> rent_month;  ///< per month of 730 h
  std::vector<RunFigure> runs;
  std::string file;

  /// nullptr without a figure for `model`.
  const RunFigure* find_run(std::string_view model) const;
};

/// One unit of `from` in units of `to`.
struct ExchangeRate {
  std::string from, to;
  Figure rate;
};

struct GpuCatalogue {
  std::vector<Gpu> gpus;
  std::vector<ExchangeRate> exchange;

  /// Error not_found, with the nearest name.
  const Gpu& get(std::string_view name) const;
  /// All models with a figure, in the order met.
  std::vector<std::string> models() const;
  /// The rate, or the inverse pair's with `inverse` set; nullptr when neither is known.
  const ExchangeRate* find_exchange(std::string_view from, std::string_view to, bool& inverse) const;
};

/// Reads the text of a catalogue. Problems name file, line, column and key: an unknown key, one given twice,
/// a figure without source or date, a name twice, a negative number.
GpuCatalogue parse_gpu_catalogue(std::string_view text, const std::string& file, core::Problems& problems);
/// parse_gpu_catalogue() of a file. Error bad_request with every problem.
GpuCatalogue read_gpu_catalogue(const std::filesystem::path& path);

/// `base` with the GPUs and rates of `over`, which replace those of the same name completely.
GpuCatalogue merged(GpuCatalogue base, const GpuCatalogue& over);

}  // namespace turbodiff::cost
