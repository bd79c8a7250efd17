#include <set>

#include "fuzz_text.h"
#include "notify/notify_settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::string text(reinterpret_cast<const char*>(data), size);
  static const core::Paths paths(core::Environment{{"HOME", "/home/me"}}, "/usr/bin/x");
  return fuzz::expect_error_only([&] {
    core::Problems problems;
    const core::YamlNode root = core::parse_yaml(text, "/c.yaml", problems);
    const auto channels = notify::parse_channels(root, paths, problems);
    fuzz::check_problems(problems, "/c.yaml");
    if (!problems.empty()) return;
    std::set<std::string> names;
    for (const notify::ChannelSettings& channel : channels) {
      fuzz::require(!channel.name.empty() && names.insert(channel.name).second,
                    "a channel has a name of its own");
      fuzz::require(channel.burst >= 1 && channel.interval_s > 0 && channel.timeout_s > 0,
                    "a channel has its limits");
      for (const std::string& to : channel.to)
        fuzz::require(to.find_first_of("\r\n<>") == std::string::npos, "an address stays an address");
    }
  });
}
