#include "core/config_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

constexpr std::string_view sections[] = {"models", "generate", "estimate",  "energy",    "watch",  "http",
                                         "notify", "power",    "executors", "retention", "routing"};

std::vector<ConfigKey> make_keys() {
  using enum ValueKind;
  return {
      {"models.path", path, "TURBODIFF_MODELS", "", "folder of the models, one subfolder each"},
      {"generate.model", text, "TURBODIFF_MODEL", "", "model that generate uses without --model"},
      {"generate.steps", integer, "TURBODIFF_STEPS", "", "denoising steps", 1, 100},
      {"generate.fps", integer, "TURBODIFF_FPS", "", "frames a second of the video", 1, 240},
      {"generate.device", text, "TURBODIFF_DEVICE", "auto", "auto, cpu, cuda or cuda:N"},
      {"generate.dtype",
       choice,
       "TURBODIFF_DTYPE",
       "auto",
       "type of the network's arithmetic",
       0,
       0,
       {"auto", "bf16", "fp16", "fp32"}},
      {"generate.threads", integer, "TURBODIFF_THREADS", "0",
       "CPU threads; 0 is OMP_NUM_THREADS, without it one a core", 0, 1024},
      {"generate.output", text, "TURBODIFF_OUTPUT", "", "name or pattern of the output file"},
      {"estimate.watts", number, "TURBODIFF_WATTS", "", "power drawn while generating, in watts", 0, 1e6},
      {"estimate.idle_watts", number, "TURBODIFF_IDLE_WATTS", "", "power drawn while idle, in watts", 0, 1e6},
      {"energy.gpu", boolean, "TURBODIFF_ENERGY_GPU", "on", "meter GPUs through NVML"},
      {"energy.gpus", text, "", "all", "GPUs of the machine: all, or their numbers as nvidia-smi lists them"},
      {"energy.cpu", boolean, "TURBODIFF_ENERGY_CPU", "on", "meter the processor through RAPL"},
      {"energy.powercap", path, "TURBODIFF_POWERCAP", "/sys/class/powercap", "where RAPL's counters are"},
      {"energy.plug_type",
       choice,
       "",
       "",
       "smart plug that powers the whole machine; shelly2 is Gen 2 and later",
       0,
       0,
       {"shelly", "shelly2", "tasmota"}},
      {"energy.plug_url", text, "", "", "address of the plug, http://192.168.1.20"},
      {"energy.rest_watts", number, "", "30", "power of all but GPU and processor, in watts", 0, 1e5},
      {"energy.psu_efficiency", number, "", "0.9", "efficiency of the power supply", 0.5, 1},
      {"energy.cooling", number, "", "1", "watts at the wall with cooling for each watt of the machine", 1,
       5},
      {"energy.shares", text, "TURBODIFF_SHARES", "",
       "shares of the whole cost in percent: electricity/depreciation/cooling, as 70/20/10"},
      {"watch.folder", path, "", "", "folder whose files become jobs of run and daemon"},
      {"watch.output", text, "", "videos/{date}-{file}-{index}.mp4",
       "pattern of their outputs, relative to the folder; {file} is the name of the dropped file"},
      {"watch.settle", text, "", "5s",
       "time that a file which was not closed or renamed must stay unchanged"},
      {"watch.poll", text, "", "10s", "interval between scans of a folder on a network file system"},
      {"watch.allow_paths", boolean, "", "off",
       "dropped files may name outputs and files anywhere, not only below the folder of watch.output and in "
       "the watch folder"},
      {"watch.duplicates",
       choice,
       "",
       "skip",
       "a file of the same name and content as an earlier one: skip adds no jobs, add adds them again",
       0,
       0,
       {"skip", "add"}},
      {"power.boot_time", text, "", "90s", "time from the wake alarm until jobs can start"},
      {"power.margin", text, "", "2m", "added to power.boot_time when the wake alarm is set"},
      {"power.boot_wh", number, "", "3", "energy of shutting down and booting, in Wh", 0, 1e6},
      {"power.stay_before", text, "", "15m", "the machine stays on when the next job starts sooner"},
      {"power.users",
       choice,
       "",
       "veto",
       "logged-in users that keep the machine on: veto (all), others (than yours) or ignore",
       0,
       0,
       {"veto", "others", "ignore"}},
      {"power.inbox", path, "", "", "folder whose files keep the machine on"},
      {"power.wake_alarm", path, "", "/sys/class/rtc/rtc0/wakealarm", "alarm of the clock chip"},
      {"power.shutdown_command", text, "", "/sbin/shutdown", "used where systemd-logind cannot be reached"},
      {"http.listen", text, "TURBODIFF_HTTP", "", "HOST:PORT that the daemon's HTTP API listens on"},
      {"http.output", path, "", "", "folder of the videos that are asked for over HTTP"},
      {"http.token_file", path, "", "", "file of the token that the HTTP API asks for"},
      {"http.token_env", text, "", "", "name of the variable that holds the token"},
      {"notify.channels", structure, "", "", "where notifications go: a list of channels"},
      {"notify.contact_sheet", boolean, "", "on", "attach a picture of the videos to the notice of a batch"},
      {"notify.retry_delay", text, "", "10s",
       "delay before the second attempt to send a message, doubled for each further one"},
      {"notify.give_up_after", text, "", "24h",
       "time after which a message that was not accepted is discarded"},
      {"notify.wait", text, "", "1m",
       "time that run, and switching off, wait for messages that are not accepted yet"},
      {"tariff", name_or_path, "TURBODIFF_TARIFF", "", "tariff file or the name of a shipped one"},
      {"store", path, "TURBODIFF_STORE", "", "file of the job store"},
      {"routing.rules", path, "", "", "file of rules that say which job goes to which GPUs"},
  };
}

const std::vector<ConfigKey>& all_keys() {
  static const std::vector<ConfigKey> keys = make_keys();
  return keys;
}

std::string range_problem(const ConfigKey& key, double value) {
  if (value >= key.min && value <= key.max) return {};
  return fmt::format("must be between {} and {}, not {}", key.min, key.max, value);
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return all_keys();
}

const ConfigKey* find_config_key(std::string_view name) {
  for (const ConfigKey& key : all_keys())
    if (key.name == name) return &key;
  return nullptr;
}

std::span<const std::string_view> config_sections() {
  return sections;
}

std::string value_problem(const ConfigKey& key, std::string_view value) {
  const std::string shown = excerpt(value);
  switch (key.kind) {
    case ValueKind::text:
    case ValueKind::path:
    case ValueKind::name_or_path:
    case ValueKind::structure:
      return value.empty() ? "must not be empty" : "";
    case ValueKind::integer: {
      const auto number = parse_integer(value);
      return number ? range_problem(key, static_cast<double>(*number))
                    : fmt::format("must be a whole number, not '{}'", shown);
    }
    case ValueKind::number: {
      const auto number = parse_number(value);
      return number ? range_problem(key, *number) : fmt::format("must be a number, not '{}'", shown);
    }
    case ValueKind::boolean:
      return parse_boolean(value) ? "" : fmt::format("must be true or false, not '{}'", shown);
    case ValueKind::choice: {
      if (std::find(key.choices.begin(), key.choices.end(), value) != key.choices.end()) return "";
      const std::vector<std::string> names(key.choices.begin(), key.choices.end());
      return fmt::format("must be one of {}, not '{}'{}", join(names, ", "), shown,
                         did_you_mean(value, names));
    }
  }
  return {};
}

}  // namespace turbodiff::core
