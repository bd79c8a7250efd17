#include "runner/worker_event.h"

#include "runner/worker_process.h"
#include "testing.h"

using namespace turbodiff;
using runner::read_worker_event;
using runner::WorkerEvent;

TEST_CASE("lines of a worker are events or belong into the log") {
  CHECK_FALSE(read_worker_event("loading"));
  CHECK_FALSE(read_worker_event(""));
  CHECK_FALSE(read_worker_event("[1]"));
  CHECK_FALSE(read_worker_event(R"({"message":"x"})"));
  CHECK(read_worker_event(R"({"event":"ready","program":"p"})")->kind == WorkerEvent::Kind::ready);
  const auto step =
      read_worker_event(R"({"event":"progress","id":"3-1","stage":"denoise","step":2,"steps":4})");
  CHECK(step->id == "3-1");
  CHECK(step->progress == "denoise 2/4");
  CHECK(step->steps_done == 2);
  CHECK(read_worker_event(R"({"event":"progress","stage":"denoise","step":1,"steps":4,"earlier_steps":8})")
            ->steps_done == 9);
  CHECK(read_worker_event(R"({"event":"progress","stage":"decode","step":3,"steps":4})")->steps_done == 0);
  const auto done =
      read_worker_event(R"({"event":"done","id":"3-1","output":{"seconds":{"load":1.5,"decode":2}}})");
  CHECK(done->kind == WorkerEvent::Kind::done);
  CHECK(done->stages.load == 1.5);
  CHECK(done->stages.encode == 0);
  const auto failed = read_worker_event(
      R"({"event":"failed","id":"3-1","error":{"code":4,"message":"no memory","hint":"less"}})");
  CHECK(failed->kind == WorkerEvent::Kind::failed);
  CHECK(failed->code == 4);
  CHECK(failed->message == "no memory; less");
  CHECK_FALSE(failed->retry);
  const auto retry_of = [](std::string_view error) {
    return read_worker_event(fmt::format(R"({{"event":"failed","id":"1","error":{}}})", error))->retry;
  };
  CHECK(retry_of(R"({"code":1})"));
  CHECK_FALSE(retry_of(R"({"code":2})"));
  CHECK(retry_of(R"({"code":4,"retry":true})"));
  CHECK_FALSE(retry_of(R"({"code":1,"retry":false})"));
  CHECK(retry_of(R"({"code":1,"retry":"no"})"));
}

TEST_CASE("fields of a wrong type count as not there") {
  CHECK_FALSE(read_worker_event(R"({"event":3})"));
  CHECK(read_worker_event(R"({"event":"progress","id":7,"stage":[],"steps":"x"})")->progress.empty());
  for (const char* error : {"null", "\"x\"", "[]", "{}", R"({"code":"x"})", R"({"code":1e99,"message":1})",
                            R"({"code":0})", R"({"code":77,"hint":{}})"}) {
    CAPTURE(error);
    const auto event = read_worker_event(fmt::format(R"({{"event":"failed","id":"1","error":{}}})", error));
    CHECK(event->code == 1);
    CHECK(event->message == "the engine failed");
  }
  for (const char* steps : {"-3", "\"x\"", "null", "[]", "1e30"})
    CHECK(
        read_worker_event(
            fmt::format(R"({{"event":"progress","stage":"denoise","step":{0},"earlier_steps":{0}}})", steps))
            ->steps_done == 0);
  CHECK(
      read_worker_event(R"({"event":"progress","stage":"denoise","step":9000000000000000000})")->steps_done ==
      1'000'000);
  for (const char* seconds : {"null", "3", R"({"load":"x"})", R"({"load":-1})", R"({"load":1e300})"}) {
    CAPTURE(seconds);
    const auto event =
        read_worker_event(fmt::format(R"({{"event":"done","id":"1","output":{{"seconds":{}}}}})", seconds));
    CHECK(event->stages.load == 0);
  }
}

TEST_CASE("a preset from before --quant-linear had values asks for what was asked then") {
  const auto asked = [](const char* options, const char* own = "{}") {
    store::Preset preset;
    preset.options = options;
    store::JobSpec spec;
    spec.options = own;
    return runner::request_of(preset, spec).dump();
  };
  CHECK(asked(R"({"steps":4,"quant_linear":false})") == R"({"steps":4})");
  CHECK(asked(R"({"quant_linear":true})", R"({"seed":3})") == R"({"quant_linear":"force","seed":3})");
  CHECK(asked(R"({"quant_linear":"off"})") == R"({"quant_linear":"off"})");
  CHECK(asked(R"({"steps":4})", R"({"steps":2})") == R"({"steps":2})");
}
