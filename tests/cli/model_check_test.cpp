// What can only fail is refused before anything large is read, whoever asks.
#include "contains.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::quick_generate;
using testing::Workplace;
namespace fs = std::filesystem;

namespace {

/// The demo in a folder "m", its checkpoints as safetensors, whose headers are plain text.
void make_model(const Workplace& place) {
  fs::create_directories(place.path("m"));
  for (const char* name : {"dit", "vae", "t5"}) {
    const std::string from = (testing::demo_folder() / (std::string(name) + ".pth")).string();
    REQUIRE(place.run({"convert", from, "m/" + std::string(name) + ".safetensors"}).code == 0);
  }
  for (const char* name : {"spiece.model", "config.json"})
    fs::copy_file(testing::demo_folder() / name, place.path("m") / name);
}

/// Replaces a piece of a file by one of the same length.
void patch(const fs::path& path, const std::string& from, const std::string& to) {
  REQUIRE(from.size() == to.size());
  std::string bytes = testing::read_file(path);
  const std::size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  testing::write_file(path, bytes.replace(at, from.size(), to));
}

struct Spoilt {
  const char *file, *from, *to, *said;
};
const Spoilt spoilt[] = {
    {"dit.safetensors", "\"blocks.4.ffn.2.weight\"", "\"blocks.4.ffn.2.WEIGHT\"",
     "lacks tensor 'blocks.4.ffn.2.weight'"},
    {"dit.safetensors", "\"head.modulation\"", "\"head.MODULATION\"", "lacks tensor 'head.modulation'"},
    {"vae.safetensors", "\"decoder.upsamples.14.residual.6.bias\"",
     "\"decoder.upsamples.14.residual.6.BIAS\"", "lacks tensor 'decoder.upsamples.14.residual.6.bias'"},
    {"vae.safetensors", "\"conv2.weight\"", "\"conv9.weight\"", "lacks tensor 'conv2.weight'"},
    {"t5.safetensors", "\"blocks.1.attn.o.weight\"", "\"blocks.1.attn.o.WEIGHT\"",
     "lacks tensor 'blocks.1.attn.o.weight'"},
    {"t5.safetensors", "\"norm.weight\"", "\"norm.WEIGHT\"", "lacks tensor 'norm.weight'"},
};

}  // namespace

TEST_CASE("a dry run, a run and a worker's check refuse what lacks a tensor, in one line") {
  Workplace place;
  make_model(place);
  REQUIRE(place.run(quick_generate({"x", "--model", "./m", "--dry-run"})).code == 0);
  const nlohmann::json order = {
      {"id", "1"},
      {"check", true},
      {"request", {{"prompt", "x"}, {"model", place.text_path("m")}, {"output", "a.mp4"}}}};
  const auto answer = [&] {
    std::string out = place.run({"worker"}, order.dump() + "\n").out;
    out.erase(0, out.find('\n') + 1);  // the greeting
    return nlohmann::json::parse(out);
  };
  CHECK(answer()["event"] == "checked");
  for (const Spoilt& one : spoilt) {
    const fs::path file = place.path("m") / one.file;
    const std::string whole = testing::read_file(file);
    patch(file, one.from, one.to);
    for (const bool dry : {true, false}) {
      const auto result =
          place.run(quick_generate({"x", "--model", "./m", "-o", "a.mp4", dry ? "--dry-run" : "--quiet"}));
      CHECK_MESSAGE(result.code == 2, one.said);
      CHECK_MESSAGE(contains(result.error_line(), one.said), result.err);
      CHECK_MESSAGE(contains(result.error_line(), one.file), result.err);
    }
    const auto failed = answer();
    CHECK(failed["event"] == "failed");
    CHECK(failed["error"]["code"] == 2);
    CHECK(contains(failed["error"]["message"].get<std::string>(), one.said));
    testing::write_file(file, whole);
  }
  CHECK(place.files() == std::vector<std::string>{"m"});
}

TEST_CASE("a tokenizer that is missing or garbage is noticed by a dry run") {
  Workplace place;
  make_model(place);
  fs::remove(place.path("m/spiece.model"));
  const auto dry = [&] { return place.run(quick_generate({"x", "--model", "./m", "--dry-run"})); };
  CHECK(dry().code == 2);
  CHECK(contains(dry().error_line(), "there is no tokenizer"));
  testing::write_file(place.path("m/spiece.model"), "garbage");
  CHECK(dry().code == 2);
  CHECK(contains(dry().error_line(), "spiece.model"));
  testing::write_file(place.path("m/spiece.model"), "<!DOCTYPE html><title>Sign in</title>");
  CHECK(contains(dry().error_line(), "it is a web page"));
}

TEST_CASE("a VAE without its encoder makes the same video") {
  Workplace place;
  make_model(place);
  const auto clip = [&](const std::string& to) {
    REQUIRE(place.run(quick_generate({"a red circle", "--model", "./m", "-o", to})).code == 0);
    return testing::read_file(place.path(to));
  };
  const std::string whole = clip("a.npy");
  std::string bytes = testing::read_file(place.path("m/vae.safetensors"));
  for (std::size_t at = bytes.find("\"encoder."); at != std::string::npos; at = bytes.find("\"encoder.", at))
    bytes.replace(at, 9, "\"nothing.");
  testing::write_file(place.path("m/vae.safetensors"), bytes);
  CHECK(clip("b.npy") == whole);
}

TEST_CASE("unneeded tensors and metadata of other programs do not matter") {
  Workplace place;
  make_model(place);
  patch(place.path("m/dit.safetensors"), "\"made_by\":\"turbodiff convert\"",
        "\"made_by\":1234567890123456789");
  CHECK(place.run(quick_generate({"x", "--model", "./m", "--dry-run"})).code == 0);
}
