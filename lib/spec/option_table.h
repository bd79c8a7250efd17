// The one table of generate's options. The command line, JSON lines of prompts, recipes, the scheduler's jobs
// and the manual all come from it, so that a name, range or help text is written once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spec/request_options.h"

namespace turbodiff::spec {

enum class OptionGroup { prompt, model, picture, sampling, attention, image_to_video, machine, output };

/// "Model", "Picture", ... as headings of the help.
std::string_view title_of(OptionGroup group);

/// One input of `generate`.
struct Option {
  template <class T>
  using Member = std::optional<T> RequestOptions::*;
  using Field = std::variant<Member<std::string>, Member<std::int64_t>, Member<double>, Member<bool>,
                             Member<Seed>, Member<std::filesystem::path>>;

  std::string_view name;                  ///< the long option without dashes: "aspect-ratio"
  char letter = 0;                        ///< the short option, or 0
  std::vector<std::string_view> aliases;  ///< other long spellings, without dashes: "aspect_ratio"
  std::string_view value_name;            ///< "N", "FILE"; empty for a flag
  std::string_view help;
  OptionGroup group;
  Field field;
  std::optional<double> minimum = {};
  std::optional<double> maximum = {};
  std::vector<std::string_view> choices = {};
  /// The meaning of a flag without a value; another of `choices` is given as --name=VALUE. JSON and text may
  /// use true for it, and false for "off".
  std::string_view bare_value = {};
  bool recorded = true;    ///< part of a recipe: it affects the content of the video
  bool json_key = true;    ///< allowed in a JSON line of a prompts file
  bool also_grid = false;  ///< the reference's --num_samples: sets `grid` as well
  bool hidden = false;     ///< accepted, and not shown in the help

  /// The key in JSON: the name with underscores.
  std::string json_name() const;
};

/// Every option in the order of the help. Lives as long as the program.
std::span<const Option> option_table();

/// The option with this JSON key; dashes and underscores are the same, aliases count. Null when there is
/// none.
const Option* find_json_option(std::string_view key);

/// Sets an option from text. Error bad_request "--steps: 'abc' is not a whole number" and the like.
void set_from_text(RequestOptions& options, const Option& option, std::string_view text);
/// Sets an option from a JSON value of its type (seed: number or -1). Error bad_request naming the key.
void set_from_json(RequestOptions& options, const Option& option, const nlohmann::ordered_json& value);
/// The value as JSON, or null when it is not set.
nlohmann::ordered_json get_json(const RequestOptions& options, const Option& option);

/// Reads an object of options, every key of which must be known. Error bad_request, with a suggestion for a
/// misspelt key. Keys in `ignored` are skipped.
RequestOptions options_from_json(const nlohmann::ordered_json& object,
                                 std::span<const std::string_view> ignored = {});
/// The options that are set; with `recorded_only`, those of a recipe.
nlohmann::ordered_json options_to_json(const RequestOptions& options, bool recorded_only);

/// `over` where it is set, else `base`. Options that exclude each other are replaced together: a size against
/// a resolution and aspect ratio, a tier against steps, frames and size, a model name against model files.
RequestOptions merge(const RequestOptions& base, const RequestOptions& over);

}  // namespace turbodiff::spec
