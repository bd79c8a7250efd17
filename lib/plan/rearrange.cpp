#include "plan/rearrange.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "plan/row_edits.h"

namespace turbodiff::plan {
namespace {

/// A comparison of two jobs counts as so much less than a move.
constexpr std::int64_t compared_a_move = 8;
/// Rounds end when they gain less than this part of what the first one gained.
constexpr Cost least_gain = 20;
constexpr int most_rounds = 6;
constexpr std::size_t most_partners = 16;     ///< runs that a run is brought to
constexpr std::size_t most_between = 200;     ///< jobs that change places with a run
constexpr std::size_t most_compared = 1'000;  ///< jobs that a job is compared with for a trade

/// Jobs of one group in a row.
struct Run {
  int worker = 0;
  std::size_t at = 0;
  std::size_t count = 0;
  Time length = 0;
  double price = 0;  ///< mean

  std::size_t end() const { return at + count; }
};

class Rearranger {
 public:
  Rearranger(const Problem& problem, const std::vector<Placement>& placements,
             const std::vector<Placement>& fixed, std::int64_t budget)
      : problem_(problem), rows_(problem, placements, fixed), budget_(budget) {
    int groups = 0;
    for (const Task& task : problem.tasks) groups = std::max(groups, task.group + 1);
    has_setup_.resize(static_cast<std::size_t>(groups));
    for (const Task& task : problem.tasks)
      if (task.group >= 0 && task.setup > 0) has_setup_[static_cast<std::size_t>(task.group)] = true;
  }

  std::int64_t work() const { return rows_.work() + scanned_ / compared_a_move; }

  std::vector<Placement> run() {
    Cost first = 0;
    for (int round = 0; round < most_rounds && !is_spent(); ++round) {
      const Cost before = rows_.gained();
      bool better = move_gaps();
      for (std::size_t group = 0; group < has_setup_.size(); ++group)
        if (has_setup_[group]) better = join_runs(static_cast<int>(group)) || better;
      better = trade_places() || better;
      const Cost gain = rows_.gained() - before;
      if (round == 0) first = gain;
      if (!better || gain * least_gain < first) break;
    }
    return rows_.placements();
  }

 private:
  const Task& task(int i) const { return problem_.tasks[static_cast<std::size_t>(i)]; }
  bool is_spent() const { return work() > budget_; }

  double mean_price(Time begin, Time end) const {
    return static_cast<double>(problem_.objective.between(begin, end)) / static_cast<double>(end - begin);
  }

  std::vector<int> tasks_of(int worker, std::size_t begin, std::size_t end) const {
    std::vector<int> tasks;
    for (std::size_t k = begin; k < end; ++k) tasks.push_back(rows_.row(worker)[k].task);
    return tasks;
  }

  bool move_gaps() {
    bool better = false;
    for (int worker = 0; worker < rows_.workers(); ++worker)
      for (std::size_t k = 0; k < rows_.row(worker).size() && !is_spent(); ++k) {
        const auto& row = rows_.row(worker);
        if (row[k].start > (k > 0 ? row[k - 1].end : 0)) better = rows_.move_gap(worker, k) || better;
      }
    return better;
  }

  std::vector<Run> runs_of(int group) {
    std::vector<Run> runs;
    for (int worker = 0; worker < rows_.workers(); ++worker) {
      const auto& row = rows_.row(worker);
      scanned_ += static_cast<std::int64_t>(row.size());
      for (std::size_t k = 0; k < row.size();) {
        if (task(row[k].task).group != group) {
          ++k;
          continue;
        }
        Run run{worker, k, 0, 0, 0};
        for (; k < row.size() && task(row[k].task).group == group; ++k, ++run.count)
          run.length += row[k].end - row[k].start;
        run.price = mean_price(row[run.at].start, row[k - 1].end);
        runs.push_back(run);
      }
    }
    return runs;
  }

  /// Brings runs of a group together, the short ones first.
  bool join_runs(int group) {
    bool better = false;
    std::vector<Run> runs = runs_of(group);
    const auto shorter = [](const Run& a, const Run& b) {
      return a.length != b.length   ? a.length < b.length
             : a.worker != b.worker ? a.worker < b.worker
                                    : a.at < b.at;
    };
    std::sort(runs.begin(), runs.end(), shorter);
    for (std::size_t k = 0; k < runs.size() && !is_spent();) {
      if (join(runs, k)) {
        better = true;
        runs = runs_of(group);
        std::sort(runs.begin(), runs.end(), shorter);
      } else {
        ++k;
      }
    }
    return better;
  }

  bool join(const std::vector<Run>& runs, std::size_t k) {
    const Run& run = runs[k];
    std::vector<const Run*> partners;
    for (std::size_t other = 0; other < runs.size(); ++other)
      if (other != k) partners.push_back(&runs[other]);
    std::sort(partners.begin(), partners.end(), [&](const Run* a, const Run* b) {
      const double x = std::abs(a->price - run.price), y = std::abs(b->price - run.price);
      return x != y ? x < y : a->worker != b->worker ? a->worker < b->worker : a->at < b->at;
    });
    if (partners.size() > most_partners) partners.resize(most_partners);
    return std::any_of(partners.begin(), partners.end(), [&](const Run* other) {
      return rotate(run, *other) || trade(run, *other) || insert(run, *other);
    });
  }

  /// Changes the order of a run and what stands between it and another one.
  bool rotate(const Run& run, const Run& other) {
    if (run.worker != other.worker) return false;
    const bool before = run.at < other.at;
    const Run &first = before ? run : other, &second = before ? other : run;
    if (second.at - first.end() > most_between || second.count + first.count > most_between) return false;
    const std::vector<int> a = tasks_of(run.worker, first.at, first.end()),
                           between = tasks_of(run.worker, first.end(), second.at),
                           b = tasks_of(run.worker, second.at, second.end());
    RowEdit late{run.worker, first.at, a.size() + between.size(), between};
    late.inserted.insert(late.inserted.end(), a.begin(), a.end());
    RowEdit early{run.worker, first.end(), between.size() + b.size(), b};
    early.inserted.insert(early.inserted.end(), between.begin(), between.end());
    return rows_.improve({late}) || rows_.improve({early});
  }

  /// A run and about as long a stretch beside another one change places.
  bool trade(const Run& run, const Run& other) {
    const auto& row = rows_.row(other.worker);
    const auto is_in_run = [&](std::size_t k) {
      return other.worker == run.worker && k >= run.at && k < run.end();
    };
    const Time wanted = run.length - task(rows_.row(run.worker)[run.at].task).setup;
    const std::vector<int> own = tasks_of(run.worker, run.at, run.end());
    const auto attempt = [&](std::size_t begin, std::size_t end) {
      if (begin == end) return false;
      RowEdit there{other.worker, begin, end - begin, own};
      RowEdit here{run.worker, run.at, run.count, tasks_of(other.worker, begin, end)};
      if (run.worker < other.worker || (run.worker == other.worker && run.at < begin))
        return rows_.improve({here, there});
      return rows_.improve({there, here});
    };
    Time length = 0;
    for (std::size_t k = other.end(); k < row.size() && k - other.end() < most_between && !is_in_run(k);
         ++k) {
      length += row[k].end - row[k].start;
      if (length < wanted) continue;
      if (attempt(other.end(), k + 1) || attempt(other.end(), k)) return true;
      break;
    }
    length = 0;
    for (std::size_t k = other.at; k-- > 0 && other.at - k < most_between && !is_in_run(k);) {
      length += row[k].end - row[k].start;
      if (length < wanted) continue;
      return attempt(k, other.at) || attempt(k + 1, other.at);
    }
    return false;
  }

  /// A run goes behind another one, and what stands there makes room.
  bool insert(const Run& run, const Run& other) {
    if (run.worker == other.worker && run.at == other.end()) return false;
    const RowEdit here{run.worker, run.at, run.count, {}};
    const RowEdit there{other.worker, other.end(), 0, tasks_of(run.worker, run.at, run.end())};
    if (run.worker < other.worker || (run.worker == other.worker && run.at < other.at)) {
      if (run.worker == other.worker && run.end() == there.at) return false;
      return rows_.improve({here, there});
    }
    return rows_.improve({there, here});
  }

  /// A job and its place as a trade looks at them.
  struct Trader {
    int task;
    int group, before, behind;  ///< groups: its own, and of the jobs beside it
    double price, power, length;
    double setup, next_setup;  ///< what they cost there, its own and that of the job behind it
    Time start, latest_end, earliest;
  };

  Trader trader(const std::vector<Slot>& row, std::size_t at) const {
    const Slot& slot = row[at];
    const Task& own = task(slot.task);
    const double price = mean_price(slot.start, slot.end);
    const auto setup = [&](const Task& of) {
      return of.group >= 0
                 ? static_cast<double>(of.setup) * static_cast<double>(of.milliwatts) * std::abs(price)
                 : 0.0;
    };
    const bool more = at + 1 < row.size();
    return {slot.task,
            own.group,
            at > 0 ? task(row[at - 1].task).group : -1,
            more ? task(row[at + 1].task).group : -1,
            price,
            static_cast<double>(own.milliwatts),
            static_cast<double>(slot.end - slot.start),
            setup(own),
            more ? setup(task(row[at + 1].task)) : 0.0,
            slot.start,
            own.latest_end,
            own.earliest};
  }

  /// What setups cost more when `other` comes into the place of `own`.
  static double more_setups(const Trader& own, const Trader& other) {
    return (other.group == own.before ? 0.0 : other.setup) - (own.group == own.before ? 0.0 : own.setup) +
           (own.behind == other.group ? 0.0 : own.next_setup) -
           (own.behind == own.group ? 0.0 : own.next_setup);
  }

  /// Jobs with more power go where it is cheaper in the place of those with less.
  bool trade_places() {
    std::vector<Trader> jobs;
    for (int worker = 0; worker < rows_.workers(); ++worker)
      for (std::size_t k = 0; k < rows_.row(worker).size(); ++k)
        if (!rows_.is_fixed(rows_.row(worker)[k].task)) jobs.push_back(trader(rows_.row(worker), k));
    const std::size_t stride = jobs.size() / most_compared + 1;
    bool better = false;
    for (std::size_t i = 0; i < jobs.size() && !is_spent(); ++i) {
      double best = 0;
      std::size_t with = 0;
      const Trader own = jobs[i];
      for (std::size_t j = i % stride; j < jobs.size(); j += stride) {
        const Trader& other = jobs[j];
        double gain = (own.price - other.price) * (own.power - other.power);
        if (gain <= 0) continue;
        const double shorter = std::min(own.length, other.length);
        gain *= shorter * shorter / std::max(own.length, other.length);
        if (gain <= best) continue;
        gain -= more_setups(own, other) + more_setups(other, own);
        if (gain <= best) continue;
        if (other.start < own.earliest || own.start < other.earliest ||
            static_cast<double>(other.start) + own.length > static_cast<double>(own.latest_end) ||
            static_cast<double>(own.start) + other.length > static_cast<double>(other.latest_end))
          continue;
        best = gain;
        with = j;
      }
      scanned_ += static_cast<std::int64_t>(jobs.size() / stride);
      if (best <= 0 || !trade(own.task, jobs[with].task)) continue;
      better = true;
      for (Trader* changed : {&jobs[i], &jobs[with]}) {
        const Placement& place = rows_.place(changed->task);
        *changed = trader(rows_.row(place.worker), rows_.position(changed->task));
      }
    }
    return better;
  }

  bool trade(int a, int b) {
    RowEdit first{rows_.place(a).worker, rows_.position(a), 1, {b}};
    RowEdit second{rows_.place(b).worker, rows_.position(b), 1, {a}};
    if (second.worker < first.worker || (second.worker == first.worker && second.at < first.at))
      std::swap(first, second);
    return rows_.improve({first, second});
  }

  const Problem& problem_;
  RowEdits rows_;
  std::vector<bool> has_setup_;  ///< by group
  std::int64_t budget_ = 0;
  std::int64_t scanned_ = 0;
};

}  // namespace

std::vector<Placement> rearrange(const Problem& problem, const std::vector<Placement>& placements,
                                 const std::vector<Placement>& fixed, std::int64_t& budget) {
  Rearranger rearranger(problem, placements, fixed, budget);
  std::vector<Placement> result = rearranger.run();
  budget -= rearranger.work();
  return result;
}

}  // namespace turbodiff::plan
