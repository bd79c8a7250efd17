// A store in a folder of its own.
#pragma once

#include "store/job_store.h"
#include "testing.h"

namespace turbodiff::testing {

constexpr store::Micros noon = 1'790'000'000'000'000;

inline store::NewJob new_job(const std::string& output) {
  store::NewJob job;
  job.preset = {R"({"steps":4})", "demo", "f00d", "cpu", "", 180, 4, 156'672};
  job.spec.prompt = "a red circle";
  job.spec.output = output;
  job.spec.options = R"({"seed":1})";
  return job;
}

class StoreFixture {
 public:
  store::JobStore& store() { return store_; }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  store::JobId add(const std::string& name) {
    const store::NewJob job = new_job(path(name));
    return store_.add(std::span(&job, 1), noon).front();
  }

 private:
  TempDir folder_;
  store::JobStore store_{folder_ / "jobs.db", true};
};

}  // namespace turbodiff::testing
