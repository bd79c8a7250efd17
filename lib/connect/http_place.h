// A place among few for requests that take a thread for long.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <string_view>

#include "connect/http_reply.h"
#include "core/error.h"

namespace turbodiff::connect {

/// Given back at the end. HttpError 503 when none is free.
class Place {
 public:
  Place(std::atomic<int>& taken, int most, std::string_view what) : taken_(taken) {
    if (++taken_ <= most) return;
    --taken_;
    throw HttpError{503, Error::refused(fmt::format("{} {} already", most, what), "try again later")};
  }
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::atomic<int>& taken_;
};

}  // namespace turbodiff::connect
