#include "service/service_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "tariff/make_curve.h"

namespace turbodiff::service {

namespace {

constexpr const char* every_hour = "hourly";
constexpr const char* every_quarter = "*-*-* *:00/15:00";
constexpr const char* every_five_minutes = "*-*-* *:00/5:00";
/// Long enough to meet every weekday and holiday in every season, and rules that a contract has for later.
constexpr tariff::Seconds looked_ahead_s = 5 * 366 * tariff::seconds_a_day;
constexpr std::size_t most_times = 48;

std::string clock_time(std::int64_t second) {
  return fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
}

/// "2027-11-07 08:30:00 UTC".
std::string utc_line(tariff::Seconds instant) {
  const tariff::LocalDay day = tariff::day_of_local(instant);
  const tariff::CivilDate date = tariff::civil_of(day);
  return fmt::format("{:04}-{:02}-{:02} {} UTC", date.year, date.month, date.day,
                     clock_time(instant - day * tariff::seconds_a_day));
}

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

/// Its own user, and where that keeps settings (/etc/turbodiff), queue, models and videos.
constexpr const char* own_user =
    "User=turbodiff\n"
    "Group=turbodiff\n"
    "StateDirectory=turbodiff\n"
    "StateDirectoryMode=0750\n"
    "CacheDirectory=turbodiff\n"
    "CacheDirectoryMode=0750\n"
    "Environment=HOME=/var/lib/turbodiff XDG_CONFIG_HOME=/etc XDG_STATE_HOME=/var/lib XDG_DATA_HOME=/var/lib "
    "XDG_CACHE_HOME=/var/cache\n";

/// What the user's own service manager can do as well: it needs no privileges.
constexpr const char* confinement =
    "UMask=0077\n"
    "NoNewPrivileges=yes\n"
    "LockPersonality=yes\n"
    "RestrictSUIDSGID=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictNamespaces=yes\n"
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
    "SystemCallArchitectures=native\n"
    "SystemCallFilter=@system-service\n"
    "SystemCallErrorNumber=EPERM\n"
    "KeyringMode=private\n";

/// GPUs are reached through their own devices; /sys is read-only but for the alarm of the clock chip.
/// MemoryDenyWriteExecute is left out: kernels are compiled at run time.
constexpr const char* system_confinement =
    "SystemCallFilter=~@privileged\n"
    "CapabilityBoundingSet=\n"
    "AmbientCapabilities=\n"
    "ProtectSystem=strict\n"
    "PrivateTmp=yes\n"
    "ProtectProc=invisible\n"
    "ProtectClock=yes\n"
    "ProtectHostname=yes\n"
    "ProtectKernelTunables=yes\n"
    "ProtectKernelModules=yes\n"
    "ProtectKernelLogs=yes\n"
    "ProtectControlGroups=yes\n"
    "RemoveIPC=yes\n"
    "DevicePolicy=closed\n"
    "DeviceAllow=char-nvidia* rw\n"
    "DeviceAllow=char-drm rw\n"
    "DeviceAllow=char-kfd rw\n"
    "ReadWritePaths=-/sys/class/rtc/rtc0\n";

bool is_in_a_home(std::string_view path) {
  for (const std::string_view home : {"/home/", "/root/", "/run/user/"})
    if (path.starts_with(home)) return true;
  return false;
}

std::string home_and_writable(const ServiceSettings& settings) {
  std::vector<std::string> words{settings.program.string()};
  words.insert(words.end(), settings.global.begin(), settings.global.end());
  words.insert(words.end(), settings.options.begin(), settings.options.end());
  std::string writable;
  for (const std::filesystem::path& folder : settings.writable) {
    words.push_back(folder.string());
    writable += "ReadWritePaths=" + unit_word(folder.string()) + "\n";
  }
  const bool needs_a_home = std::any_of(words.begin(), words.end(), is_in_a_home);
  return fmt::format("ProtectHome={}\n", needs_a_home ? "read-only" : "yes") + writable;
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
  text +=
      "TimeoutStopSec=2min\n"
      "Nice=5\n";
  if (settings.system) text += own_user;
  text += confinement;
  if (settings.system) text += system_confinement + home_and_writable(settings);
  if (!settings.once)
    text +=
        fmt::format("\n[Install]\nWantedBy={}\n", settings.system ? "multi-user.target" : "default.target");
  return text;
}

/// sysusers.d(5): the user, and the groups that own the devices of GPUs.
constexpr const char* sysusers =
    "# The user of the service turbodiff.\n"
    "u turbodiff - \"turbodiff scheduler\" /var/lib/turbodiff\n"
    "g video -\n"
    "g render -\n"
    "m turbodiff video\n"
    "m turbodiff render\n";

/// tmpfiles.d(5), at each boot: the alarm that switches the machine on, and the processor's energy counters,
/// which tell much about what a processor does and so are nobody else's.
constexpr const char* tmpfiles =
    "# What the service turbodiff writes and reads of the kernel's: the wake alarm, the processor's energy.\n"
    "z /sys/class/rtc/rtc0/wakealarm 0660 root turbodiff - -\n"
    "z /sys/class/powercap/intel-rapl:*/energy_uj 0440 root turbodiff - -\n";

constexpr const char* polkit_rule =
    "// Lets the service turbodiff switch the machine off when its jobs are done.\n"
    "polkit.addRule(function (action, subject) {\n"
    "  var off = [\"power-off\", \"suspend\", \"hibernate\", \"set-wall-message\"];\n"
    "  if (subject.user == \"turbodiff\" &&\n"
    "      off.some(function (name) { return action.id == \"org.freedesktop.login1.\" + name; }))\n"
    "    return polkit.Result.YES;\n"
    "});\n";

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
  std::vector<UnitFile> files;
  if (settings.system)
    files = {{"turbodiff-sysusers.conf", sysusers, "/etc/sysusers.d"},
             {"turbodiff-tmpfiles.conf", tmpfiles, "/etc/tmpfiles.d"},
             {"50-turbodiff.rules", polkit_rule, "/etc/polkit-1/rules.d"}};
  files.push_back({name + ".service", service(settings)});
  if (settings.once) files.push_back({name + ".timer", timer(settings)});
  return files;
}

std::vector<std::string> timer_lines(const tariff::Tariff& tariff, tariff::Seconds from) {
  // Prices of each day choose its hours; nobody knows them for longer than a day.
  if (tariff.prices)
    return {tariff.prices->series.interval_s > 0 && tariff.prices->series.interval_s < 900
                ? every_five_minutes
                : every_quarter};
  const auto curve = tariff::make_curve(tariff, from, from + looked_ahead_s);
  std::set<std::string> times, instants;
  bool before = true;  // where the curve begins within off-peak time, that is no beginning of it
  for (const tariff::Segment& segment : curve.segments()) {
    if (segment.off_peak && !before) {
      const tariff::LocalSeconds local = tariff.zone.to_local(segment.start);
      const std::int64_t second = local - tariff::day_of_local(local) * tariff::seconds_a_day;
      times.insert(fmt::format("*-*-* {} {}", clock_time(second), tariff.zone.name()));
      // systemd takes one of the two.
      if (tariff.zone.instants_of(local).size() > 1) instants.insert(utc_line(segment.start));
    }
    before = segment.off_peak;
  }
  if (times.empty()) return {every_hour};
  if (times.size() > most_times) return {every_quarter};
  std::vector<std::string> lines(times.begin(), times.end());
  lines.insert(lines.end(), instants.begin(), instants.end());
  return lines;
}

}  // namespace turbodiff::service
