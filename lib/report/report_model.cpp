#include "report/report_model.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::report {
namespace {

constexpr std::array<std::string_view, 7> group_names = {"job",   "day",   "hour", "rate",
                                                         "model", "month", "gpu"};

void add_once(std::vector<std::string>& list, const std::string& value) {
  if (!value.empty() && std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

class Maker {
 public:
  Maker(const Records& records, const ReportOptions& options)
      : records_(records),
        options_(options),
        window_(options.from, options.to),
        periods_(options.zone, unit_of(options.by)) {
    report_.options = options;
  }

  Report make() {
    for (const Job& job : records_.jobs) add(job);
    for (const Idle& idle : records_.idle) add(idle);
    sort_rows();
    for (auto& [currency, slot] : totals_) {
      Total& total = slot.total;
      total.currency = currency;
      total.machine = total.of_jobs;
      total.machine.add(total.of_idle);
      report_.totals.push_back(std::move(total));
    }
    if (options_.from) report_.first = options_.from;
    if (options_.to) report_.last = options_.to;
    return std::move(report_);
  }

 private:
  /// A row, and what was counted in it last: jobs and attempts come one after the other.
  struct Slot {
    Row row;
    std::int64_t last_job = -1;
    const Attempt* last_attempt = nullptr;
  };
  struct TotalSlot {
    Total total;
    std::int64_t last_job = -1;
  };

  static PeriodUnit unit_of(GroupBy by) {
    return by == GroupBy::hour    ? PeriodUnit::hour
           : by == GroupBy::month ? PeriodUnit::month
                                  : PeriodUnit::day;
  }
  bool by_period() const {
    return options_.by == GroupBy::day || options_.by == GroupBy::hour || options_.by == GroupBy::month;
  }

  void add(const Job& job) {
    bool any = false;
    for (const Attempt& attempt : job.attempts) {
      if (attempt.outcome == Outcome::running) continue;
      if (!window_.touches(attempt.start, attempt.start + attempt.duration)) continue;
      const bool wasted = is_waste(job, attempt);
      any = true;
      last_ = nullptr;
      TotalSlot& total = totals_[attempt.currency];
      bool counted = false;
      split(
          attempt, options_.shares, [&](Micros at) { return border(at); },
          [&](const Slice& slice) {
            if (!window_.holds(slice.start, slice.end)) return;
            cover(slice.start, slice.end);
            Slot& slot = slot_of(job, attempt, slice);
            Row& row = slot.row;
            if (std::exchange(slot.last_job, job.id) != job.id) ++row.jobs;
            const bool again = std::exchange(slot.last_attempt, &attempt) == &attempt;
            row.sums.add(attempt, slice, wasted, again);
            total.total.of_jobs.add(attempt, slice, wasted, counted);
            counted = true;
            if (options_.by != GroupBy::job) return;
            add_once(row.rates, slice.price ? rate_label(slice.price) : "");
            if (again) return;
            add_once(row.methods, attempt.method);
            for (const std::string_view flag : core::split(attempt.flags, ','))
              add_once(row.flags, std::string(core::trim(flag)));
          });
      if (counted && std::exchange(total.last_job, job.id) != job.id) ++total.total.jobs;
      if (options_.by == GroupBy::job && last_ != nullptr &&
          !window_.holds(attempt.start, attempt.start + attempt.duration))
        last_->row.partial = true;
    }
    if (!any) return;
    ++report_.jobs;
    if (job.state == "done") ++report_.done;
    if (job.state == "failed") ++report_.failed;
  }

  void add(const Idle& idle) {
    if (!window_.touches(idle.start, idle.end)) return;
    Total& total = totals_[idle.currency].total;
    split(
        idle, options_.shares, [&](Micros at) { return window_.next_border(at); },
        [&](const Slice& slice) {
          if (!window_.holds(slice.start, slice.end)) return;
          cover(slice.start, slice.end);
          slot_at(Row::Kind::idle, 0, "idle", idle.currency).row.sums.add(idle, slice);
          total.of_idle.add(idle, slice);
        });
  }

  Micros border(Micros at) {
    const Micros next = window_.next_border(at);
    return by_period() ? std::min(next, periods_.at(at).end * a_second) : next;
  }

  Slot& slot_of(const Job& job, const Attempt& attempt, const Slice& slice) {
    switch (options_.by) {
      case GroupBy::job: {
        Slot& slot = slot_at(Row::Kind::jobs, job.id, {}, attempt.currency);
        if (slot.row.job == nullptr) slot.row.key = std::to_string(job.id);
        slot.row.job = &job;
        return slot;
      }
      case GroupBy::day:
      case GroupBy::hour:
      case GroupBy::month: {
        const Period& period = periods_.at(slice.start);
        Slot& slot = slot_at(Row::Kind::jobs, 0, period.label, attempt.currency);
        Row& row = slot.row;
        row.start = row.start ? std::min(*row.start, period.start) : period.start;
        row.end = row.end ? std::max(*row.end, period.end) : period.end;
        return slot;
      }
      case GroupBy::rate: {
        Slot& slot = slot_at(Row::Kind::jobs, 0, rate_label(slice.price), attempt.currency);
        slot.row.off_peak = slice.price != nullptr && slice.price->off_peak;
        return slot;
      }
      case GroupBy::model:
        return slot_at(Row::Kind::jobs, 0, job.model, attempt.currency);
      case GroupBy::gpu:
        return slot_at(Row::Kind::jobs, 0, attempt.gpu.empty() ? job.device : attempt.gpu, attempt.currency);
    }
    throw Error::work_failed("a report of an unknown kind");
  }

  Slot& slot_at(Row::Kind kind, std::int64_t number, const std::string& key, const std::string& currency) {
    if (last_ != nullptr && kind == last_->row.kind && number == last_number_ && key == last_key_ &&
        currency == last_->row.currency)
      return *last_;
    Slot*& place = places_[{kind, number, key, currency}];
    if (place == nullptr) {
      place = &slots_.emplace_back();
      place->row.kind = kind;
      place->row.key = key;
      place->row.currency = currency;
    }
    last_number_ = number;
    last_key_ = key;
    return *(last_ = place);
  }

  void cover(Micros start, Micros end) {
    const Seconds first = start / a_second, last = (end + a_second - 1) / a_second;
    report_.first = report_.first ? std::min(*report_.first, first) : first;
    report_.last = report_.last ? std::max(*report_.last, last) : last;
  }

  void sort_rows() {
    const auto order = [](const Row& row) {
      return std::tuple(row.kind, row.job != nullptr ? row.job->id : 0, row.start.value_or(0));
    };
    report_.rows.reserve(slots_.size());
    for (Slot& slot : slots_) report_.rows.push_back(std::move(slot.row));
    std::sort(report_.rows.begin(), report_.rows.end(), [&](const Row& a, const Row& b) {
      const auto left = order(a), right = order(b);
      return left != right ? left < right : std::tie(a.key, a.currency) < std::tie(b.key, b.currency);
    });
  }

  struct Place {
    Row::Kind kind;
    std::int64_t number;
    std::string key, currency;
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return std::hash<std::string>()(place.key) ^ (std::hash<std::string>()(place.currency) << 1U) ^
             static_cast<std::size_t>(place.number) * 0x9E3779B97F4A7C15U ^
             static_cast<std::size_t>(place.kind);
    }
  };

  const Records& records_;
  const ReportOptions& options_;
  Window window_;
  Periods periods_;
  Report report_;
  std::deque<Slot> slots_;
  std::unordered_map<Place, Slot*, PlaceHash> places_;
  std::map<std::string, TotalSlot> totals_;
  Slot* last_ = nullptr;
  std::int64_t last_number_ = 0;
  std::string last_key_;
};

}  // namespace

std::string_view name_of(GroupBy by) {
  return group_names[static_cast<std::size_t>(by)];
}

std::optional<GroupBy> group_named(std::string_view name) {
  const auto found = std::find(group_names.begin(), group_names.end(), name);
  if (found == group_names.end()) return std::nullopt;
  return static_cast<GroupBy>(found - group_names.begin());
}

Report make_report(const Records& records, const ReportOptions& options) {
  return Maker(records, options).make();
}

bool is_waste(const Job& job, const Attempt& attempt) {
  if (attempt.outcome == Outcome::done || attempt.outcome == Outcome::running) return false;
  if (attempt.outcome == Outcome::failed) return true;
  if (job.state == "queued" || job.state == "held" || job.state == "running") return false;
  for (const Attempt& later : job.attempts)
    if (later.number > attempt.number && later.outcome == Outcome::done && later.resumed) return false;
  return true;
}

std::string rate_label(const tariff::Segment* price) {
  if (price == nullptr || !price->price) return "no price";
  if (price->fallback) return "fallback price";
  if (price->rate && !price->rate->empty()) return *price->rate;
  return price->off_peak ? "off-peak hours" : "other hours";
}

Window::Window(const std::optional<Seconds>& from, const std::optional<Seconds>& to)
    : from_(from ? *from * a_second : INT64_MIN), to_(to ? *to * a_second : never) {}

Micros Window::next_border(Micros instant) const {
  if (instant < from_) return from_;
  return instant < to_ ? to_ : never;
}

bool Window::holds(Micros start, Micros end) const {
  return start >= from_ && (end <= to_ && start < to_);
}

bool Window::touches(Micros start, Micros end) const {
  return start < to_ && (end > from_ || start >= from_);
}

}  // namespace turbodiff::report
