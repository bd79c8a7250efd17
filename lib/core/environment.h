// Environment variables as a value. Nothing outside this file and config reads the environment of the
// process.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace turbodiff::core {

/// A snapshot of variables; an empty value counts as unset, as the XDG and NO_COLOR conventions require.
class Environment {
 public:
  using Variables = std::map<std::string, std::string, std::less<>>;

  Environment() = default;
  explicit Environment(Variables variables) : variables_(std::move(variables)) {}
  Environment(std::initializer_list<Variables::value_type> variables) : variables_(variables) {}

  /// The variables of this process at the time of the call.
  static Environment of_process();

  std::optional<std::string> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }

 private:
  Variables variables_;
};

}  // namespace turbodiff::core
