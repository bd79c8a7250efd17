#include "contains.h"
#include "media/metadata.h"
#include "media/video_reader.h"
#include "turbodiff_process.h"
#include "weights/tensor_source.h"

using namespace turbodiff;
using testing::contains;
using testing::quick_generate;
using testing::read_file;
using testing::Workplace;

TEST_CASE("a prompt becomes a file, and standard output names it") {
  Workplace place;
  const auto result = place.run(quick_generate({"a red circle", "-o", "a.mp4"}));
  CHECK(result.code == 0);
  CHECK(contains(result.out, "wrote a.mp4 (32x32, 5 frames"));
  CHECK(contains(result.err, "rcm sampler, 1 step, seed 0"));
  CHECK(place.files() == std::vector<std::string>{"a.mp4"});
  const auto video = media::read_video_info(place.path("a.mp4"));
  CHECK(video.width == 32);
  CHECK(video.codec == "h264");
}

TEST_CASE("no control codes where there is no terminal") {
  Workplace place;
  for (const char* style : {"auto", "bar", "lines", "json"}) {
    const auto result = place.run(quick_generate({"x", "-o", "a.mp4", "--force", "--progress", style}));
    CHECK(result.code == 0);
    for (const char* code : {"\x1b", "\r", "\b"}) CHECK(!contains(result.out + result.err, code));
  }
}

TEST_CASE("--quiet prints the path only") {
  const auto result = Workplace().run(quick_generate({"x", "-o", "a.mp4", "-q"}));
  CHECK(result.out == "a.mp4\n");
  CHECK(result.err.empty());
}

TEST_CASE("progress is reported by stage") {
  const auto result = Workplace().run(quick_generate({"x", "-o", "a.mp4", "--progress", "json"}));
  for (const char* stage : {"\"text\"", "\"load\"", "\"denoise\"", "\"decode\"", "\"encode\""})
    CHECK_MESSAGE(contains(result.err, stage), stage);
}

TEST_CASE("the same seed gives the same bytes: again, with another thread count, and from the recipe") {
  Workplace place;
  const auto make = [&](const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", name, "-q"});
    const auto result = place.run(arguments);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    return read_file(place.path(name));
  };
  const std::string first = make("a.mp4", quick_generate({"a red circle", "--seed", "5", "--threads", "1"}));
  CHECK(make("b.mp4", quick_generate({"a red circle", "--seed", "5", "--threads", "2"})) == first);
  CHECK(make("c.mp4", {"generate", "--from", place.text_path("a.mp4")}) == first);
  CHECK(make("d.mp4", {"generate", "--from", place.text_path("a.mp4"), "--seed", "6"}) != first);
}

TEST_CASE("every container is written and carries its recipe") {
  Workplace place;
  for (const char* name : {"a.mp4", "a.webm", "a.gif", "a.safetensors"}) {
    REQUIRE(place.run(quick_generate({"a red circle", "--seed", "3", "-o", name})).code == 0);
    const auto recipe = place.run({"info", name, "--json"}).json()["recipe"];
    CHECK_MESSAGE(recipe["request"]["prompt"] == "a red circle", name);
    CHECK(recipe["request"]["seed"] == 3);
    CHECK(recipe["model"]["name"] == "demo");
    CHECK(recipe["model"]["fingerprint"].get<std::string>().size() == 64);
  }
  CHECK(place.run(quick_generate({"x", "-o", "a.npy"})).code == 0);
  CHECK(
      place.run({"generate", "x", "--steps", "1", "--size", "32x32", "--frames", "1", "-o", "a.png"}).code ==
      0);
  CHECK(place.run({"info", "a.png", "--json"}).json()["recipe"]["request"]["frames"] == 1);
}

TEST_CASE("info is readable and one line an item") {
  Workplace place;
  REQUIRE(place.run(quick_generate({"a red\ncircle", "-o", "a.mp4"})).code == 0);
  const auto result = place.run({"info", "a.mp4"});
  CHECK(contains(result.out, "prompt               a red\\ncircle\n"));
  CHECK(contains(result.out, "seed                 0\n"));
}

TEST_CASE("--from keeps what is not changed, and a recipe may be a JSON file") {
  Workplace place;
  REQUIRE(place.run(quick_generate({"a red circle", "--seed", "9", "-o", "a.gif"})).code == 0);
  testing::write_file(place.path("r.json"), place.run({"info", "a.gif", "--json"}).json()["recipe"].dump());
  const auto document = place.run({"generate", "a blue square", "--from", "r.json", "-o", "b.gif", "--json"})
                            .json()["outputs"][0];
  CHECK(document["prompt"] == "a blue square");
  CHECK(document["seed"] == 9);
  CHECK(document["frames"] == 5);
}

TEST_CASE("several samples: a file each, or side by side in one") {
  Workplace place;
  const auto files =
      place.run(quick_generate({"x", "--num-samples", "2", "--seed", "4", "-o", "a.mp4", "--json"}));
  REQUIRE(files.code == 0);
  CHECK(files.json()["outputs"].size() == 2);
  CHECK(files.json()["outputs"][1]["seed"] == 5);
  CHECK(place.files() == std::vector<std::string>{"a-1.mp4", "a-2.mp4"});

  const auto grid =
      place.run(quick_generate({"x", "--num_samples", "2", "--seed", "4", "-o", "g.mp4", "--json"}));
  REQUIRE(grid.code == 0);
  CHECK(grid.json()["outputs"].size() == 1);
  CHECK(grid.json()["outputs"][0]["width"] == 64);
  CHECK(grid.json()["outputs"][0]["seeds"] == nlohmann::json{4, 5});
}

TEST_CASE("prompts from a file, with overrides, and from standard input") {
  Workplace place;
  testing::write_file(
      place.path("p.txt"),
      "# two\na red circle\n{\"prompt\": \"a blue square\", \"seed\": 8, \"output\": \"b.gif\"}\n");
  const auto result = place.run(quick_generate({"--prompts", "p.txt", "--json"}));
  REQUIRE(result.code == 0);
  CHECK(place.files() == std::vector<std::string>{"a-red-circle-0.mp4", "b.gif", "p.txt"});
  CHECK(result.json()["outputs"][1]["seed"] == 8);

  const auto piped = place.run(quick_generate({"--prompts", "-", "-o", "p{index}.mp4", "-q"}), "one\ntwo\n");
  CHECK(piped.out == "p1.mp4\np2.mp4\n");
}

TEST_CASE("prompts of a file give the same videos as alone") {
  Workplace place;
  testing::write_file(place.path("p.txt"), "a red circle\na blue square\n");
  REQUIRE(place.run(quick_generate({"--prompts", "p.txt", "-o", "p{index}.mp4"})).code == 0);
  REQUIRE(place.run(quick_generate({"a blue square", "-o", "alone.mp4"})).code == 0);
  CHECK(read_file(place.path("p2.mp4")) == read_file(place.path("alone.mp4")));
}

TEST_CASE("a contact sheet and the latents are written beside the video") {
  Workplace place;
  REQUIRE(place
              .run(quick_generate(
                  {"x", "-o", "a.mp4", "--contact-sheet", "s.png", "--save-latents", "l.safetensors"}))
              .code == 0);
  CHECK(place.files() == std::vector<std::string>{"a.mp4", "l.safetensors", "s.png"});
}

TEST_CASE("latents are those of the frames: the same from the noise beside them, whatever the seed") {
  Workplace place;
  // Over two steps, so that the noise of the steps counts.
  const auto run = [&](const std::string& name, const std::string& seed, std::vector<std::string> more) {
    std::vector<std::string> call = {"generate",
                                     "x",
                                     "--steps",
                                     "2",
                                     "--frames",
                                     "5",
                                     "--size",
                                     "48x32",
                                     "-q",
                                     "--seed",
                                     seed,
                                     "-o",
                                     name + ".npy",
                                     "--save-latents",
                                     name + ".safetensors"};
    call.insert(call.end(), more.begin(), more.end());
    const auto result = place.run(call);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    return weights::TensorSource::open(place.path(name + ".safetensors"));
  };
  const auto values = [](const auto& file, const char* name) { return weights::to_floats(file->at(name)); };
  const auto frames = [&](const std::string& name) { return read_file(place.path(name + ".npy")); };

  const auto first = run("b", "7", {}), other = run("d", "9", {});
  const auto again = run("c", "9", {"--noise", "b.safetensors"});
  const std::vector<std::int64_t> shape = {1, 16, 2, 4, 6};
  CHECK(first->at("latents").shape == shape);
  CHECK(first->at("noise").shape == shape);
  CHECK(first->at("step_noise").shape == std::vector<std::int64_t>{2, 1, 16, 2, 4, 6});
  for (const char* name : {"latents", "noise", "step_noise"}) {
    CAPTURE(name);
    CHECK(values(again, name) == values(first, name));
    CHECK(values(other, name) != values(first, name));
  }
  CHECK(values(first, "latents") != values(first, "noise"));
  CHECK(frames("c") == frames("b"));
  CHECK(frames("d") != frames("b"));
}

TEST_CASE("--dry-run shows the plan and writes nothing") {
  Workplace place;
  const auto result = place.run({"generate", "a red circle", "--dry-run", "-o", "a.mp4"});
  CHECK(result.code == 0);
  for (const char* part :
       {"output    a.mp4", "latent    16x5x12x12, 180 tokens", "memory    about", "time      about"})
    CHECK_MESSAGE(contains(result.out, part), part);
  CHECK(place.files().empty());
  const auto job = place.run({"generate", "x", "--dry-run", "--json", "--tier", "draft"}).json()["jobs"][0];
  CHECK(job["steps"] == 2);
  CHECK(job["latent"] == nlohmann::json{16, 5, 12, 12});
}

TEST_CASE("settings of the environment are defaults that an option wins over") {
  Workplace place;
  place.set("TURBODIFF_STEPS", "3");
  CHECK(place.run({"generate", "x", "--dry-run", "--json"}).json()["jobs"][0]["steps"] == 3);
  CHECK(place.run({"generate", "x", "--dry-run", "--json", "--steps", "2"}).json()["jobs"][0]["steps"] == 2);
  place.set("TURBODIFF_STEPS", "many");
  CHECK(place.run({"generate", "x", "--dry-run"}).code == 2);
}

TEST_CASE("a drawn seed is printed and used") {
  Workplace place;
  const auto result = place.run(quick_generate({"x", "--seed", "-1", "-o", "{seed}.mp4", "--json"}));
  REQUIRE(result.code == 0);
  const std::string seed = result.json()["outputs"][0]["seed"].dump();
  CHECK(contains(result.err, "drew seed " + seed));
  CHECK(place.files() == std::vector<std::string>{seed + ".mp4"});
}

TEST_CASE("every flag of TurboDiffusion's text-to-video script does what it says") {
  Workplace place;
  const std::string demo = testing::demo_folder().string() + "/";
  // Of a model with sparse-linear attention, which "original" turns off.
  const std::string dit = (testing::demo_folder().parent_path() / "demo-sla/dit.pth").string();
  // Nothing has the value that it would have without its flag.
  const std::vector<std::string> call = {"generate",
                                         "--dit_path",
                                         dit,
                                         "--vae_path",
                                         demo + "vae.pth",
                                         "--num_samples",
                                         "2",
                                         "--prompt",
                                         "a red circle",
                                         "--text_encoder_path",
                                         demo + "t5.pth",
                                         "--num_steps",
                                         "1",
                                         "--sigma_max",
                                         "70",
                                         "--num_frames",
                                         "5",
                                         "--size",
                                         "48x32",
                                         "--seed",
                                         "3",
                                         "--save_path",
                                         "out.mp4",
                                         "--sla_topk",
                                         "0.2",
                                         "--quant_linear",
                                         "--attention_type",
                                         "original",
                                         "--default_norm",
                                         "--json"};
  const auto result = place.run(call);
  REQUIRE_MESSAGE(result.code == 0, result.err);
  CHECK(place.files() == std::vector<std::string>{"out.mp4"});
  const auto output = result.json()["outputs"][0];
  CHECK(output["seeds"] == nlohmann::json{3, 4});
  CHECK(output["width"] == 96);  // two samples side by side
  CHECK(output["height"] == 32);
  CHECK(media::read_video_info(place.path("out.mp4")).width == 96);

  const auto request = place.run({"info", "out.mp4", "--json"}).json()["recipe"]["request"];
  const nlohmann::json expected = {{"prompt", "a red circle"},
                                   {"dit", dit},
                                   {"vae", demo + "vae.pth"},
                                   {"text_encoder", demo + "t5.pth"},
                                   {"size", "48x32"},
                                   {"frames", 5},
                                   {"steps", 1},
                                   {"seed", 3},
                                   {"num_samples", 2},
                                   {"grid", true},
                                   {"sigma_max", 70},
                                   {"attention", "original"},
                                   {"sla_topk", 0.2},
                                   {"default_norm", true}};
  for (const auto& [key, value] : expected.items()) CHECK_MESSAGE(request[key] == value, key);
  // What ran: the processor decides.
  CHECK((request["quant_linear"] == "force" || request["quant_linear"] == "off"));
}

TEST_CASE("the flags of TurboDiffusion's script that name a size do so, and --attention_type chooses") {
  Workplace place;
  const auto plan = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"generate", "x", "--dry-run", "--json", "--num_frames", "5"});
    const auto result = place.run(flags);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    return result.json()["jobs"][0];
  };
  const auto wide = plan({"--resolution", "480p", "--aspect_ratio", "16:9"});
  CHECK(wide["width"] == 832);
  CHECK(wide["height"] == 480);
  const auto high = plan({"--resolution", "480p", "--aspect_ratio", "9:16"});
  CHECK(high["width"] == 480);
  CHECK(high["height"] == 832);
  const auto all = plan({"--model", "demo-sla", "--attention_type", "original"});
  CHECK(all["attention"] == "original");
  CHECK(all["key_blocks"].is_null());
  const auto sparse = plan({"--model", "demo-sla", "--attention_type", "sla", "--sla_topk", "0.5"});
  CHECK(sparse["attention"] == "sla");
  CHECK(sparse["key_blocks"]["kept"] < sparse["key_blocks"]["of"]);
}

TEST_CASE("--serve takes prompts one at a time") {
  Workplace place;
  auto arguments = quick_generate({"--serve", "-q", "-o", "s.mp4"});
  const auto result = place.run(arguments, "a red circle\na blue square\n/quit\nnever\n");
  CHECK(result.code == 0);
  CHECK(result.out == "s-1.mp4\ns-2.mp4\n");
}
