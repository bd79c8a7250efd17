#include "runner/worker_event.h"

#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const auto event = runner::read_worker_event({reinterpret_cast<const char*>(data), size});
  if (!event) return 0;
  const bool failed = event->kind == runner::WorkerEvent::Kind::failed;
  fuzz::require(!failed || (event->code > 0 && !event->message.empty()), "a failure has a code and a reason");
  fuzz::require(event->stages.denoise >= 0, "no time is negative");
  return 0;
}
