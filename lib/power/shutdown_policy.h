// Whether the machine may be switched off now: a pure function of the known state. A single veto is enough to
// keep it on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::power {

/// The reasons against switching off.
enum class Veto {
  inhibitor,      ///< a program inhibits the shutdown
  user,           ///< someone is logged in
  running_job,    ///< a job runs
  waiting_job,    ///< a job waits, and its start is not known yet
  inbox_file,     ///< a file in the inbox is not a job yet
  operator_hold,  ///< `turbodiff-sched power hold`, or the file stay-on
  start_near,     ///< the next job starts too soon
  short_gap       ///< being off until the next start saves less energy than booting takes
};
constexpr int veto_count = 8;

/// "inhibitor", "start-near", ...
std::string_view name_of(Veto veto);

/// The queue as the planner sees it.
struct QueueFacts {
  int running = 0;
  int waiting = 0;                              ///< jobs that may run at a time that is not known
  std::string waiting_why = {};                 ///< the reason of one of them
  std::optional<std::int64_t> next_start = {};  ///< seconds, UTC
};

struct Facts {
  std::vector<std::string> inhibitors;   ///< each in words
  std::vector<std::string> users;        ///< each in words
  std::vector<std::string> inbox_files;  ///< names
  std::string hold;                      ///< why the operator keeps the machine on; empty: it is not kept on
  QueueFacts queue;
  std::int64_t off_at = 0;  ///< when the machine would be switched off: seconds, UTC
};

struct Machine {
  double boot_s = 90;          ///< from the alarm until jobs can start
  double margin_s = 120;       ///< additional time, because clocks and disks vary
  double stay_before_s = 900;  ///< the machine stays on for a start that is nearer
  double boot_wh = 3;          ///< energy of shutting down and booting
  double idle_watts = 50;
};

struct Objection {
  Veto veto;
  std::string text;
};

struct Decision {
  std::vector<Objection> objections;    ///< in the order of Veto, at most one each
  std::optional<std::int64_t> wake_at;  ///< for the next start: seconds, UTC
  bool may_act() const { return objections.empty(); }
  /// The objections as text: "alice is logged in; job 3 ..."
  std::string reasons() const;
};

/// Seconds of being off from which less energy is used than by staying on; infinite at 0 idle watts.
double break_even_s(const Machine& machine);

Decision decide(const Facts& facts, const Machine& machine);

}  // namespace turbodiff::power
