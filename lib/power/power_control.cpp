#include "power/power_control.h"

namespace turbodiff::power {

std::string_view name_of(Action action) {
  switch (action) {
    case Action::shutdown:
      return "shutdown";
    case Action::suspend:
      return "suspend";
    case Action::hibernate:
      return "hibernate";
  }
  return {};
}

std::optional<Action> action_named(std::string_view name) {
  for (const Action action : {Action::shutdown, Action::suspend, Action::hibernate})
    if (name == name_of(action)) return action;
  return std::nullopt;
}

}  // namespace turbodiff::power
