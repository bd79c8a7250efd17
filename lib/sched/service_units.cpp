#include "sched/service_units.h"

#include <fmt/format.h>

#include <set>
namespace turbodiff::sched {

namespace {

constexpr const char* every_hour = "hourly";

std::string command_line(const ServiceSettings& settings) {
  std::string line = unit_word(settings.program.string());
  const auto add = [&](const std::vector<std::string>& words) {
    for (const std::string& word : words) line += " " + unit_word(word);
  };
  add(settings.global);
  add(settings.once ? std::vector<std::string>{"run", "--once"} : std::vector<std::string>{"daemon"});
  add(settings.options);
  return line;
}

std::string service(const ServiceSettings& settings) {
  std::string text =
      "[Unit]\n"
      "Description=turbodiff: videos made when electricity is cheapest\n"
      "Documentation=man:turbodiff-sched(1)\n";
  if (settings.system) text += "Wants=network-online.target\nAfter=network-online.target time-sync.target\n";
  text += "\n[Service]\n";
  // A batch may take all night: no time limit on a oneshot's start.
  text += settings.once ? "Type=oneshot\nTimeoutStartSec=infinity\n"
                        : "Type=notify\nRestart=on-failure\nRestartSec=30\n";
  text += "ExecStart=" + command_line(settings) + "\n";
  // Without it a service of the machine has no HOME, where settings and the queue are.
  if (settings.system) text += "User=root\n";
  text +=
      "TimeoutStopSec=2min\n"
      "Nice=5\n"
      "NoNewPrivileges=yes\n"
      "LockPersonality=yes\n"
      "RestrictSUIDSGID=yes\n"
      "RestrictRealtime=yes\n"
      "UMask=0027\n";
  if (!settings.once)
    text +=
        fmt::format("\n[Install]\nWantedBy={}\n", settings.system ? "multi-user.target" : "default.target");
  return text;
}

std::string timer(const ServiceSettings& settings) {
  std::string text =
      "[Unit]\n"
      "Description=turbodiff: when off-peak time begins\n"
      "Documentation=man:turbodiff-sched(1)\n"
      "\n[Timer]\n";
  for (const std::string& line : settings.calendar) text += "OnCalendar=" + line + "\n";
  text +=
      "AccuracySec=1s\n"
      "Persistent=yes\n";
  if (settings.system) text += "WakeSystem=yes\n";
  return text + "\n[Install]\nWantedBy=timers.target\n";
}

}  // namespace

std::string unit_word(const std::string& word) {
  std::string out;
  bool quote = word.empty();
  for (const char c : word) {
    if (c == '%' || c == '$') out += c;
    if (c == '"' || c == '\\') out += '\\';
    quote = quote || c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '\\' || c == ';' || c == '#';
    out += c;
  }
  return quote ? "\"" + out + "\"" : out;
}

std::vector<UnitFile> service_units(const ServiceSettings& settings) {
  const std::string name = settings.once ? "turbodiff-once" : "turbodiff-sched";
  std::vector<UnitFile> files{{name + ".service", service(settings)}};
  if (settings.once) files.push_back({name + ".timer", timer(settings)});
  return files;
}

std::vector<std::string> window_starts(const tariff::PriceCurve& curve, const tariff::LocalZone& zone,
                                       std::size_t most) {
  std::set<std::string> times;
  bool before = true;  // where the curve begins within off-peak time, that is no beginning of it
  for (const tariff::Segment& segment : curve.segments()) {
    if (segment.off_peak && !before) {
      const std::int64_t second = zone.to_local(segment.start) % tariff::seconds_a_day;
      times.insert(fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60));
    }
    before = segment.off_peak;
  }
  if (times.empty() || times.size() > most) return {every_hour};
  std::vector<std::string> lines;
  for (const std::string& time : times) lines.push_back(fmt::format("*-*-* {} {}", time, zone.name()));
  return lines;
}

}  // namespace turbodiff::sched
