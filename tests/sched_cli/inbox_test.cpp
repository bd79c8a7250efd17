// The watch folder through the real program.
#include <csignal>

#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

struct WatchPlace : SchedPlace {
  WatchPlace() {
    place().set("TURBODIFF_CONFIG", path("config.yaml"));
    configure("");
    fs::create_directory(path("watch"));
  }
  void configure(const std::string& more) {
    write_file(path("config.yaml"), "version: 1\nwatch:\n  folder: watch\n  settle: 1s\n" + more);
  }
  void drop(const std::string& name, const std::string& content) const {
    write_file(path("new"), content);
    fs::rename(path("new"), path("watch/" + name));
  }
  Finished once(const std::string& tariff = "closed.yaml") const {
    return run({"--tariff", path(tariff), "run", "--once"});
  }
  bool has(const std::string& name) const { return fs::exists(path("watch/" + name)); }
  nlohmann::json jobs() const { return json({"list"})["jobs"]; }
};

}  // namespace

TEST_CASE_FIXTURE(WatchPlace, "run takes what was dropped, makes the videos and leaves the file in done/") {
  drop(
      "night.yaml",
      "steps: 1\nframes: 5\nsize: 32x32\nprompts:\n- a red circle\n- {prompt: no, when: now, priority: 2}\n");
  drop("half.txt.part", "not yet");
  const auto result = once("open.yaml");
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(has("done/night.yaml"));
  CHECK(has("half.txt.part"));
  const auto all = jobs();
  REQUIRE(all.size() == 2);
  for (const auto& job : all) {
    CHECK(job["state"] == "done");
    CHECK(job["output"].get<std::string>().starts_with(path("watch/videos/")));
    CHECK(fs::exists(job["output"].get<std::string>()));
  }
}

TEST_CASE_FIXTURE(WatchPlace, "what gives no jobs lies in failed/ with its reason") {
  drop("typo.json", R"({"prompt": "a", "stepz": 1})");
  drop("late.yaml", "prompt: a\ndeadline: 2020-01-01T00:00:00Z\n");
  drop("cat.png", "picture");
  drop("cat.txt", "a cat");
  drop("story.doc", "words");
  drop("inside.yaml", "prompt: a\noutput: a.mp4\n");
  fs::create_symlink(path("config.yaml"), path("watch/link.txt"));
  CHECK(once().code == 0);
  CHECK(jobs().empty());
  const std::pair<const char*, const char*> reasons[] = {
      {"typo.json", "did you mean 'steps'?"}, {"late.yaml", "the deadline passes before"},
      {"cat.png", "image to video"},          {"cat.txt", "image to video"},
      {"story.doc", "it is not a .txt"},      {"inside.yaml", "lies outside of"},
      {"link.txt", "symbolic link"}};
  for (const auto& [name, reason] : reasons) {
    CHECK_MESSAGE(fs::exists(fs::symlink_status(path("watch/failed/" + std::string(name)))), name);
    const std::string told = read_file(path("watch/failed/" + std::string(name) + ".reason.txt"));
    CHECK_MESSAGE(told.find(reason) != std::string::npos, told);
    CHECK(std::count(told.begin(), told.end(), '\n') == 1);
  }
}

TEST_CASE_FIXTURE(WatchPlace, "a picture that comes after its text learns what became of the text") {
  drop("cat.txt", "a cat\na tabby cat");
  CHECK(once().code == 0);
  drop("cat.JPG", "picture");
  CHECK(once().code == 0);
  REQUIRE(jobs().size() == 2);
  const std::string told = read_file(path("watch/failed/cat.JPG.reason.txt"));
  CHECK_MESSAGE(told.find("image to video") != std::string::npos, told);
  CHECK_MESSAGE(told.find("'cat.txt' was taken before as jobs 1 to 2") != std::string::npos, told);
  CHECK(run({"cancel", "1", "2"}).code == 0);
  drop("cat.JPG", "picture");
  CHECK(once().code == 0);
  CHECK(read_file(path("watch/failed/cat-2.JPG.reason.txt")).find("was taken before") == std::string::npos);
}

TEST_CASE_FIXTURE(WatchPlace, "a deadline that cannot be met is a reason, one that can is a job") {
  // closed.yaml is cheap only hours from now.
  drop("soon.yaml", "prompts:\n- a\n- {prompt: b, deadline: +10m}\n");
  drop("anyhow.yaml", "prompt: a\ndeadline: +10m\nwhen: now\n");
  drop("tomorrow.json", R"({"prompt": "a", "deadline": "+24h"})");
  CHECK(once().code == 0);
  CHECK(jobs().size() == 2);
  CHECK(has("done/anyhow.yaml"));
  CHECK(has("done/tomorrow.json"));
  REQUIRE(has("failed/soon.yaml"));
  const std::string told = read_file(path("watch/failed/soon.yaml.reason.txt"));
  CHECK_MESSAGE(told.find("cannot be met") != std::string::npos, told);
  CHECK_MESSAGE(told.find("when: cheapest or now") != std::string::npos, told);
  CHECK(std::count(told.begin(), told.end(), '\n') == 1);
}

TEST_CASE_FIXTURE(WatchPlace, "on a network file system the folder is polled") {
  place().set("LD_PRELOAD", TURBODIFF_STATFS_SHIM);
  place().set("STATFS_TYPE", "6969");  // NFS
  place().set("STATFS_UNDER", path("watch"));
  configure("  poll: 1s\n");
  drop("before.txt", "a");
  auto options = call({"--tariff", path("closed.yaml"), "daemon"});
  std::string told;
  options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_errors = [&](std::string_view line) { told += std::string(line) + "\n"; };
  core::Subprocess daemon(std::move(options));
  const auto is_taken = [&](const std::string& name) {
    wait_for(daemon, [&] { return has("done/" + name); });
  };
  is_taken("before.txt");
  CHECK_MESSAGE(told.find("is polled every 1 s: it is on NFS") != std::string::npos, told);
  // Another machine's clock is far behind, and nothing tells of its file but its size.
  drop("after.txt", "b");
  fs::last_write_time(path("watch/after.txt"), fs::file_time_type::clock::now() - std::chrono::hours(5));
  is_taken("after.txt");
  stop(daemon);
  CHECK(jobs().size() == 2);
}

TEST_CASE_FIXTURE(WatchPlace, "the same file again adds nothing, unless that is asked for") {
  for (const char* policy : {"skip", "skip", "add"}) {
    configure(std::string("  duplicates: ") + policy + "\n");
    drop("a.txt", "a\n");
    CHECK(once().code == 0);
  }
  CHECK(jobs().size() == 2);
  CHECK(has("done/a.txt"));
  CHECK(has("done/a-2.txt"));
  CHECK(has("done/a-3.txt"));
  // Whoever dropped it sees why nothing came of it.
  const std::string told = read_file(path("watch/done/a-2.txt.reason.txt"));
  CHECK_MESSAGE(told.find("the same file as that of job 1, so no job is added") != std::string::npos, told);
  CHECK(std::count(told.begin(), told.end(), '\n') == 1);
  CHECK_FALSE(has("done/a.txt.reason.txt"));
  CHECK_FALSE(has("done/a-3.txt.reason.txt"));
}

TEST_CASE_FIXTURE(WatchPlace, "a file that gives no jobs is reported to the channels that hear of failures") {
  configure(
      "notify:\n  wait: 1s\n  channels: [ { type: webhook, url: \"http://127.0.0.1:9/\", events: [failed] } "
      "]\n");
  drop("a.txt", "a\n");
  drop("typo.json", R"({"prompt": "a", "stepz": 1})");
  CHECK(once().code == 0);
  drop("a.txt", "a\n");
  CHECK(once().code == 0);
  std::string told;
  const auto listed = json({"notify", "list"});
  for (const auto& delivery : listed["deliveries"]) told += delivery.dump() + "\n";
  CHECK_MESSAGE(std::count(told.begin(), told.end(), '\n') == 2, told);
}

TEST_CASE_FIXTURE(WatchPlace, "a dropped file does not leave the folders that it may use") {
  const std::string videos = path("watch/videos");
  fs::create_directories(videos);
  fs::create_directory_symlink(path(""), videos + "/out");
  fs::create_directory(path("watch/models"));
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"up.yaml", "output: ../../x.mp4"},
      {"hidden.yaml", "output: videos/../../x.mp4"},
      {"absolute.yaml", "output: " + path("x.mp4")},
      {"seeds.yaml", "output: videos/{seed}/../../../x.mp4"},
      {"link.yaml", "output: videos/out/x.mp4"},
      {"done.yaml", "output: done/x.mp4"},
      {"latents.yaml", "save_latents: ../x.safetensors"},
      {"sheet.yaml", "contact_sheet: /x.png"},
      {"model.yaml", "dit: /etc/hostname"},
      {"folder.yaml", "model: ../"},
      {"vae.yaml", "vae: ../vae.pth"},
      {"noise.yaml", "noise: /etc/hostname"}};
  for (const auto& [name, line] : refused) drop(name, "prompt: a\n" + line + "\n");
  drop("fine.yaml", "prompt: a\noutput: videos/x.mp4\n");
  CHECK(once().code == 0);
  for (const auto& [name, line] : refused) {
    const std::string told = read_file(path("watch/failed/" + name + ".reason.txt"));
    CHECK_MESSAGE(told.find("set watch.allow_paths: true") != std::string::npos, line << ": " << told);
  }
  REQUIRE(jobs().size() == 1);
  CHECK(jobs()[0]["output"] == videos + "/x.mp4");

  configure("  allow_paths: true\n");
  drop("absolute.yaml", "prompt: a\noutput: " + path("x.mp4") + "\n");
  CHECK(once().code == 0);
  CHECK(jobs().size() == 2);

  // Nor does what becomes of the file itself lead out of it.
  fs::rename(path("watch/done"), path("watch/old"));
  fs::create_directory(path("elsewhere"));
  fs::create_directory_symlink(path("elsewhere"), path("watch/done"));
  drop("b.txt", "b\n");
  CHECK(once().err.find("is a symbolic link") != std::string::npos);
  CHECK(fs::is_empty(path("elsewhere")));
}

TEST_CASE_FIXTURE(WatchPlace, "a file is not taken while it is written, and only one watches a folder") {
  std::ofstream slow(path("watch/slow.txt"));
  slow << "a red " << std::flush;
  auto options = call({"--tariff", path("closed.yaml"), "daemon"});
  core::Subprocess daemon(std::move(options));
  drop("first.txt", "a");
  wait_for(daemon, [&] { return has("done/first.txt"); });
  place().set("TURBODIFF_STORE", path("other.db"));
  const auto second = once();
  CHECK(second.code == 4);
  CHECK(second.error_line().find("another turbodiff-sched watches") != std::string::npos);
  place().set("TURBODIFF_STORE", path("jobs.db"));
  // Longer than the settle time.
  daemon.wait(1.5);
  CHECK(has("slow.txt"));
  slow << "circle\n";
  slow.close();
  wait_for(daemon, [&] { return has("done/slow.txt"); });
  stop(daemon);
  REQUIRE(jobs().size() == 2);
  CHECK(job(2)["prompt"] == "a red circle");
}
