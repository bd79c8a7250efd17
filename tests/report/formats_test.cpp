#include "report/formats.h"

#include <nlohmann/json.hpp>

#include "report/html/escape.h"
#include "report/html/html.h"
#include "report/row_texts.h"
#include "report/sample_records.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::report;
using namespace turbodiff::testing;

namespace {

std::string csv(std::string_view text) {
  std::string out;
  append_csv_text(out, text);
  return out;
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

Records one_job(const std::string& prompt) {
  Job job;
  job.id = 7;
  job.state = "done";
  job.prompt = prompt;
  job.model = "demo";
  job.device = "cpu";
  job.started = october * 1'000'000;
  Attempt attempt;
  attempt.number = 1;
  attempt.start = october * 1'000'000;
  attempt.duration = 60'000'000;
  attempt.energy.wall = 6'000'000'000;
  attempt.currency = "CNY";
  attempt.cost = {core::Money::from_micro(2'345), core::Money::from_micro(2'000),
                  core::Money::from_micro(100), core::Money::from_micro(245)};
  attempt.asap_gross = 4'000;
  attempt.gpu_permille = 250;
  attempt.prices = {{october,
                     october + 60,
                     "valley",
                     tariff::Price{450'000'000, 400'000'000, 0, 50'000'000},
                     true,
                     false,
                     {}}};
  job.attempts = {attempt};
  return {{job}, {}};
}

std::string page_of(const Records& records, std::size_t most_rows = 1000) {
  const Report made = make_report(records, ReportOptions());
  const auto advice = advice_of(made);
  PageInput input{made, records, advice, "turbodiff-sched 0", october, {}};
  input.most_rows = most_rows;
  return html_page(input);
}

}  // namespace

TEST_CASE("a text in CSV is quoted where it must be, and is no formula") {
  CHECK(csv("a red circle") == "a red circle");
  CHECK(csv("a, b") == "\"a, b\"");
  CHECK(csv("say \"hi\"\n") == "\"say \"\"hi\"\"\n\"");
  CHECK(csv("=1+1") == "\"'=1+1\"");
  CHECK(csv(" \t@SUM(A1)") == "\"' \t@SUM(A1)\"");
  CHECK(csv("+1") == "\"'+1\"");
  CHECK(csv("-1") == "\"'-1\"");
  CHECK(csv("\uFF1D1") == "\"'\uFF1D1\"");
  CHECK(csv(std::string("a\0b\x1b", 4)) == "a\uFFFDb\uFFFD");
  CHECK(csv("\xff\xfe") == "\uFFFD\uFFFD");
}

TEST_CASE("texts in JSON, HTML and labels say what they said and break nothing") {
  for (const std::string text : {"plain", "q\"uo\\te", "line\nbreak\ttab\x01", "\u202Ertl \u2028", "日本"})
    CHECK(nlohmann::json::parse(json(text)) == text);
  CHECK(nlohmann::json::parse(json("\xC3(")) == "\uFFFD(");
  CHECK(html_escape("<script>'\"&") == "&lt;script&gt;&#39;&quot;&amp;");
  CHECK(html_escape("\u202Eabc\x07") == "\\u202eabc\\x07");
  CHECK(label_escape("a\"b\\c\nd") == "a\\\"b\\\\c\\nd");
  CHECK(shorten("äöü", 3) == "äöü");
  CHECK(shorten("äöüx", 3) == "äöü…");
}

TEST_CASE("hostile prompts stay text on the page") {
  for (const std::string prompt :
       {"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</title></svg><script>",
        "'-alert(1)-'", "\u202Ecod.exe", "]]>", "&#60;script&#62;"}) {
    const std::string page = page_of(one_job(prompt));
    CHECK(page.find("<script>alert") == std::string::npos);
    CHECK(page.find("<img") == std::string::npos);
    CHECK(page.find("\u202E") == std::string::npos);
    CHECK(page.find(html_escape(prompt)) != std::string::npos);
    std::size_t scripts = 0;
    for (std::size_t at = page.find("<script"); at != std::string::npos; at = page.find("<script", at + 1))
      ++scripts;
    CHECK(scripts == 1);
  }
  CHECK(page_of(one_job(std::string(200'000, 'x'))).size() < 100'000);
}

TEST_CASE("a page of many rows shows the newest and adds up the rest") {
  std::mt19937_64 random(5);
  const Records records = random_records(random, 60);
  const std::string page = page_of(records, 10);
  CHECK(page.find(" earlier</td>") != std::string::npos);
  CHECK(page.find("The newest 10 of ") != std::string::npos);
  const std::string empty = page_of({});
  CHECK(empty.find("No attempts") != std::string::npos);
}

TEST_CASE("table, CSV, JSON and Prometheus text say the same") {
  const Records records = one_job("=a red circle");
  const Report made = make_report(records, ReportOptions());
  const auto advice = advice_of(made);
  const std::string table = table_text(made, advice, 0);
  CHECK(table.find("0.002345 CNY") != std::string::npos);
  CHECK(table.find("low utilisation (25.0 %") != std::string::npos);
  const std::string text = csv_text(made);
  CHECK(text.starts_with("kind,id,state,prompt,"));
  CHECK(text.find(",CNY,0.002345,0.002000,0.000100,0.000245,0.004000,0.001655,") != std::string::npos);
  CHECK(text.ends_with("\r\n"));
  const auto document = nlohmann::json::parse(json_text(made, advice));
  CHECK(document["rows"][0]["prompt"] == "=a red circle");
  CHECK(document["rows"][0]["cost"] == 0.002345);
  CHECK(document["rows"][0]["kwh"] == 0.001666667);
  CHECK(document["rows"][0]["cost_detail"]["vat"] == 0.000245);
  CHECK(document["totals"][0]["machine"]["saving"] == 0.001655);
  const std::string metrics = prometheus_text(made);
  CHECK(metrics.find("# TYPE turbodiff_cost gauge\n") != std::string::npos);
  CHECK(metrics.find("turbodiff_cost{kind=\"jobs\",job=\"7\",currency=\"CNY\"} 0.002345\n") !=
        std::string::npos);
  const Report nothing = make_report({}, ReportOptions());
  CHECK(table_text(nothing, {}, 80).starts_with("no attempts"));
  CHECK(nlohmann::json::parse(json_text(nothing, {}))["rows"].empty());
}

TEST_CASE("the division of the whole cost is read strictly") {
  CHECK(parse_shares("70/20/10", "--shares") == Shares{700, 200, 100});
  CHECK(parse_shares("72.5/20/7.5", "--shares") == Shares{725, 200, 75});
  for (const char* wrong :
       {"", "70/30", "70/20/11", "0/60/40", "-70/160/10", "a/b/c", "70/20/10/0", "33.33/33.33/33.34"})
    CHECK_THROWS_AS(parse_shares(wrong, "--shares"), Error);
}

TEST_CASE("amounts for people have three digits") {
  CHECK(short_money(1'234'567) == "1.23");
  CHECK(short_money(123'456) == "0.123");
  CHECK(short_money(2'345) == "0.00234");
  CHECK(short_money(4) == "0.000004");
  CHECK(short_money(0) == "0.00");
  CHECK(short_money(-20'000) == "-0.0200");
}

TEST_CASE("advice that does not depend on the currency is given once") {
  Records records = one_job("a");
  records.jobs.push_back(one_job("b").jobs.front());
  records.jobs.back().id = 8;
  records.jobs.back().attempts.front().currency = "EUR";
  const Report made = make_report(records, ReportOptions());
  REQUIRE(made.totals.size() == 2);
  int measuring = 0;
  for (const Advice& one : advice_of(made)) measuring += one.text.starts_with("no energy was measured");
  CHECK(measuring == 1);
}
