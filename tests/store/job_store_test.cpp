#include "store/job_store.h"

#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::State;

TEST_CASE_FIXTURE(StoreFixture, "jobs are added all or none") {
  std::vector<store::NewJob> jobs = {new_job(path("a.mp4")), new_job(path("b.mp4")), new_job(path("a.mp4"))};
  const Error error = error_of([&] { store().add(jobs, noon); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("a.mp4") != std::string::npos);
  CHECK(store().list({}).empty());
  jobs.pop_back();
  const auto ids = store().add(jobs, noon);
  REQUIRE(ids.size() == 2);
  CHECK(store().presets().size() == 1);
  const store::Job job = store().job(ids[1]);
  CHECK(job.spec.prompt == "a red circle");
  CHECK(job.spec.output == path("b.mp4"));
  CHECK(job.state == State::queued);
  CHECK(job.added_at == noon);
  CHECK(error_of([&] { store().job(99); }).code() == ErrorCode::not_found);
}

TEST_CASE_FIXTURE(StoreFixture, "every state takes the actions of the machine and refuses the others") {
  const auto id = add("a.mp4");
  store().hold(id, noon);
  CHECK(store().job(id).state == State::held);
  CHECK(error_of([&] { store().hold(id, noon); }).message().find("job 1 is held") != std::string::npos);
  store().release(id, noon);
  CHECK(store().cancel(id, noon));
  CHECK(store().job(id).state == State::cancelled);
  CHECK_THROWS_AS(store().cancel(id, noon), Error);
  store().retry(id, noon);
  CHECK(store().job(id).state == State::queued);
  CHECK_THROWS_AS(store().retry(id, noon), Error);
  std::vector<std::string> kinds;
  for (const store::Event& event : store().events(id)) kinds.push_back(event.kind);
  CHECK(kinds == std::vector<std::string>{"held", "queued", "cancelled", "queued"});
  store().remove(id);
  CHECK(store().list({}).empty());
}

TEST_CASE_FIXTURE(StoreFixture, "a held job that failed because another did is held again after a retry") {
  const auto first = add("1.mp4");
  const auto add_after = [&](const std::string& name, store::JobId before) {
    store::NewJob job = new_job(path(name));
    job.after = {before};
    return store().add(std::span(&job, 1), noon).front();
  };
  const auto held = add_after("2.mp4", first), queued = add_after("3.mp4", held);
  store().hold(held, noon);
  const auto give_up = [&] {
    store().cancel(first, noon);
    for (const auto id : {held, queued}) CHECK(store().job(id).state == State::failed);
  };
  give_up();
  CHECK(store().retry(first, noon) == State::queued);
  CHECK(store().job(held).state == State::held);
  CHECK(store().job(held).error.empty());
  CHECK(store().events(held).back().kind == "held");
  CHECK(store().job(queued).state == State::queued);
  // Also when it is retried by itself, once what it came after is gone.
  give_up();
  store().remove(first);
  CHECK(store().retry(held, noon) == State::held);
  CHECK(store().job(queued).state == State::queued);
  // What was released is held no more.
  store().release(held, noon);
  store().cancel(held, noon);
  CHECK(store().retry(held, noon) == State::queued);
}

TEST_CASE_FIXTURE(StoreFixture, "a job that was set aside is queued again with the one it failed with") {
  const auto first = add("1.mp4");
  store::NewJob job = new_job(path("2.mp4"));
  job.spec.retries = 0;
  const auto aside = store().add(std::span(&job, 1), noon).front();
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, aside, {}, noon);
  REQUIRE(attempt);
  store().cut_off(epoch, *attempt, {}, {}, {"it was cut off", true, {}}, noon);
  REQUIRE(store::is_set_aside(store().job(aside)));
  store::JobEdit edit;
  edit.after = {first};
  store().edit(aside, edit, noon);
  store().cancel(first, noon);
  REQUIRE(store().job(aside).state == State::failed);
  CHECK(store().retry(first, noon) == State::queued);
  CHECK(store().job(aside).state == State::queued);
  CHECK(store().job(aside).failures == 0);
}

TEST_CASE_FIXTURE(StoreFixture, "fewer retries do not set aside what its owner holds, and let nothing go") {
  const auto id = add("1.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto set_retries = [&](int retries) {
    store::JobEdit edit;
    edit.retries = retries;
    store().edit(id, edit, noon);
  };
  set_retries(3);
  for (int i = 0; i < 2; ++i)
    store().fail(epoch, *store().claim(epoch, id, {}, noon), {}, {}, 1, "broken", noon, noon);
  SUBCASE("held before") {
    store().hold(id, noon);
    set_retries(1);
  }
  SUBCASE("held afterwards") {
    set_retries(1);
    store().hold(id, noon);
  }
  CHECK_FALSE(store::is_set_aside(store().job(id)));
  CHECK(error_of([&] { store().retry(id, noon); }).code() == ErrorCode::bad_request);
  store().release(id, noon);
  CHECK(store().job(id).failures == 1);  // as many as it may have: the next one is the last
  store().cut_off(epoch, *store().claim(epoch, id, {}, noon), {}, {}, {"it was cut off", true, {}}, noon);
  CHECK(store::is_set_aside(store().job(id)));
  set_retries(0);
  CHECK(store::is_set_aside(store().job(id)));
  CHECK(store().retry(id, noon) == State::queued);
}

TEST_CASE("a job is set aside when it is held and has failed more often than it may") {
  for (const State state :
       {State::queued, State::held, State::running, State::done, State::failed, State::cancelled})
    for (const int failures : {0, 2, 3}) {
      store::Job job;
      job.state = state;
      job.failures = failures;
      job.spec.retries = 2;
      CHECK(store::is_set_aside(job) == (state == State::held && failures == 3));
    }
}

TEST_CASE(
    "the table of states is complete: each pair of state and action is allowed or refused as documented") {
  using store::Action;
  const std::vector<State> states = {State::queued, State::held,   State::running,
                                     State::done,   State::failed, State::cancelled};
  const std::map<Action, std::string> allowed = {
      {Action::edit, "qh"},  {Action::hold, "q"},       {Action::release, "h"},   {Action::cancel, "qhr"},
      {Action::retry, "fc"}, {Action::remove, "qhdfc"}, {Action::claim, "q"},     {Action::finish, "r"},
      {Action::fail, "r"},   {Action::try_again, "r"},  {Action::interrupt, "r"}, {Action::set_aside, "r"}};
  // Where an action leads; those that are missing change nothing.
  const std::map<Action, State> leads_to = {
      {Action::hold, State::held},     {Action::release, State::queued},   {Action::cancel, State::cancelled},
      {Action::retry, State::queued},  {Action::claim, State::running},    {Action::finish, State::done},
      {Action::fail, State::failed},   {Action::try_again, State::queued}, {Action::interrupt, State::queued},
      {Action::set_aside, State::held}};
  for (const auto& [action, letters] : allowed)
    for (const State state : states) {
      CAPTURE(store::name_of(state));
      const bool may = letters.find(store::name_of(state).front()) != std::string::npos;
      const auto next = leads_to.find(action);
      if (may)
        CHECK(store::after(state, action, 1) == (next == leads_to.end() ? state : next->second));
      else
        CHECK(error_of([&] { store::after(state, action, 1); }).code() == ErrorCode::bad_request);
    }
}

TEST_CASE_FIXTURE(StoreFixture, "edits change what they name, and only of waiting jobs") {
  const auto first = add("a.mp4"), second = add("b.mp4");
  store::JobEdit edit;
  edit.priority = 7;
  edit.deadline = std::optional<std::int64_t>(1'790'003'600);
  edit.after = std::vector<store::JobId>{first};
  store().edit(second, edit, noon);
  store::Job job = store().job(second);
  CHECK(job.spec.priority == 7);
  CHECK(job.spec.deadline == 1'790'003'600);
  CHECK(job.after == std::vector<store::JobId>{first});
  CHECK(job.spec.prompt == "a red circle");
  edit = {};
  edit.after = std::vector<store::JobId>{second};
  CHECK(error_of([&] { store().edit(first, edit, noon); }).message().find("wait for itself") !=
        std::string::npos);
  edit = {};
  edit.output = path("a.mp4");
  CHECK_THROWS_AS(store().edit(second, edit, noon), Error);
  CHECK(error_of([&] { store().remove(first); }).message().find("job 2 waits") != std::string::npos);
  edit = {};
  edit.deadline = std::optional<std::int64_t>();
  store().edit(second, edit, noon);
  CHECK_FALSE(store().job(second).spec.deadline);
}

TEST_CASE_FIXTURE(StoreFixture, "lists filter, limit and count") {
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"}) add(name);
  store().hold(2, noon);
  CHECK(store().list({{State::held}, 0, false}).size() == 1);
  CHECK(store().list({{}, 2, true}).front().id == 3);
  CHECK(store().count_by_state()[State::queued] == 2);
  CHECK(store().waiting().size() == 2);
}
