#include "cost/gpu_catalogue.h"

#include "testing.h"

using namespace turbodiff;
using cost::GpuCatalogue;

namespace {

const std::string head = "version: 1\ncurrency: USD\ngpus:\n";
const std::string figure = "{ value: 450, source: vendor, date: 2026-01-02 }";

GpuCatalogue parse(const std::string& text) {
  core::Problems problems;
  GpuCatalogue catalogue = cost::parse_gpu_catalogue(text, "gpus.yaml", problems);
  problems.throw_if_any();
  return catalogue;
}

std::string problem_of(const std::string& text) {
  return testing::error_of([&] { parse(text); }).message();
}

}  // namespace

TEST_CASE("a GPU with all its figures") {
  const GpuCatalogue catalogue =
      parse(head + "  - name: mine\n    title: My GPU\n    memory_gb: 24\n    watts: " + figure +
            "\n    price: { value: 1599.5, source: shop, date: 2026-01-02, estimate: true }\n"
            "    resale: { value: 0.4, after_years: 3, source: guess, date: 2026-01-02, estimate: true }\n"
            "    rent_hour: { value: 0.69, source: a, date: 2026-01-02 }\n"
            "    seconds:\n      - { model: m-1.3b, value: 1.9, frames: 81, scope: denoise, source: b, date: "
            "2026-01-02 }\n"
            "exchange:\n  - { from: USD, to: CNY, value: 7.1, source: bank, date: 2026-01-02 }\n");
  const cost::Gpu& gpu = catalogue.get("mine");
  CHECK(gpu.title == "My GPU");
  CHECK(gpu.currency == "USD");
  CHECK(tariff::to_string(gpu.price->value) == "1599.5");
  CHECK(gpu.price->estimate);
  CHECK_FALSE(gpu.watts.estimate);
  CHECK(gpu.watts.source == "vendor");
  CHECK(gpu.watts.date == "2026-01-02");
  CHECK_FALSE(gpu.rent_month);
  REQUIRE(gpu.find_run("m-1.3b") != nullptr);
  CHECK_FALSE(gpu.find_run("m-1.3b")->whole);
  CHECK(gpu.find_run("other") == nullptr);
  bool inverse = false;
  CHECK(catalogue.find_exchange("CNY", "USD", inverse) != nullptr);
  CHECK(inverse);
  CHECK(catalogue.find_exchange("EUR", "USD", inverse) == nullptr);
  const Error unknown = testing::error_of([&] { catalogue.get("mime"); });
  CHECK(unknown.code() == ErrorCode::not_found);
  CHECK(unknown.message() == "there is no GPU 'mime' (did you mean 'mine'?)");
}

TEST_CASE("what is wrong is reported with its place") {
  const std::string gpu = "  - name: a\n    watts: " + figure + "\n";
  CHECK(problem_of(head + gpu + "    wats: 3\n") ==
        "gpus.yaml:6:5: unknown key 'gpus.wats' (did you mean 'watts'?)");
  CHECK(problem_of(head + gpu + "    watts: " + figure + "\n")
            .find("gpus.yaml:6:5: the key 'watts' is defined twice") == 0);
  CHECK(problem_of(head + gpu + gpu) == "gpus.yaml:6:11: the GPU 'a' is defined twice");
  CHECK(problem_of(head + "  - name: a\n") == "gpus.yaml:4:5: gpus.watts is missing");
  CHECK(problem_of(head + gpu + "    price: { value: 3, date: 2026-01-02 }\n")
            .find("gpus.price.source is missing") != std::string::npos);
  CHECK(problem_of(head + gpu + "    price: { value: 3, source: x }\n").find("gpus.price.date is missing") !=
        std::string::npos);
  CHECK(problem_of(head + gpu + "    price: { value: 3, source: x, date: today }\n")
            .find("gpus.price.date must be a date like 2026-10-01, not 'today'") != std::string::npos);
  CHECK(problem_of(head + gpu + "    price: { value: -3, source: x, date: 2026-01-02 }\n")
            .find("gpus.price.value must be at least 0") != std::string::npos);
  CHECK(problem_of(head + gpu + "    price:\n").find("gpus.price has no value") != std::string::npos);
  CHECK(problem_of(head + gpu + "    resale: { value: 1.1, after_years: 3, source: x, date: 2026-01-02 }\n")
            .find("at most 1") != std::string::npos);
  CHECK(problem_of(head + "  - name: a\n    watts: { value: 0, source: x, date: 2026-01-02 }\n")
            .find("must be greater than 0") != std::string::npos);
  CHECK(problem_of(head + gpu +
                   "    seconds:\n      - { model: m, value: 1, frames: 0, source: x, date: 2026-01-02 }\n")
            .find("gpus.seconds.frames must be") != std::string::npos);
  CHECK(problem_of("version: 2\ncurrency: usd\n") ==
        "gpus.yaml:1:10: version must be 1, not '2'; "
        "gpus.yaml:2:11: currency must be a code of three capital letters like USD (ISO 4217)");
  CHECK(problem_of("") == "gpus.yaml:1:1: the file is empty");
}

TEST_CASE("a user's file replaces GPUs of the same name and adds others") {
  const GpuCatalogue base =
      parse(head + "  - name: a\n    watts: " + figure + "\n  - name: b\n    watts: " + figure +
            "\nexchange:\n  - { from: USD, to: CNY, value: 7, source: x, date: 2026-01-02 }\n");
  const GpuCatalogue over = parse(
      "version: 1\ncurrency: EUR\ngpus:\n  - name: b\n    watts: { value: 300, source: meter, date: "
      "2026-02-02 }\n"
      "  - name: c\n    watts: " +
      figure + "\nexchange:\n  - { from: CNY, to: USD, value: 0.15, source: x, date: 2026-01-02 }\n");
  const GpuCatalogue all = cost::merged(base, over);
  REQUIRE(all.gpus.size() == 3);
  CHECK(tariff::to_string(all.get("b").watts.value) == "300");
  CHECK(all.get("b").currency == "EUR");
  CHECK(all.get("a").currency == "USD");
  CHECK(all.exchange.size() == 1);
}

TEST_CASE("the shipped file is in order, and says what is an estimate") {
  const GpuCatalogue shipped =
      cost::read_gpu_catalogue(std::filesystem::path(TURBODIFF_SOURCE_DIR) / "hardware/gpus.yaml");
  for (const char* name : {"rtx-4090", "rtx-5090", "a100", "h100", "h200"}) {
    const cost::Gpu& gpu = shipped.get(name);
    CHECK(gpu.price);
    CHECK(gpu.resale);
    CHECK(gpu.rent_hour);
    CHECK(gpu.runs.size() == 4);
  }
  const cost::RunFigure* run = shipped.get("rtx-5090").find_run("wan2.1-t2v-14b-720p");
  REQUIRE(run != nullptr);
  CHECK(tariff::to_string(run->seconds.value) == "24");
  CHECK_FALSE(run->seconds.estimate);
  CHECK(shipped.get("h100").find_run("wan2.1-t2v-14b-720p")->seconds.estimate);
}
