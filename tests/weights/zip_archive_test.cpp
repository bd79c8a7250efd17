#include "weights/zip_archive.h"

#include "builders.h"
#include "contains.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

std::string refusal(const std::string& archive) {
  return error_of([&] { ZipArchive{as_file(archive)}; }).message();
}

std::string text_of(const ZipArchive& archive, const std::string& name) {
  const auto bytes = archive.stored(*archive.find(name));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("stored entries, with sizes in the header, behind the data or in zip64 fields") {
  const std::vector<ZipItem> items = {{"a", "first"},
                                      {"b/c", "second", 0, 8},
                                      {"d", "third", 0, 0, true},
                                      {"e", "fourth", 0, 8, true},
                                      {"empty", ""}};
  for (const bool zip64 : {false, true}) {
    const ZipArchive archive(as_file(make_zip(items, zip64)));
    REQUIRE(archive.entries().size() == 5);
    CHECK(text_of(archive, "a") == "first");
    CHECK(text_of(archive, "b/c") == "second");
    CHECK(text_of(archive, "d") == "third");
    CHECK(text_of(archive, "e") == "fourth");
    CHECK(text_of(archive, "empty").empty());
    CHECK(archive.find("f") == nullptr);
  }
}

TEST_CASE("a comment behind the end record") {
  std::string archive = make_zip({{"a", "first"}});
  archive.replace(archive.size() - 2, 2, little_endian<std::uint16_t>(11));
  CHECK(text_of(ZipArchive(as_file(archive + "hello PK\5\6!")), "a") == "first");
}

TEST_CASE("headers that disagree, overlap or point elsewhere") {
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 0, false, "x"}})), "'a' differs from its line"));
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 0, false, "", 1}})), "'a' differs in size"));
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 8, false, "", 1}})), "'a' reaches beyond"));
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 8, true, "", INT64_MAX}})), "longer than the archive"));
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 0, false, "", 0, 1}})), "'a' is not where"));
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 0, true, "", 0, INT64_MAX}})),
                 "'a' lies outside the file"));
  CHECK(contains(refusal(make_zip({{"a", "data"}, {"a", "more"}})), "two entries 'a'"));
  CHECK(contains(refusal(make_zip({{"a", "data", 0, 1}})), "'a' is encrypted"));

  const ZipItem long_one{"a", "0123456789", 0, 8, false, "", 33};
  CHECK(contains(refusal(make_zip({long_one, {"b", "0123456789"}})), "'b' overlaps another"));
}

TEST_CASE("end records that do not fit the file") {
  const std::string archive = make_zip({{"a", "data"}});
  CHECK(contains(refusal(archive.substr(0, archive.size() - 30)),
                 "table of contents at the end of the archive"));
  CHECK(contains(refusal(""), "table of contents at the end of the archive"));
  CHECK(contains(refusal(zip_end(1, 0, 0, false)), "shorter than it claims"));
  CHECK(contains(refusal(zip_end(UINT64_MAX, 0, 0, true)), "shorter than it claims"));
  CHECK(contains(refusal(zip_end(1, UINT64_MAX, 0, true)), "zip64 end record"));
  CHECK(contains(refusal(std::string(100, 'x') + zip_end(1, 46, UINT32_MAX - 1, false)),
                 "outside the archive"));
  CHECK(
      contains(refusal(std::string(100, 'x') + zip_end(1, 46, 0, false)), "line 1 of the table of contents"));
  std::string two_disks = archive;
  two_disks[two_disks.size() - 18] = 1;
  CHECK(contains(refusal(two_disks), "several disks"));
}

TEST_CASE("a compressed entry is listed but not read") {
  const ZipArchive archive(as_file(make_zip({{"a", "data", 8}})));
  const Error error = error_of([&] { archive.stored(*archive.find("a")); });
  CHECK(contains(error.message(), "'a' is compressed"));
  CHECK(contains(error.hint(), "torch.save"));
}
