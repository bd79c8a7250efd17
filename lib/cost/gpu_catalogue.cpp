#include "cost/gpu_catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "core/yaml/yaml_reader.h"
#include "tariff/local_time.h"
#include "tariff/yaml_values.h"

namespace turbodiff::cost {
namespace {

using core::Problems;
using core::YamlMap;
using core::YamlNode;

bool is_name(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

bool is_currency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

enum class Least { zero, above_zero };

class CatalogueReader {
 public:
  CatalogueReader(const YamlNode& root, std::string file, Problems& problems)
      : root_(root), file_(std::move(file)), problems_(problems) {}

  GpuCatalogue read() {
    if (root_.kind == YamlNode::Kind::null) {
      problems_.add(root_.where(), "the file is empty");
      return {};
    }
    YamlMap top(root_, "", problems_);
    tariff::refuse_empty_keys(root_, top, problems_);
    if (top.require("version") != nullptr) top.integer("version", 1, 1);
    if (const YamlNode* node = top.require("currency")) currency_ = read_currency(*node, "currency");
    for (const YamlNode* node : top.list("gpus")) read_gpu(*node);
    for (const YamlNode* node : top.list("exchange")) read_exchange(*node);
    top.finish();
    return std::move(catalogue_);
  }

 private:
  std::string read_currency(const YamlNode& node, std::string_view key) {
    const std::string text = core::yaml_text(node, key, problems_).value_or("");
    if (!is_currency(text))
      problems_.add(node.where(),
                    fmt::format("{} must be a code of three capital letters like USD (ISO 4217)", key));
    return text;
  }

  tariff::Decimal read_value(const YamlNode& node, const std::string& key, Least least) {
    const auto value = tariff::read_decimal(node, key, problems_);
    if (!value) return {};
    if (value->negative() || (value->zero() && least == Least::above_zero))
      problems_.add(node.where(), fmt::format("{} must be {}", key,
                                              least == Least::zero ? "at least 0" : "greater than 0"));
    return *value;
  }

  /// value, source, date and estimate of a map under reading.
  Figure read_figure(const YamlNode& node, YamlMap& map, Least least) {
    Figure figure;
    if (const YamlNode* value = map.require("value"))
      figure.value = read_value(*value, map.path_of("value"), least);
    figure.estimate = map.boolean("estimate").value_or(false);
    if (map.require("source") != nullptr) figure.source = map.text("source").value_or("");
    if (const YamlNode* date = map.require("date"))
      if (tariff::read_date(*date, map.path_of("date"), problems_)) figure.date = date->text;
    return figure;
  }

  std::optional<Figure> read_figure(YamlMap& parent, std::string_view key, Least least) {
    const YamlNode* node = parent.find(key);
    if (node == nullptr) return std::nullopt;
    YamlMap map(*node, parent.path_of(key), problems_);
    tariff::refuse_empty_keys(*node, map, problems_);
    const Figure figure = read_figure(*node, map, least);
    map.finish();
    return figure;
  }

  void read_resale(YamlMap& parent, Gpu& gpu) {
    const YamlNode* node = parent.find("resale");
    if (node == nullptr) return;
    YamlMap map(*node, parent.path_of("resale"), problems_);
    tariff::refuse_empty_keys(*node, map, problems_);
    gpu.resale = read_figure(*node, map, Least::zero);
    if (!tariff::is_below(0, 9, tariff::Decimal{1'000'000'001, 9} + negated(gpu.resale->value)))
      problems_.add(node->where(), map.path_of("value") + " must be a share of the price, at most 1");
    if (const YamlNode* years = map.require("after_years"))
      gpu.resale_years = read_value(*years, map.path_of("after_years"), Least::above_zero);
    map.finish();
  }

  static tariff::Decimal negated(const tariff::Decimal& value) { return {-value.mantissa, value.scale}; }

  void read_run(const YamlNode& node, const std::string& name, Gpu& gpu) {
    YamlMap map(node, name, problems_);
    tariff::refuse_empty_keys(node, map, problems_);
    RunFigure run;
    if (const YamlNode* model = map.require("model")) {
      run.model = core::yaml_text(*model, map.path_of("model"), problems_).value_or("");
      if (!is_name(run.model, "-._"))
        problems_.add(model->where(), map.path_of("model") + " must consist of a to z, 0 to 9, -, . and _");
      if (gpu.find_run(run.model) != nullptr)
        problems_.add(model->where(), fmt::format("{} has seconds for '{}' twice", gpu.name,
                                                  core::escape_control(run.model)));
    }
    run.seconds = read_figure(node, map, Least::above_zero);
    if (map.require("frames") != nullptr)
      run.frames = static_cast<int>(map.integer("frames", 1, 1'000'000).value_or(1));
    if (const YamlNode* scope = map.find("scope")) {
      const std::string text = core::yaml_text(*scope, map.path_of("scope"), problems_).value_or("");
      run.whole = text != "denoise";
      if (text != "denoise" && text != "whole")
        problems_.add(scope->where(), map.path_of("scope") + " must be whole or denoise");
    }
    map.finish();
    gpu.runs.push_back(std::move(run));
  }

  void read_gpu(const YamlNode& node) {
    YamlMap map(node, "gpus", problems_);
    tariff::refuse_empty_keys(node, map, problems_);
    Gpu gpu;
    gpu.file = file_;
    gpu.currency = currency_;
    if (const YamlNode* name = map.require("name")) {
      gpu.name = core::yaml_text(*name, "gpus.name", problems_).value_or("");
      if (!is_name(gpu.name, "-"))
        problems_.add(name->where(), "gpus.name must consist of a to z, 0 to 9 and -");
      for (const Gpu& other : catalogue_.gpus)
        if (other.name == gpu.name)
          problems_.add(name->where(), fmt::format("the GPU '{}' is defined twice", gpu.name));
    }
    gpu.title = map.text("title").value_or(gpu.name);
    gpu.memory_gb = static_cast<int>(map.integer("memory_gb", 1, 100'000).value_or(0));
    if (map.require("watts") != nullptr)
      gpu.watts = read_figure(map, "watts", Least::above_zero).value_or(Figure{});
    gpu.price = read_figure(map, "price", Least::zero);
    read_resale(map, gpu);
    gpu.rent_hour = read_figure(map, "rent_hour", Least::zero);
    gpu.rent_month = read_figure(map, "rent_month", Least::zero);
    for (const YamlNode* run : map.list("seconds")) read_run(*run, "gpus.seconds", gpu);
    map.finish();
    catalogue_.gpus.push_back(std::move(gpu));
  }

  void read_exchange(const YamlNode& node) {
    YamlMap map(node, "exchange", problems_);
    tariff::refuse_empty_keys(node, map, problems_);
    ExchangeRate rate;
    if (const YamlNode* from = map.require("from")) rate.from = read_currency(*from, "exchange.from");
    if (const YamlNode* to = map.require("to")) rate.to = read_currency(*to, "exchange.to");
    rate.rate = read_figure(node, map, Least::above_zero);
    map.finish();
    for (const ExchangeRate& other : catalogue_.exchange)
      if (other.from == rate.from && other.to == rate.to)
        problems_.add(node.where(),
                      fmt::format("the rate from {} to {} is defined twice", rate.from, rate.to));
    catalogue_.exchange.push_back(std::move(rate));
  }

  const YamlNode& root_;
  std::string file_;
  Problems& problems_;
  std::string currency_;
  GpuCatalogue catalogue_;
};

}  // namespace

const RunFigure* Gpu::find_run(std::string_view model) const {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [&](const RunFigure& run) { return run.model == model; });
  return found == runs.end() ? nullptr : &*found;
}

const Gpu& GpuCatalogue::get(std::string_view name) const {
  std::vector<std::string> names;
  for (const Gpu& gpu : gpus) {
    if (gpu.name == name) return gpu;
    names.push_back(gpu.name);
  }
  throw Error::not_found(
      fmt::format("there is no GPU '{}'{}", core::escape_control(name), core::did_you_mean(name, names)),
      "known are " + core::join(names, ", "));
}

std::vector<std::string> GpuCatalogue::models() const {
  std::vector<std::string> names;
  for (const Gpu& gpu : gpus)
    for (const RunFigure& run : gpu.runs)
      if (std::find(names.begin(), names.end(), run.model) == names.end()) names.push_back(run.model);
  return names;
}

const ExchangeRate* GpuCatalogue::find_exchange(std::string_view from, std::string_view to,
                                                bool& inverse) const {
  for (const ExchangeRate& rate : exchange) {
    inverse = rate.from == to && rate.to == from;
    if (inverse || (rate.from == from && rate.to == to)) return &rate;
  }
  return nullptr;
}

GpuCatalogue parse_gpu_catalogue(std::string_view text, const std::string& file, Problems& problems) {
  const YamlNode root = core::parse_yaml(text, file, problems);
  return CatalogueReader(root, file, problems).read();
}

GpuCatalogue read_gpu_catalogue(const std::filesystem::path& path) {
  Problems problems;
  const YamlNode root = core::load_yaml(path, problems);
  GpuCatalogue catalogue = CatalogueReader(root, path.string(), problems).read();
  problems.throw_if_any();
  return catalogue;
}

GpuCatalogue merged(GpuCatalogue base, const GpuCatalogue& over) {
  for (const Gpu& gpu : over.gpus) {
    const auto same = std::find_if(base.gpus.begin(), base.gpus.end(),
                                   [&](const Gpu& other) { return other.name == gpu.name; });
    if (same == base.gpus.end())
      base.gpus.push_back(gpu);
    else
      *same = gpu;
  }
  for (const ExchangeRate& rate : over.exchange) {
    std::erase_if(base.exchange, [&](const ExchangeRate& other) {
      return (other.from == rate.from && other.to == rate.to) ||
             (other.from == rate.to && other.to == rate.from);
    });
    base.exchange.push_back(rate);
  }
  return base;
}

}  // namespace turbodiff::cost
