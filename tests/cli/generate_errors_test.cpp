#include "contains.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::quick_generate;
using testing::Workplace;
namespace fs = std::filesystem;

namespace {
/// A copy of the demo model that may be damaged.
void copy_demo(const fs::path& folder) {
  fs::create_directories(folder);
  for (const char* name : {"dit.pth", "vae.pth", "t5.pth", "spiece.model", "config.json"})
    fs::copy_file(testing::demo_folder() / name, folder / name);
  fs::permissions(folder, fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(folder))
    fs::permissions(entry.path(), fs::perms::owner_all);
}
}  // namespace

TEST_CASE("a missing model or file is reported by name") {
  Workplace place;
  const auto unknown = place.run(quick_generate({"x", "--model", "dmeo"}));
  CHECK(unknown.code == 3);
  CHECK(contains(unknown.error_line(), "no model 'dmeo' (did you mean 'demo'?)"));
  const auto published = place.run(quick_generate({"x", "--model", "wan2.1-t2v-1.3b-480p"}));
  CHECK(published.code == 3);
  CHECK(contains(published.error_line(), "TurboWan2.1-T2V-1.3B-480P.pth"));
  const auto file = place.run(quick_generate({"x", "--dit", "none.pth"}));
  CHECK(file.code == 2);
  CHECK(contains(file.error_line(), "--dit: no such file 'none.pth'"));
}

TEST_CASE("an incomplete model says what is missing") {
  Workplace place;
  copy_demo(place.path("m"));
  fs::remove(place.path("m/vae.pth"));
  const auto result = place.run(quick_generate({"x", "--model", "./m"}));
  CHECK(result.code == 2);
  CHECK(contains(result.error_line(), "model 'm' has no vae"));
}

TEST_CASE("truncated and foreign files give one line that names them, and no output") {
  Workplace place;
  copy_demo(place.path("m"));
  for (const char* name : {"dit.pth", "vae.pth", "t5.pth", "spiece.model"}) {
    const auto size = fs::file_size(place.path("m") / name);
    for (const auto keep : {size - 1, size / 2, std::uintmax_t{10}, std::uintmax_t{0}}) {
      fs::copy_file(testing::demo_folder() / name, place.path("m") / name,
                    fs::copy_options::overwrite_existing);
      fs::resize_file(place.path("m") / name, keep);
      const auto result = place.run(quick_generate({"x", "--model", "./m", "-o", "a.mp4"}));
      CHECK_MESSAGE(result.code == 2, name << " cut to " << keep << ": " << result.err);
      CHECK_MESSAGE(contains(result.err, name), result.err);
      CHECK(!fs::exists(place.path("a.mp4")));
    }
    fs::copy_file(testing::demo_folder() / name, place.path("m") / name,
                  fs::copy_options::overwrite_existing);
  }
  testing::write_file(place.path("m/dit.pth"), "this is no checkpoint at all");
  CHECK(place.run(quick_generate({"x", "--model", "./m"})).code == 2);
}

TEST_CASE("files in the wrong place are recognised") {
  Workplace place;
  const std::string demo = testing::demo_folder().string() + "/";
  const auto result = place.run(quick_generate({"x", "--dit", demo + "vae.pth"}));
  CHECK(result.code == 2);
  CHECK(contains(result.error_line(), "vae.pth"));
  const auto stated = place.run(quick_generate({"x", "--dit", demo + "dit.pth", "--model", "Wan2.1-14B"}));
  CHECK(stated.code == 2);
  CHECK(contains(stated.error_line(), "is not a Wan2.1-14B"));
}

TEST_CASE("contradictions of sources") {
  Workplace place;
  testing::write_file(place.path("p.txt"), "a\n");
  CHECK(contains(place.run({"generate", "x", "--prompts", "p.txt"}).error_line(), "exclude each other"));
  CHECK(contains(place.run({"generate", "x", "--prompt", "y"}).error_line(), "the prompt is given twice"));
  CHECK(contains(place.run({"generate", "--prompts", "none.txt"}).error_line(), "none.txt"));
  testing::write_file(place.path("bad.txt"), "ok\n{\"prompt\": \"a\", \"sead\": 1}\n");
  const auto bad = place.run({"generate", "--prompts", "bad.txt"});
  CHECK(bad.code == 2);
  CHECK(contains(bad.error_line(), "bad.txt:2: unknown key 'sead' (did you mean 'seed'?)"));
}

TEST_CASE("--from needs a file with a recipe") {
  Workplace place;
  testing::write_file(place.path("a.mp4"), "no video");
  CHECK(place.run({"generate", "--from", "a.mp4"}).code == 2);
  CHECK(place.run({"generate", "--from", "none.mp4"}).code == 2);
  testing::write_file(place.path("a.json"), "{\"schema_version\": 1}");
  CHECK(contains(place.run({"generate", "--from", "a.json"}).error_line(), "carries no recipe"));
}

TEST_CASE("what this version cannot do is said before anything is read") {
  Workplace place;
  CHECK(place.run(quick_generate({"x", "--sampler", "euler"})).code == 2);
  CHECK(place.run(quick_generate({"x", "--attention", "sla"})).code == 2);
  CHECK(contains(place.run(quick_generate({"x", "--image", "cat.png"})).error_line(), "--image"));
  CHECK(place.files().empty());
}

TEST_CASE("a noise file that does not fit is refused") {
  Workplace place;
  testing::write_file(place.path("n.safetensors"), "garbage");
  const auto garbage = place.run(quick_generate({"x", "--noise", "n.safetensors"}));
  CHECK(garbage.code == 2);
  CHECK(contains(garbage.error_line(), "n.safetensors"));
  REQUIRE(place.run(quick_generate({"x", "-o", "a.mp4", "--save-latents", "l.safetensors"})).code == 0);
  CHECK(place.run(quick_generate({"x", "--noise", "l.safetensors", "-o", "same.mp4"})).code == 0);
  const auto other = place.run(quick_generate({"x", "--noise", "l.safetensors", "--size", "64x64"}));
  CHECK(other.code == 2);
  CHECK(contains(other.error_line(), "noise"));
}
