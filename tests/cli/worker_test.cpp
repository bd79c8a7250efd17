#include <csignal>

#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;
using Json = nlohmann::json;

namespace {

Json order(const Workplace& place, const std::string& id, Json more = Json::object()) {
  Json request = {{"prompt", "a red circle moving right"},
                  {"steps", 2},
                  {"frames", 5},
                  {"size", "64x64"},
                  {"output", place.text_path("final-" + id + ".npy")}};
  request.update(more);
  return {{"id", id}, {"request", request}, {"write_to", place.text_path(id + ".part")}};
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::vector<Json> events(const std::vector<Json>& lines, const std::string& name) {
  std::vector<Json> found;
  for (const Json& line : lines)
    if (line["event"] == name) found.push_back(line);
  return found;
}

}  // namespace

TEST_CASE("a worker leaves a picture of what becomes where one is wanted") {
  Workplace place;
  std::string input;
  for (const char* id : {"asked", "not-asked"}) {
    Json one = order(place, id);
    one["preview"] = place.text_path(std::string(id) + ".png");
    input += one.dump() + "\n";
  }
  testing::write_file(place.path("asked.png.wanted"), "");
  // One that cannot be written fails nothing.
  Json nowhere = order(place, "nowhere");
  std::filesystem::create_directories(place.path("nowhere.png/x"));
  testing::write_file(place.path("nowhere.png.wanted"), "");
  nowhere["preview"] = place.text_path("nowhere.png");
  const auto result = place.run({"worker"}, input + nowhere.dump() + "\n");
  CHECK(events(lines_of(result.out), "done").size() == 3);
  CHECK(testing::read_file(place.path("asked.png")).starts_with("\x89PNG"));
  CHECK_FALSE(std::filesystem::exists(place.path("asked.png.wanted")));
  CHECK_FALSE(std::filesystem::exists(place.path("not-asked.png")));
  CHECK_FALSE(std::filesystem::exists(place.path("nowhere.png.new")));
}

TEST_CASE("a worker takes orders one after another, and a bad one does not end it") {
  Workplace place;
  Json changed = order(place, "changed");
  changed["fingerprint"] = "0123";
  Json upcoming = order(place, "a");
  upcoming["upcoming"] = {"a blue square", "a red circle moving right"};
  const auto result =
      place.run({"worker"}, upcoming.dump() + "\nnonsense\n" + order(place, "bad", {{"steps", 9}}).dump() +
                                "\n" + order(place, "two", {{"num_samples", 2}}).dump() + "\n" +
                                changed.dump() + "\n" + order(place, "b").dump() + "\n");
  CHECK(result.code == 0);
  const auto lines = lines_of(result.out);
  CHECK(lines.front()["event"] == "ready");
  const auto failed = events(lines, "failed");
  REQUIRE(failed.size() == 4);
  for (const Json& event : failed) CHECK(event["error"]["code"] == 2);
  CHECK(failed[0]["id"] == "");
  CHECK(failed[1]["id"] == "bad");
  CHECK(failed[3]["error"]["message"].get<std::string>().find("have changed") != std::string::npos);
  const auto done = events(lines, "done");
  REQUIRE(done.size() == 2);
  CHECK(done[0]["id"] == "a");
  CHECK(done[0]["output"]["path"] == place.text_path("final-a.npy"));
  CHECK(done[1]["model"] == "demo");
  CHECK(place.files() == std::vector<std::string>{"a.part", "b.part"});
  CHECK(testing::read_file(place.path("a.part")) == testing::read_file(place.path("b.part")));
  CHECK(events(lines, "progress").size() > 4);
}

TEST_CASE("an interrupted worker leaves a checkpoint, from where another makes the same file") {
  Workplace place;
  const Json long_one = {{"steps", 4}, {"frames", 17}, {"size", "128x128"}};
  const auto whole = place.run({"worker"}, order(place, "whole", long_one).dump() + "\n");
  REQUIRE(whole.code == 0);

  Json job = order(place, "whole", long_one);
  job["write_to"] = place.text_path("again.part");
  job["checkpoint"] = place.text_path("steps.safetensors");
  auto options = place.call({"worker"});
  core::Subprocess* running = nullptr;
  options.input = options.output = core::SubprocessOptions::Stream::pipe;
  options.on_output = [&](std::string_view line) {
    const Json event = Json::parse(line);
    if (event["event"] == "progress" && event["stage"] == "denoise" && event["step"] >= 2)
      running->signal(SIGTERM);
  };
  core::Subprocess process(std::move(options));
  running = &process;
  REQUIRE(process.write_input(job.dump() + "\n"));
  CHECK(process.wait()->code == 130);
  CHECK_FALSE(std::filesystem::exists(place.path("again.part")));
  REQUIRE(std::filesystem::exists(place.path("steps.safetensors")));

  const auto resumed = place.run({"worker"}, job.dump() + "\n");
  REQUIRE(resumed.code == 0);
  for (const Json& event : events(lines_of(resumed.out), "progress"))
    if (event["stage"] == "denoise" && event["phase"] == "update") CHECK(event["step"] >= 2);
  CHECK(testing::read_file(place.path("again.part")) == testing::read_file(place.path("whole.part")));
}
