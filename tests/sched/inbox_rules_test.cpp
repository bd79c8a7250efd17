#include "inbox/inbox_rules.h"

#include <random>

#include "testing.h"

using namespace turbodiff;
using inbox::InboxFacts;
using inbox::InboxKind;
using inbox::InboxLook;

namespace {

InboxFacts facts(std::int64_t bytes, double modified_s = 0) {
  const auto ns = static_cast<std::int64_t>(modified_s * 1e9);
  return {1, 2, bytes, ns, ns, false};
}

constexpr std::int64_t wall(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

TEST_CASE("a picture and a text of the same name make a pair") {
  const auto pairs = [](const char* name, const char* partner) {
    const auto names = inbox::partner_names(name);
    return std::find(names.begin(), names.end(), partner) != names.end();
  };
  for (const char* text : {"a.b.txt", "a.b.yaml", "a.b.yml", "a.b.json", "a.b.jsonl", "a.b.TXT"})
    for (const char* picture :
         {"a.b.png", "a.b.jpg", "a.b.jpeg", "a.b.webp", "a.b.bmp", "a.b.gif", "a.b.JPG"}) {
      CHECK_MESSAGE(pairs(text, picture), text << " " << picture);
      CHECK_MESSAGE(pairs(picture, text), picture << " " << text);
    }
  CHECK_FALSE(pairs("a.txt", "a.yaml"));
  CHECK_FALSE(pairs("a.txt", "b.png"));
  CHECK(inbox::partner_names("a.doc").empty());
  CHECK(inbox::partner_names("README").empty());
}

TEST_CASE("copies and temporary files of programs that keep folders alike are no jobs") {
  for (const char* name : {"list.sync-conflict-20261130-120000-ABCDEFG.txt",
                           "list (Bob's conflicted copy 2026-11-30).txt",
                           "list (conflicted copy 2026-11-30 120000).yaml",
                           "list_conflict-20261130-120000.txt",
                           "list (SFConflict a@b.c 2026-11-30-12-00-00).txt",
                           "list [conflicted].txt",
                           "list.Conflict.txt",
                           "~syncthing~list.txt.tmp",
                           ".syncthing.list.txt.tmp",
                           ".stfolder",
                           ".stignore",
                           "Thumbs.db",
                           ".DS_Store",
                           "._list.txt",
                           "desktop.ini",
                           ".~lock.list.txt#",
                           "~$list.txt",
                           ".list.txt.Xy12Zq",
                           "Icon\r",
                           "list.txt.swo"})
    CHECK_MESSAGE(inbox::inbox_kind(name) == InboxKind::ignored, name);
  for (const char* name :
       {"list.txt.crdownload", "list.txt.download", "list.txt.!sync", "list.txt.part", "list.txt.aria2"})
    CHECK_MESSAGE(inbox::inbox_kind(name) == InboxKind::unfinished, name);
  for (const char* name : {"sync.txt", "a conflict.txt", "conflict-of-interest.txt", "copy (2).txt"})
    CHECK_MESSAGE(inbox::inbox_kind(name) == InboxKind::prompts, name);
}

TEST_CASE("names say what a file in the watch folder is") {
  const std::pair<const char*, InboxKind> cases[] = {
      {"night.txt", InboxKind::prompts},     {"NIGHT.TXT", InboxKind::prompts},
      {"a.b.yaml", InboxKind::yaml},         {"a.yml", InboxKind::yaml},
      {"a.json", InboxKind::json},           {"a.jsonl", InboxKind::json_lines},
      {"cat.PNG", InboxKind::image},         {"cat.jpeg", InboxKind::image},
      {"a.doc", InboxKind::unknown},         {"README", InboxKind::unknown},
      {".a.txt", InboxKind::ignored},        {".a.txt.Xy12z", InboxKind::ignored},
      {"a.txt~", InboxKind::ignored},        {"#a.txt#", InboxKind::ignored},
      {"4913", InboxKind::ignored},          {"a.txt.swp", InboxKind::ignored},
      {"a.txt.tmp", InboxKind::unfinished},  {"a.part", InboxKind::unfinished},
      {"a.txt.PART", InboxKind::unfinished}, {"a.crdownload", InboxKind::unfinished},
      {"part.txt", InboxKind::prompts},      {"tmp", InboxKind::unknown}};
  for (const auto& [name, kind] : cases) CHECK_MESSAGE(inbox::inbox_kind(name) == kind, name);
}

TEST_CASE("a closed file is complete soon, one of unknown history after the settle time") {
  inbox::Settling settling({5, 0.2, 60, true});
  settling.closed("closed.txt", facts(7), 10);
  settling.seen("found.txt", facts(3, 99), 10, wall(100));
  settling.seen("old.txt", facts(3, 90), 10, wall(100));
  CHECK(settling.due(10, 9) == std::vector<std::string>{"old.txt"});
  CHECK(settling.looked("old.txt", facts(3, 90), InboxLook::calm, 10));
  CHECK(settling.next_s() == doctest::Approx(10.2));
  CHECK(settling.due(10.3, 9) == std::vector<std::string>{"closed.txt"});
  CHECK(settling.looked("closed.txt", facts(7), InboxLook::calm, 10.3));
  CHECK(settling.due(14.9, 9).empty());
  CHECK(settling.due(15, 9) == std::vector<std::string>{"found.txt"});
  CHECK(settling.looked("found.txt", facts(3, 99), InboxLook::calm, 15));
  CHECK(!settling.next_s());
}

TEST_CASE("times of another machine's file system prove nothing") {
  inbox::Settling settling({5, 5, 60, false});
  settling.seen("old.txt", facts(3, 0), 10, wall(1000));
  CHECK(settling.due(14, 9).empty());
  CHECK(settling.due(15, 9).size() == 1);
}

TEST_CASE("a busy file waits for its writer, an empty one for a minute") {
  inbox::Settling settling({5, 0.2, 60, true});
  settling.closed("a.txt", facts(3), 0);
  CHECK(!settling.looked("a.txt", facts(3), InboxLook::busy, 1));
  CHECK(!settling.any_soon());
  CHECK(!settling.looked("a.txt", facts(3), InboxLook::busy, 1000));
  settling.closed("a.txt", facts(3), 1001);
  CHECK(settling.any_soon());
  CHECK(settling.looked("a.txt", facts(3), InboxLook::calm, 1001.2));

  settling.closed("empty.txt", facts(0), 0);
  double now = 0.2;
  while (!settling.looked("empty.txt", facts(0), InboxLook::unlikely, now)) now += 5;
  CHECK(now >= 60);
  CHECK(now <= 66);
}

TEST_CASE("whatever happens to a file, it is complete only after a quiet time, and then soon") {
  std::mt19937 random(7);
  const auto chance = [&](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
  for (int trial = 0; trial < 2000; ++trial) {
    const inbox::SettleTimes times{2, 0.2, 60, chance(0.5)};
    inbox::Settling settling(times);
    double changed_s = 1000;
    std::int64_t bytes = 1;
    bool complete = false;
    const int writes = static_cast<int>(random() % 8);
    int written = 0;
    double now = 1000;
    for (; now < 1100 && !complete; now += 0.1) {
      if (written < writes && chance(0.15)) {
        ++written;
        ++bytes;
        changed_s = now;
        if (chance(0.5)) settling.closed("f", facts(bytes, changed_s), now);
      } else if (chance(0.05) && now < 1020) {
        settling.seen("f", facts(bytes, changed_s), now, wall(now));
      }
      if (now > 1040 && now < 1040.15) settling.seen("f", facts(bytes, changed_s), now, wall(now));
      for (const auto& name : settling.due(now, 9)) {
        complete = settling.looked(name, facts(bytes, changed_s), InboxLook::calm, now);
        if (complete) CHECK(now - changed_s >= times.closed_s - 0.11);
      }
    }
    CHECK(complete);
    CHECK(now < 1043);
  }
}
