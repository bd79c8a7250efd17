#include "cost/routing.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/units.h"
#include "spec/resolution.h"

namespace turbodiff::cost {
namespace {

/// Whether `text` is `pattern`, where * stands for any text.
bool matches(std::string_view text, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t from = star; from <= text.size(); ++from)
    if (matches(text.substr(from), rest)) return true;
  return false;
}

bool has_pixels_of(std::string_view resolution, std::int64_t pixels) {
  std::int64_t least = INT64_MAX, most = 0;
  for (const std::string_view ratio : spec::aspect_ratio_names())
    if (const auto size = spec::find_resolution(resolution, ratio)) {
      least = std::min(least, std::int64_t{size->width} * size->height);
      most = std::max(most, std::int64_t{size->width} * size->height);
    }
  return pixels >= least && pixels <= most;
}

std::string outside(std::string_view what, std::int64_t value, const Range& range) {
  if (range.min && value < *range.min) return fmt::format("{} {} is below {}", what, value, *range.min);
  if (range.max && value > *range.max) return fmt::format("{} {} is above {}", what, value, *range.max);
  return {};
}

std::string slack_mismatch(const std::optional<std::int64_t>& slack, const Range& range) {
  if (!slack) return range.max ? "there is no deadline" : "";
  const auto shown = [](std::int64_t seconds) { return core::format_duration(static_cast<double>(seconds)); };
  if (range.min && *slack < *range.min)
    return fmt::format("slack {} is below {}", shown(*slack), shown(*range.min));
  if (range.max && *slack > *range.max)
    return fmt::format("slack {} is above {}", shown(*slack), shown(*range.max));
  return {};
}

std::string mismatch(const RoutingRule& rule, const RoutingJob& job) {
  const auto any_of = [](const std::vector<std::string>& list, auto&& fits) {
    return list.empty() || std::any_of(list.begin(), list.end(), fits);
  };
  if (!any_of(rule.models, [&](const std::string& pattern) { return matches(job.model, pattern); }))
    return fmt::format("model {} is not {}", job.model, core::join(rule.models, " or "));
  const std::int64_t pixels = std::int64_t{job.width} * job.height;
  if (!any_of(rule.resolutions, [&](const std::string& name) { return has_pixels_of(name, pixels); }))
    return fmt::format("{}x{} is not {}", job.width, job.height, core::join(rule.resolutions, " or "));
  for (const std::string& text :
       {outside("pixels", pixels, rule.pixels), outside("frames", job.frames, rule.frames),
        outside("steps", job.steps, rule.steps), outside("priority", job.priority, rule.priority),
        slack_mismatch(job.slack_s, rule.slack_s)})
    if (!text.empty()) return text;
  if (!any_of(rule.when, [&](const std::string& when) { return when == job.when; }))
    return fmt::format("when {} is not {}", job.when, core::join(rule.when, " or "));
  return {};
}

}  // namespace

const RoutingTier& RoutingRules::tier(std::string_view name) const {
  for (const RoutingTier& tier : tiers)
    if (tier.name == name) return tier;
  throw Error::work_failed(fmt::format("the routing rules have no tier '{}'", name));
}

Route route(const RoutingRules& rules, const RoutingJob& job) {
  Route found;
  for (const RoutingRule& rule : rules.rules) {
    found.steps.push_back({&rule, mismatch(rule, job)});
    if (!found.steps.back().mismatch.empty()) continue;
    found.rule = &rule;
    found.tier = &rules.tier(rule.tier);
    return found;
  }
  throw Error::work_failed("no routing rule matches");
}

}  // namespace turbodiff::cost
