#include "json_schema.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;

namespace {

nlohmann::json json_of(const Workplace& place, std::vector<std::string> arguments,
                       const std::string& schema) {
  arguments.push_back("--json");
  const auto result = place.run(arguments);
  REQUIRE_MESSAGE(result.code == 0, result.err);
  const auto document = result.json();
  for (const std::string& violation : testing::schema_violations(testing::read_schema(schema), document))
    FAIL_CHECK(schema << ": " << violation);
  return document;
}

void check_widths(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::size_t width = 0;
    for (const char c : line) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
    CHECK_MESSAGE(width <= 80, line);
  }
}

}  // namespace

TEST_CASE("cost video: 110 s at 450 W at both prices of cn-two-rate") {
  const Workplace place;
  const auto video = json_of(place,
                             {"cost", "video", "--seconds", "110", "--watts", "450", "--videos", "100",
                              "--tariff", "cn-two-rate", "--rent-hour", "2.5"},
                             "cost-video");
  CHECK(video["kwh_per_video"] == 0.01375);
  CHECK(video["kwh"] == 1.375);
  CHECK(video["currency"] == "CNY");
  REQUIRE(video["electricity"].size() == 3);
  CHECK(video["electricity"][0]["rate"] == "valley");
  CHECK(video["electricity"][0]["all"]["cost"] == 0.61875);  // 1.375 x 0.45
  CHECK(video["electricity"][1]["rate"] == "peak");
  CHECK(video["electricity"][1]["one"]["cost"] == 0.0165);
  CHECK(video["electricity"][1]["all"]["cost"] == 1.65);
  CHECK(video["rent"]["all"] == 7.638889);  // 100 x 110 / 3600 x 2.5
  CHECK(video["estimates"].empty());

  const auto night =
      json_of(place, {"cost", "video", "--seconds", "43200", "--watts", "350", "--price-per-kwh", "1.2"},
              "cost-video");
  CHECK(night["kwh"] == 4.2);
  CHECK(night["electricity"][0]["all"]["cost"] == 5.04);
}

TEST_CASE("cost: one row a GPU, published figures distinguished from estimates") {
  const Workplace place;
  const auto overview =
      json_of(place, {"cost", "--tariff", "cn-two-rate", "--exchange", "7", "--cooling", "0.1"}, "cost");
  REQUIRE(overview["gpus"].size() == 5);
  CHECK(overview["model"] == "wan2.1-t2v-1.3b-480p");
  CHECK(overview["exchange"][0]["rate"] == 7);
  const auto& gpu = overview["gpus"][1];
  CHECK(gpu["name"] == "rtx-5090");
  CHECK(gpu["seconds"] == 1.9);
  CHECK(gpu["scope"] == "denoise");
  CHECK(gpu["kwh"] == 0.000303472);  // 1.9 s x 575 W = 1,092.5 J
  CHECK(gpu["off_peak"]["cost"] == 0.000137);
  CHECK(gpu["peak"]["cost"] == 0.000364);
  CHECK(gpu["rented"] == 0.002808);  // 1.9 / 3600 x 0.76 x 7
  CHECK(gpu["owned"]["electricity"] == 0.000137);
  CHECK(gpu["owned"]["wear"] == 0.000506);  // 1999 x 7 x 0.6 / (8,760 h) x 1.9 s
  CHECK(gpu["estimates"] == nlohmann::json{"resale"});
  CHECK(overview["gpus"][0]["estimates"][0] == "seconds");

  const auto without = json_of(place, {"cost", "--model", "wan2.1-t2v-14b-720p"}, "cost");
  CHECK(without["currency"] == "USD");
  CHECK(without["gpus"][0]["peak"].is_null());
  CHECK(without["gpus"][0]["owned"]["total"].is_null());
}

TEST_CASE("cost rent: plans and break-even by hand") {
  const Workplace place;
  const auto rent = json_of(place,
                            {"cost", "rent", "--gpu", "rtx-4090", "--seconds", "60", "--rent-hour", "2",
                             "--rent-month", "900", "--hours-per-month", "1000"},
                            "cost-rent");
  CHECK(rent["on_demand"]["total"] == 2000);
  CHECK(rent["monthly"]["total"] == 1800);
  CHECK(rent["mixed"]["total"] == 1440);
  CHECK(rent["mixed"]["monthly_gpus"] == 1);
  CHECK(rent["break_even_hours"] == 450);
  CHECK(rent["break_even_videos"] == 27000);
  const auto hourly =
      json_of(place, {"cost", "rent", "--gpu", "a100", "--videos", "1000", "--seconds", "120"}, "cost-rent");
  CHECK(hourly["on_demand"]["total"] == 46.333333);  // 1000 x 2 / 60 x 1.39
  CHECK(hourly["mixed"].is_null());
}

TEST_CASE("cost buy: years, break-even and the hours it really runs") {
  const Workplace place;
  const std::vector<std::string> base = {
      "cost",      "buy", "--gpu",   "rtx-4090", "--price",     "1600", "--resale",          "640",
      "--cooling", "0.2", "--other", "50",       "--rent-hour", "0.69", "--hours-per-month", "240"};
  auto arguments = base;
  arguments.insert(arguments.end(), {"--price-per-kwh", "0.5"});
  const auto buy = json_of(place, arguments, "cost-buy");
  CHECK(buy["own_total"] == 3442.8);
  CHECK(buy["rent_total"] == 5961.6);
  CHECK(buy["break_even_month"] == 17);
  CHECK(buy["years"][0]["cash"] == 2427.6);
  CHECK(buy["years"][2]["book_value"] == 640);
  CHECK(buy["electricity_per_year"]["cost"] == 648);
  // 2,880 h a year fit into the 3,650 valley hours: 1,296 kWh at 0.45 instead of a mix of 0.45 and 1.20.
  arguments = base;
  arguments.insert(arguments.end(), {"--tariff", "cn-two-rate"});
  CHECK(json_of(place, arguments, "cost-buy")["electricity_per_year"]["cost"] == 583.2);
  arguments.insert(arguments.end(), {"--when", "any"});
  CHECK(json_of(place, arguments, "cost-buy")["electricity_per_year"]["cost"].get<double>() > 1000);
}

TEST_CASE("cost gpus and route; a user's files win") {
  Workplace place;
  CHECK(json_of(place, {"cost", "gpus"}, "cost-gpus")["gpus"].size() == 5);
  const auto route = json_of(place, {"cost", "route", "--model", "demo"}, "cost-route");
  CHECK(route["tier"] == "cpu");
  CHECK(route["rule"] == "demo");
  const auto urgent = json_of(place, {"cost", "route", "--slack", "30m"}, "cost-route");
  CHECK(urgent["tier"] == "datacenter");
  CHECK(urgent["steps"][0]["mismatch"] == "model wan2.1-t2v-1.3b-480p is not demo");

  testing::write_file(
      place.path("gpus.yaml"),
      "version: 1\ncurrency: EUR\ngpus:\n  - name: rtx-4090\n    watts: { value: 300, source: meter, date: "
      "2026-11-01 }\n    seconds:\n      - { model: mine, value: 10, frames: 81, source: own, date: "
      "2026-11-01 }\n");
  const auto mine =
      json_of(place, {"cost", "--gpus", "gpus.yaml", "--model", "mine", "--currency", "EUR"}, "cost");
  REQUIRE(mine["gpus"].size() == 1);
  CHECK(mine["gpus"][0]["kwh"] == 0.000833333);  // 3,000 J
  CHECK(mine["gpus"][0]["scope"] == "whole");
  testing::write_file(place.path("rules.yaml"),
                      "version: 1\ntiers: { here: { device: cpu } }\nrules: [{ name: all, tier: here }]\n");
  CHECK(json_of(place, {"cost", "route", "--rules", "rules.yaml"}, "cost-route")["tier"] == "here");
  testing::write_file(place.path("config.yaml"), "version: 1\nrouting: { rules: rules.yaml }\n");
  CHECK(json_of(place, {"--config", "config.yaml", "cost", "route"}, "cost-route")["tier"] == "here");
}

TEST_CASE("into a pipe no text is cut") {
  const Workplace place;
  const auto whole = place.run({"cost", "route", "--resolution", "720p", "--model", "wan2.2-i2v-a14b-720p"});
  CHECK_MESSAGE(whole.code == 0, whole.err);
  CHECK(whole.out.find("\u2026") == std::string::npos);
}

TEST_CASE("tables fit 80 columns, and the page needs nothing but itself") {
  Workplace place;
  place.set("COLUMNS", "80");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"cost", "--tariff", "cn-two-rate", "--model", "wan2.2-i2v-a14b-720p"},
        {"cost", "video", "--gpu", "h100", "--tariff", "de-day-ahead", "--videos", "100000"},
        {"cost", "rent", "--gpu", "h100", "--hours-per-month", "100,2000,800", "--currency", "CNY"},
        {"cost", "buy", "--gpu", "h100", "--hours-per-month", "1000", "--tariff", "cn-five-level"},
        {"cost", "gpus"},
        {"cost", "route", "--resolution", "720p", "--model", "wan2.2-i2v-a14b-720p"}}) {
    const auto result = place.run(arguments);
    CHECK_MESSAGE(result.code == 0, result.err);
    check_widths(result.out);
    if (arguments[1] == "gpus" || arguments[1] == "route" || arguments[1] == "video") continue;
    auto page = arguments;
    page.insert(page.end(), {"--format", "html"});
    const std::string html = place.run(page).out;
    CHECK(html.starts_with("<!doctype html>"));
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("src=") == std::string::npos);
    CHECK(html.find("href=") == std::string::npos);
    CHECK(html.find("@import") == std::string::npos);
    CHECK(html.find("nan") == std::string::npos);
  }
  const auto written = place.run({"cost", "--format", "json", "-o", "cost.json"});
  CHECK(written.code == 0);
  CHECK(written.out.empty());
  const auto document = nlohmann::json::parse(testing::read_file(place.path("cost.json")));
  CHECK(testing::schema_violations(testing::read_schema("cost"), document).empty());
  CHECK(place.run({"cost", "--format", "json", "-o", "cost.json"}).code == 2);
}

TEST_CASE("bad input is one line and exit 2, an unknown name exit 3") {
  const Workplace place;
  const auto line = [&](int code, std::vector<std::string> arguments) {
    const auto result = place.run(std::move(arguments));
    CHECK_MESSAGE(result.code == code, result.err);
    CHECK(result.out.empty());
    return result.error_line();
  };
  CHECK(line(2, {"cost", "video", "--seconds", "abc", "--watts", "450"}) ==
        "--seconds must be a number, not 'abc'");
  CHECK(line(2, {"cost", "video", "--seconds", "-1", "--watts", "450"}) ==
        "--seconds must be greater than 0, not '-1'");
  CHECK(line(2, {"cost", "video", "--seconds", "1"}) == "--seconds needs --watts or --gpu as well");
  CHECK(line(2, {"cost", "video", "--gpu", "h100", "--videos", "1.5"})
            .starts_with("--videos must be a whole number"));
  CHECK(line(2, {"cost", "video"}).starts_with("this is about one GPU; choose one of rtx-4090, "));
  CHECK(line(3, {"cost", "video", "--gpu", "rtx-4900"})
            .starts_with("there is no GPU 'rtx-4900' (did you mean 'rtx-4090'?)"));
  CHECK(line(3, {"cost", "--model", "wan"}).starts_with("no GPU has seconds for the model 'wan'"));
  CHECK(line(2, {"cost", "rent", "--gpu", "h100"}) == "no load is given; give --videos or --hours-per-month");
  CHECK(line(2, {"cost", "rent", "--seconds", "1", "--watts", "1", "--videos", "1"})
            .starts_with("no price of renting custom by the hour is known"));
  CHECK(line(2, {"cost", "buy", "--gpu", "h100", "--videos", "1000"})
            .starts_with("no price of electricity is given; name a tariff"));
  CHECK(line(2, {"cost", "buy", "--gpu", "h100", "--hours-per-month", "10", "--price-per-kwh", "1",
                 "--resale", "1e5"}) == "the resale value is above the price");
  CHECK(line(2, {"cost", "--currency", "JPY"})
            .starts_with("no exchange rate from USD to JPY is known; give --exchange"));
  CHECK(line(2, {"cost", "--tariff", "cn-two-rate", "--currency", "USD"})
            .starts_with("--currency: the tariff"));
  CHECK(line(2, {"cost", "--format", "pdf"}) == "--format must be table, json or html, not 'pdf'");
  CHECK(line(2, {"cost", "--tariff", "cn-two-rat"}).starts_with("there is no tariff 'cn-two-rat'"));
  CHECK(
      line(2, {"cost", "--when", "night", "--tariff", "cn-two-rate"}).starts_with("--when must be off-peak"));
  CHECK(line(2, {"cost", "route", "--slack", "soon"}).find("--slack") != std::string::npos);
  CHECK(line(2, {"cost", "route", "--resolution", "4k"}).starts_with("there is no resolution '4k'"));
  testing::write_file(place.path("bad.yaml"), "version: 1\ncurrency: USD\ngpu: []\n");
  CHECK(line(2, {"cost", "--gpus", "bad.yaml"}) == "bad.yaml:3:1: unknown key 'gpu' (did you mean 'gpus'?)");
}
