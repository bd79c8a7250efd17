// A counting semaphore for requests that occupy a thread for a long time.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <string_view>

#include "core/error.h"
#include "http/http_reply.h"

namespace turbodiff::http {

/// Acquires a slot, and releases it on destruction. HttpError 503 when no slot is free.
class SemaphoreGuard {
 public:
  SemaphoreGuard(std::atomic<int>& taken, int most, std::string_view what) : taken_(taken) {
    if (++taken_ <= most) return;
    --taken_;
    throw HttpError{503, Error::refused(fmt::format("{} {} already", most, what), "try again later")};
  }
  ~SemaphoreGuard() { --taken_; }
  SemaphoreGuard(const SemaphoreGuard&) = delete;
  SemaphoreGuard& operator=(const SemaphoreGuard&) = delete;

 private:
  std::atomic<int>& taken_;
};

}  // namespace turbodiff::http
