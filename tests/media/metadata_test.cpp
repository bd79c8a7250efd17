#include "media/metadata.h"

#include <string>

#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

namespace {

constexpr Container with_tags[] = {Container::mp4, Container::webm, Container::gif, Container::png,
                                   Container::safetensors};

VideoSettings tagged(const std::string& recipe) {
  VideoSettings settings = settings_of(32, 32, 1);
  settings.tags = {{"title", "ein Würfel = \"灯\" \\ 🎬"}, {"artist", "turbodiff"}};
  settings.recipe_json = recipe;
  return settings;
}

std::filesystem::path written(const TempDir& dir, Container container, const std::string& recipe) {
  const auto path = dir / "a.part";
  write_video(path, container, tagged(recipe), [](int) { return Image(32, 32, 90); });
  return path;
}

}  // namespace

TEST_CASE("metadata: recipes come back byte for byte") {
  const TempDir dir;
  std::string large = "{\"prompt\":\"";
  while (large.size() < 65536) large += "größer als 64 KB = \\\"ja\\\"; \\n ";
  large += "\"}";
  const std::string recipes[] = {"{\"prompt\":\"a \\\"red\\\" cube\\nand a = ; # sphere\",\"seed\":7}",
                                 "{\n  \"prompt\": \"two\nlines\tand a tab\",\r\n  \"ü\": \"灯🎬\"\n}\n",
                                 large};
  for (const Container container : with_tags) {
    for (const std::string& recipe : recipes) {
      CAPTURE(name_of(container));
      CAPTURE(recipe.size());
      const auto path = written(dir, container, recipe);
      CHECK(read_recipe(path) == recipe);
      const auto tags = read_tags(path);
      CHECK(tags.at("title") == tagged("").tags.at("title"));
      CHECK(tags.at("artist") == "turbodiff");
    }
  }
}

TEST_CASE("metadata: a file without a recipe says so") {
  const TempDir dir;
  for (const Container container : with_tags) {
    CAPTURE(name_of(container));
    const auto path = written(dir, container, "");
    const Error error = error_of([&] { read_recipe(path); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message().find("holds no recipe") != std::string::npos);
  }
  write_video(dir / "a.npy", Container::npy, tagged("{}"), [](int) { return Image(32, 32); });
  CHECK(error_of([&] { read_tags(dir / "a.npy"); }).message().find(".npy files hold no metadata") !=
        std::string::npos);
}

TEST_CASE("metadata: missing, foreign and damaged files are refused") {
  const TempDir dir;
  CHECK(error_of([&] { read_recipe(dir / "none.mp4"); }).message().find("No such file") != std::string::npos);
  write_file(dir / "empty.mp4", "");
  CHECK(error_of([&] { read_recipe(dir / "empty.mp4"); }).message().find("empty") != std::string::npos);
  write_file(dir / "text.mp4", "this is no video at all, it only has the name");
  CHECK(error_of([&] { read_recipe(dir / "text.mp4"); }).code() == ErrorCode::bad_request);
  CHECK(error_of([&] { read_recipe(dir.path()); }).code() == ErrorCode::bad_request);
}

TEST_CASE("metadata: a file cut anywhere is read or refused, never worse") {
  const TempDir dir;
  for (const Container container : with_tags) {
    const std::string whole = read_file(written(dir, container, "{\"seed\":1}"));
    int refused = 0;
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97) {
      write_file(dir / "cut", whole.substr(0, size));
      try {
        read_recipe(dir / "cut");
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::bad_request);
        ++refused;
      }
    }
    CAPTURE(name_of(container));
    CHECK(refused > 0);
  }
}

TEST_CASE("metadata: a safetensors header that lies about its size is refused") {
  const TempDir dir;
  const auto path = written(dir, Container::safetensors, "{}");
  std::string bytes = read_file(path);
  bytes[2] = 0x7f;
  write_file(path, bytes);
  CHECK(error_of([&] { read_tags(path); }).code() == ErrorCode::bad_request);
}

TEST_CASE("metadata: a changed PNG text chunk is noticed") {
  const TempDir dir;
  const auto path = written(dir, Container::png, "{\"seed\":1}");
  std::string bytes = read_file(path);
  bytes[bytes.find("seed")] = 'f';
  write_file(path, bytes);
  CHECK(error_of([&] { read_tags(path); }).message().find("damaged") != std::string::npos);
}
