// Notices for people, stored until a channel has accepted them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/job.h"

namespace turbodiff::store {

enum class NoticeKind { batch, failed, deadline, wake };
std::string_view name_of(NoticeKind kind);
std::optional<NoticeKind> notice_kind_named(std::string_view name);

struct Notice {
  std::int64_t id = 0;  ///< assigned by the store
  std::string key;      ///< several notices with one key are sent once
  NoticeKind kind = NoticeKind::batch;
  Micros at = 0;
  std::optional<JobId> job = {};
  std::string prompt = {};  ///< of the job
  std::string detail = {};  ///< batch: JSON; else what has happened
};

/// The key of a notice that `job` misses its deadline (seconds).
std::string key_of_deadline(JobId job, std::int64_t deadline);

/// A channel for notices. How it sends is part of the configuration alone.
struct ChannelRow {
  std::string name;
  std::vector<NoticeKind> kinds;
};

enum class DeliveryState { pending, sent, failed };
std::string_view name_of(DeliveryState state);

struct Delivery {
  Notice notice;
  std::string channel;
  DeliveryState state = DeliveryState::pending;
  int tries = 0;
  Micros next_try = 0;  ///< of pending
  std::optional<Micros> ended_at = {};
  std::string error = {};  ///< of the last failed attempt to send
};

/// An attempt that has ended, as part of a batch.
struct EndedAttempt {
  std::int64_t id = 0;
  JobId job = 0;
  AttemptState state = AttemptState::done;
  State job_state = State::done;  ///< current state
  bool set_aside = false;         ///< held now, because it was cut off too often
  std::string prompt, output, error;
  std::optional<std::int64_t> deadline;  ///< seconds
  Micros started_at = 0, ended_at = 0;
  std::int64_t microjoules = 0, gross = 0;
  std::string currency;  ///< empty without a tariff
  bool measured = false;
};

}  // namespace turbodiff::store
