// Whether the machine may be switched off now: a pure function of what is known. Anything against it wins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::power {

/// What stands against switching off.
enum class Veto {
  inhibitor,      ///< a program has asked for the machine to stay on
  user,           ///< someone is logged in
  running_job,    ///< a job runs
  waiting_job,    ///< a job waits and nobody can say yet until when
  inbox_file,     ///< a file lies in the inbox that is no job yet
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
  int waiting = 0;                              ///< jobs that may run, at a time that is not known
  std::string waiting_why = {};                 ///< of one of them
  std::optional<std::int64_t> next_start = {};  ///< seconds, UTC
};

struct Facts {
  std::vector<std::string> inhibitors;   ///< each in words
  std::vector<std::string> users;        ///< each in words
  std::vector<std::string> inbox_files;  ///< names
  std::string hold;                      ///< why the operator keeps the machine on; empty: does not
  QueueFacts queue;
  std::int64_t off_at = 0;  ///< when the machine would go off: seconds, UTC
};

struct Machine {
  double boot_s = 90;          ///< from the alarm until jobs can start
  double margin_s = 120;       ///< on top, as clocks and disks are
  double stay_before_s = 900;  ///< a start nearer than that is waited for
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
  /// "alice is logged in; job 3 ..."
  std::string reasons() const;
};

/// Seconds of being off from which on less energy is used than by staying on; infinite at 0 idle watts.
double break_even_s(const Machine& machine);

Decision decide(const Facts& facts, const Machine& machine);

}  // namespace turbodiff::power
