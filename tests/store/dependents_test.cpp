// What becomes of jobs that come after one that is not done, and of those whose time has passed.
#include "contains.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::State;

namespace {

class Chain : public StoreFixture {
 public:
  Chain() {
    const store::ChannelRow channel{"mail", {store::NoticeKind::failed}};
    store().set_channels(std::span(&channel, 1), noon);
  }

  store::JobId add_after(const std::string& name, std::vector<store::JobId> after,
                         std::optional<std::int64_t> deadline = {}) {
    store::NewJob job = new_job(path(name));
    job.after = std::move(after);
    job.spec.deadline = deadline;
    return store().add(std::span(&job, 1), noon)[0];
  }
  State state(store::JobId id) { return store().job(id).state; }
  /// Runs and fails for good.
  void fail(store::JobId id) {
    const auto epoch = store().begin_epoch(store::this_process());
    const auto attempt = store().claim(epoch, id, {}, noon + 1);
    REQUIRE(attempt);
    store().fail(epoch, *attempt, {}, {}, 1, "broken", std::nullopt, noon + 2);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Chain, "a failure ends what comes after it, near and far, held or not, and nothing else") {
  const auto first = add("a.mp4"), other = add("z.mp4");
  const auto near = add_after("b.mp4", {first, other}), far = add_after("c.mp4", {near});
  store().hold(far, noon);
  const auto after_other = add_after("d.mp4", {other});
  fail(first);
  CHECK(state(first) == State::failed);
  CHECK(state(near) == State::failed);
  CHECK(state(far) == State::failed);
  CHECK(state(other) == State::queued);
  CHECK(state(after_other) == State::queued);
  const store::Job ended = store().job(near);
  CHECK(ended.error_code == store::error_of_another);
  CHECK(ended.error == "it comes after job 1, which has failed; 'turbodiff-sched retry 1' queues both again");
  CHECK(ended.finished_at == noon + 2);
  CHECK(ended.attempts == 0);
  CHECK(contains(store().job(far).error, "it comes after job 3, which has failed"));
  CHECK(store().events(far).back().kind == "failed");
  std::vector<store::JobId> told;
  for (const store::Delivery& delivery : store().pending("mail")) told.push_back(*delivery.notice.job);
  CHECK(told == std::vector{first, near, far});
}

TEST_CASE_FIXTURE(Chain, "a retry queues again what had failed for want of the job, and only that") {
  const auto first = add("a.mp4"), other = add("z.mp4");
  const auto near = add_after("b.mp4", {first}), far = add_after("c.mp4", {near});
  const auto of_both = add_after("d.mp4", {first, other});
  CHECK(store().cancel(other, noon));
  CHECK(contains(store().job(of_both).error, "it comes after job 2, which was cancelled"));
  fail(first);
  CHECK(contains(error_of([&] { store().retry(near, noon); }).message(),
                 "job 3 comes after job 1: job 1 has failed"));
  CHECK(contains(error_of([&] { add_after("e.mp4", {other}); }).message(), "job 2 was cancelled"));
  store().retry(first, noon + 9);
  for (const auto id : {first, near, far}) {
    const store::Job job = store().job(id);
    CHECK(job.state == State::queued);
    CHECK(job.failures == 0);
    CHECK(job.error.empty());
    CHECK(job.error_code == 0);
    CHECK_FALSE(job.finished_at);
    CHECK_FALSE(job.started_at);
    CHECK(store().events(id).back().kind == "queued");
    CHECK(store().events(id).back().at == noon + 9);
  }
  CHECK(state(of_both) == State::failed);  // the other one is still cancelled
  store().retry(other, noon);
  CHECK(state(of_both) == State::queued);
}

TEST_CASE_FIXTURE(Chain, "a job that failed by itself stays failed when the one before it is tried again") {
  const auto first = add("a.mp4");
  const auto late = add_after("b.mp4", {first}, noon / 1'000'000);
  CHECK(store().fail_overdue(noon) == std::vector{late});
  CHECK(store().cancel(first, noon));
  store().retry(first, noon);
  CHECK(state(first) == State::queued);
  CHECK(state(late) == State::failed);
}

TEST_CASE_FIXTURE(Chain, "waiting jobs fail at their deadline, with those that come after them") {
  const std::int64_t second = noon / 1'000'000;
  const auto at = add_after("a.mp4", {}, second + 10), later = add_after("b.mp4", {}, second + 11),
             held = add_after("c.mp4", {}, second + 10), running = add_after("d.mp4", {}, second + 10),
             free = add("e.mp4"), after = add_after("f.mp4", {at});
  store().hold(held, noon);
  const auto epoch = store().begin_epoch(store::this_process());
  REQUIRE(store().claim(epoch, running, {}, noon));
  CHECK(store().fail_overdue(noon + 9'999'999).empty());
  CHECK(store().fail_overdue(noon + 10'000'000) == std::vector{at, after});
  CHECK(store().fail_overdue(noon + 10'000'000).empty());
  CHECK(state(at) == State::failed);
  CHECK(store().job(at).error_code == store::error_of_deadline);
  CHECK(contains(store().job(at).error, "deadline passed"));
  CHECK(store().job(at).finished_at == noon + 10'000'000);
  CHECK(store().job(after).error_code == store::error_of_another);
  CHECK(state(later) == State::queued);
  CHECK(state(held) == State::held);
  CHECK(state(running) == State::running);
  CHECK(state(free) == State::queued);
  // Queued again it has no deadline that fails it at once.
  CHECK(store().retry(at, noon + 10'500'000) == State::queued);
  CHECK_FALSE(store().job(at).spec.deadline);
  CHECK(store().job(later).spec.deadline == second + 11);
  CHECK(state(after) == State::queued);
  CHECK(store().fail_overdue(noon + 10'600'000).empty());
}

TEST_CASE_FIXTURE(Chain, "who fails at a deadline is told of once, whoever finds it") {
  const store::ChannelRow channel{"mail", {store::NoticeKind::deadline}};
  store().set_channels(std::span(&channel, 1), noon);
  const std::int64_t second = noon / 1'000'000;
  const auto told_before = add_after("a.mp4", {}, second), untold = add_after("b.mp4", {}, second);
  store().add_notice({0, store::key_of_deadline(told_before, second), store::NoticeKind::deadline, noon,
                      told_before, "a red circle", "there is no place for it"});
  CHECK(store().fail_overdue(noon + 1) == std::vector{told_before, untold});
  const auto told = store().pending("mail");
  REQUIRE(told.size() == 2);
  CHECK(told[0].notice.detail == "there is no place for it");
  CHECK(told[1].notice.job == untold);
  CHECK(told[1].notice.at == noon + 1);
  CHECK(told[1].notice.detail == "its deadline passed before it could run");
}

TEST_CASE_FIXTURE(Chain, "the next deadline is that of the queued jobs alone") {
  const std::int64_t second = noon / 1'000'000;
  CHECK_FALSE(store().next_deadline(0));
  add("a.mp4");
  CHECK_FALSE(store().next_deadline(0));
  const auto soon = add_after("b.mp4", {}, second + 10), held = add_after("c.mp4", {}, second + 5);
  add_after("d.mp4", {soon}, second + 20);
  store().hold(held, noon);
  CHECK(store().next_deadline(second) == second + 10);
  CHECK(store().next_deadline(second + 9) == second + 10);
  CHECK(store().next_deadline(second + 10) == second + 20);
  CHECK_FALSE(store().next_deadline(second + 20));
  store().release(held, noon);
  CHECK(store().next_deadline(second) == second + 5);
}

TEST_CASE_FIXTURE(Chain, "a job is removed once nothing that waits comes after it") {
  const auto first = add("a.mp4"), next = add_after("b.mp4", {first});
  const Error waits = error_of([&] { store().remove(first); });
  CHECK(waits.code() == ErrorCode::bad_request);
  CHECK(waits.message() == "job 2 waits for job 1");
  store().hold(next, noon);
  CHECK_THROWS_AS(store().remove(first), Error);
  store().cancel(next, noon);
  store().remove(first);
  CHECK(store().job(next).after.empty());
  CHECK(store().list({}).size() == 1);
}

TEST_CASE_FIXTURE(Chain, "whatever ends a job tells what it was and when") {
  const auto epoch = store().begin_epoch(store::this_process());
  const auto done = add("a.mp4"), tried = add("b.mp4"), stopped = add("c.mp4");
  const auto claim = [&](store::JobId id) { return *store().claim(epoch, id, {}, noon + 1); };
  CHECK(claim(done).number == 1);
  store().finish(epoch, store().attempts(done)[0], {}, {}, noon + 5);
  CHECK(store().job(done).finished_at == noon + 5);
  CHECK(store().job(done).started_at == noon + 1);
  CHECK(store().attempts(done)[0].ended_at == noon + 5);
  CHECK(store().attempts(done)[0].state == store::AttemptState::done);
  store().fail(epoch, claim(tried), {}, {}, 4, "full", noon + 60, noon + 6);
  CHECK(state(tried) == State::queued);
  CHECK(store().job(tried).not_before == noon + 60);
  CHECK_FALSE(store().job(tried).finished_at);
  CHECK(store().job(tried).error_code == 4);
  CHECK(store().attempts(tried)[0].error == "full");
  CHECK(store().attempts(tried)[0].error_code == 4);
  store().interrupt(epoch, claim(stopped), {}, {}, "pause", noon + 7);
  CHECK_FALSE(store().job(stopped).started_at);
  CHECK(store().attempts(stopped)[0].error == "pause");
  CHECK(store().pending("mail").empty());  // none of them has failed for good
  const auto kinds = [&](store::JobId id) {
    std::string text;
    for (const store::Event& event : store().events(id))
      text += fmt::format("{} '{}' {}; ", event.kind, event.detail, event.at - noon);
    return text;
  };
  CHECK(kinds(done) == "started 'attempt 1' 1; done '' 5; ");
  CHECK(kinds(tried) == "started 'attempt 1' 1; failed, will be tried again 'full' 6; ");
  CHECK(kinds(stopped) == "started 'attempt 1' 1; interrupted 'pause' 7; ");
}
