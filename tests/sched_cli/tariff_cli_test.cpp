#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE_FIXTURE(SchedPlace, "tariff show, check and list") {
  const auto tariff = json({"--tariff", "cn-two-rate", "tariff", "show", "--from",
                            "2026-01-01T00:00:00+08:00", "--to", "2026-01-02T00:00:00+08:00"});
  REQUIRE(tariff["segments"].size() == 3);
  CHECK(tariff["segments"][0]["start"] == "2025-12-31T16:00:00Z");
  CHECK(tariff["segments"][1]["rate"] == "peak");
  const auto text = run({"tariff", "show", "--tariff", "cn-two-rate"});
  CHECK(text.code == 0);
  CHECK(text.out.find("off-peak") != std::string::npos);
  CHECK(run({"tariff", "list"}).out.find("cn-two-rate") != std::string::npos);
  CHECK(run({"tariff", "check", "--tariff", path("open.yaml")}).code == 0);
  write_file(path("bad.yaml"), "version: 1\nname: bad\n");
  const auto bad = run({"tariff", "check", "--tariff", path("bad.yaml")});
  CHECK(bad.code == 2);
  CHECK(bad.err.find("bad.yaml:1:1: timezone is missing") != std::string::npos);
}

TEST_CASE_FIXTURE(SchedPlace, "flag before variable before file") {
  write_file(path("config.yaml"), "version: 1\ntariff: open.yaml\n");
  CHECK(json({"--config", path("config.yaml"), "tariff", "show"})["name"] == "open");
  place().set("TURBODIFF_TARIFF", path("closed.yaml"));
  CHECK(json({"--config", path("config.yaml"), "tariff", "show"})["name"] == "closed");
  CHECK(json({"--config", path("config.yaml"), "tariff", "show", "--tariff", "cn-two-rate"})["name"] ==
        "cn-two-rate");
}
