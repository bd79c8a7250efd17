// Every field of a job, its preset and its attempts goes in and comes back.
#include <functional>
#include <set>

#include "contains.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::State;

namespace {

/// No field has its default, and no two of a type are equal.
store::NewJob full_job(const std::string& output) {
  store::NewJob job;
  job.preset = {R"({"steps":3})", "model", "beef", "cuda:1", "5ha", 181, 3, 1024};
  job.spec = {.prompt = "a blue square",
              .output = output,
              .options = R"({"seed":7})",
              .priority = 4,
              .earliest = 1'790'000'100,
              .deadline = 1'790'000'900,
              .when = spec::When::cheapest,
              .retries = 5,
              .group = "night",
              .held = true,
              .overwrite = true};
  return job;
}

struct Edited {
  const char* name;
  std::function<void(store::JobEdit&)> ask;
  std::function<void(store::JobSpec&)> becomes;
};

}  // namespace

TEST_CASE_FIXTURE(StoreFixture, "what a job is added with is what it is read with, one by one and in lists") {
  const store::NewJob given = full_job(path("b.mp4"));
  const auto id = store().add(std::span(&given, 1), noon + 1)[0];
  for (const store::Job& job : {store().job(id), store().list({}).front()}) {
    CHECK(job.id == id);
    CHECK(job.state == State::held);
    CHECK((job.spec == given.spec));
    CHECK(job.model == "model");
    CHECK(job.fingerprint == "beef");
    CHECK(job.device == "cuda:1");
    CHECK(job.tokens == 181);
    CHECK(job.steps == 3);
    CHECK(job.pixels == 1024);
    CHECK(job.added_at == noon + 1);
    CHECK(job.attempts == 0);
    CHECK(job.failures == 0);
    CHECK_FALSE(job.not_before);
    CHECK_FALSE(job.started_at);
    CHECK_FALSE(job.finished_at);
    CHECK_FALSE(job.cancel_requested);
    CHECK(job.error_code == 0);
    CHECK(job.error.empty());
    CHECK(job.after.empty());
    CHECK((store().preset(job.preset) == given.preset));
  }
  CHECK(error_of([&] { store().preset(99); }).code() == ErrorCode::work_failed);
}

TEST_CASE_FIXTURE(StoreFixture, "presets are one for jobs that are alike, and another for any difference") {
  const store::NewJob first = full_job(path("a.mp4"));
  std::vector<store::NewJob> jobs = {first, first};
  const auto changed = [&](auto change) {
    jobs.push_back(first);
    change(jobs.back().preset);
  };
  changed([](store::Preset& p) { p.options = R"({"steps":2})"; });
  changed([](store::Preset& p) { p.model = "other"; });
  changed([](store::Preset& p) { p.fingerprint = "f00d"; });
  changed([](store::Preset& p) { p.device = "cpu"; });
  changed([](store::Preset& p) { p.image_sha256 = "other"; });
  // Parts are told apart by their lengths.
  changed([](store::Preset& p) { p.model = "modelb", p.fingerprint = "eef"; });
  jobs.push_back(first);
  const auto ids = store().add(jobs, noon);
  std::set<std::int64_t> presets;
  for (const auto id : ids) presets.insert(store().job(id).preset);
  CHECK(presets.size() == 7);
  CHECK(store().presets().size() == 7);
  CHECK(store().job(ids[0]).preset == store().job(ids[1]).preset);
  CHECK(store().job(ids[0]).preset == store().job(ids.back()).preset);
}

TEST_CASE_FIXTURE(StoreFixture, "an edit changes the one field it names") {
  const std::vector<Edited> edits = {
      {"prompt", [](auto& e) { e.prompt = "x"; }, [](auto& s) { s.prompt = "x"; }},
      {"output", [&](auto& e) { e.output = path("x.mp4"); }, [&](auto& s) { s.output = path("x.mp4"); }},
      {"options", [](auto& e) { e.options = "{}"; }, [](auto& s) { s.options = "{}"; }},
      {"group", [](auto& e) { e.group = ""; }, [](auto& s) { s.group = ""; }},
      {"priority", [](auto& e) { e.priority = -2; }, [](auto& s) { s.priority = -2; }},
      {"earliest", [](auto& e) { e.earliest = std::optional<std::int64_t>(1'790'000'200); },
       [](auto& s) { s.earliest = 1'790'000'200; }},
      {"no earliest", [](auto& e) { e.earliest = std::optional<std::int64_t>(); },
       [](auto& s) { s.earliest.reset(); }},
      {"no deadline", [](auto& e) { e.deadline = std::optional<std::int64_t>(); },
       [](auto& s) { s.deadline.reset(); }},
      {"when", [](auto& e) { e.when = spec::When::now; }, [](auto& s) { s.when = spec::When::now; }},
      {"retries", [](auto& e) { e.retries = 0; }, [](auto& s) { s.retries = 0; }},
      {"nothing", [](auto&) {}, [](auto&) {}}};
  store::NewJob bystander = full_job(path("other.mp4"));
  store().add(std::span(&bystander, 1), noon);
  for (const Edited& edit : edits) {
    CAPTURE(edit.name);
    const store::NewJob given = full_job(path("b.mp4"));
    const auto id = store().add(std::span(&given, 1), noon)[0];
    store::JobEdit changes;
    edit.ask(changes);
    store().edit(id, changes, noon + 5);
    store::JobSpec expected = given.spec;
    edit.becomes(expected);
    CHECK((store().job(id).spec == expected));
    CHECK((store().job(1).spec == bystander.spec));
    REQUIRE(store().events(id).size() == 1);
    CHECK(store().events(id)[0].kind == "edited");
    CHECK(store().events(id)[0].at == noon + 5);
    store().remove(id);
  }
}

TEST_CASE_FIXTURE(StoreFixture,
                  "an output is free for a job that overwrites, and again when the other is over") {
  const auto first = add("a.mp4");
  store::JobEdit to_a;
  to_a.output = path("a.mp4");
  store().edit(first, to_a, noon);  // its own name
  const auto second = add("b.mp4");
  CHECK(error_of([&] { store().edit(second, to_a, noon); }).message() ==
        fmt::format("job 1 will write '{}' already", path("a.mp4")));
  CHECK_FALSE(store().job(second).spec.overwrite);
  CHECK(store().job(second).spec.output == path("b.mp4"));
  store().hold(first, noon);
  CHECK_THROWS_AS(add("a.mp4"), Error);
  store::NewJob forced = new_job(path("a.mp4"));
  forced.spec.overwrite = true;
  const auto third = store().add(std::span(&forced, 1), noon)[0];
  CHECK(store().job(third).spec.overwrite);
  store().edit(third, to_a, noon);
  for (const auto id : {first, third}) store().cancel(id, noon);
  store().edit(second, to_a, noon);
  CHECK(store().job(second).spec.output == path("a.mp4"));
  CHECK(error_of([&] { store().retry(first, noon); }).code() == ErrorCode::bad_request);
  store().retry(third, noon);  // it overwrites
  CHECK(store().job(third).state == State::queued);
}

TEST_CASE_FIXTURE(StoreFixture, "what jobs come after is kept in order, once each, and is no circle") {
  const auto a = add("a.mp4"), b = add("b.mp4");
  store::NewJob job = new_job(path("c.mp4"));
  job.after = {b, a, b};
  const auto c = store().add(std::span(&job, 1), noon)[0];
  CHECK(store().job(c).after == std::vector{a, b});
  CHECK(store().list({{}, 1, true})[0].after == std::vector{a, b});
  CHECK(store().waiting_after() == std::multimap<store::JobId, store::JobId>{{c, a}, {c, b}});
  store::JobEdit edit;
  edit.after = std::vector<store::JobId>{c};
  CHECK(contains(error_of([&] { store().edit(a, edit, noon); }).message(), "job 1 would wait for itself"));
  CHECK(store().job(a).after.empty());
  edit.after = std::vector<store::JobId>{c};
  CHECK(contains(error_of([&] { store().edit(c, edit, noon); }).message(), "cannot come after itself"));
  edit.after = std::vector<store::JobId>{77};
  const Error unknown = error_of([&] { store().edit(c, edit, noon); });
  CHECK(unknown.code() == ErrorCode::not_found);
  CHECK(unknown.message() == "--after: there is no job 77");
  // No circle, though something comes after b already; then one around three.
  edit.after = std::vector<store::JobId>{a};
  store().edit(b, edit, noon);
  CHECK(store().job(b).after == std::vector{a});
  edit.after = std::vector<store::JobId>{b};
  store().edit(c, edit, noon);
  CHECK(store().job(c).after == std::vector{b});
  edit.after = std::vector<store::JobId>{c};
  CHECK(contains(error_of([&] { store().edit(a, edit, noon); }).message(), "job 1 would wait for itself"));
  edit.after = std::vector<store::JobId>{};
  store().edit(b, edit, noon);
  store().remove(a);  // nothing waits for it any more
  store().hold(c, noon);
  CHECK(store().waiting_after().empty());
}

TEST_CASE_FIXTURE(StoreFixture, "files that belong to a job lie beside the store, and go with it") {
  const auto id = add("a.mp4");
  const std::filesystem::path beside = path("jobs.db-files");
  CHECK(store().folder("logs") == beside / "logs");
  CHECK(store().log_file(id) == beside / "logs/1.log");
  CHECK(store().checkpoint_file(id) == beside / "checkpoints/1.safetensors");
  CHECK(store().preview_file(id) == beside / "previews/1.png");
  for (const auto& file : {store().log_file(id), store().checkpoint_file(id)}) {
    std::filesystem::create_directories(file.parent_path());
    write_file(file, "x");
  }
  store().remove(id);
  CHECK_FALSE(std::filesystem::exists(store().log_file(id)));
  CHECK_FALSE(std::filesystem::exists(store().checkpoint_file(id)));
  CHECK(error_of([&] { store().remove(id); }).code() == ErrorCode::not_found);
}

TEST_CASE("names of states, times and attempts are read back, and no others") {
  for (const auto state :
       {State::queued, State::held, State::running, State::done, State::failed, State::cancelled}) {
    CHECK(store::state_named(store::name_of(state)) == state);
    CHECK(store::is_final(state) ==
          (state != State::queued && state != State::held && state != State::running));
  }
  for (const auto when : {spec::When::off_peak, spec::When::cheapest, spec::When::now})
    CHECK(spec::when_named(spec::name_of(when)) == when);
  CHECK(spec::name_of(spec::When::off_peak) == "off-peak");
  CHECK_FALSE(store::state_named("Queued"));
  CHECK_FALSE(spec::when_named("later"));
  std::set<std::string_view> names;
  for (const auto state :
       {store::AttemptState::running, store::AttemptState::publishing, store::AttemptState::done,
        store::AttemptState::failed, store::AttemptState::interrupted})
    names.insert(store::name_of(state));
  CHECK(names == std::set<std::string_view>{"running", "publishing", "done", "failed", "interrupted"});
}
