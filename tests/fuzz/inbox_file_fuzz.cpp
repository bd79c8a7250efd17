#include "inbox/inbox_file.h"

#include "fuzz_text.h"
#include "tariff/local_time.h"

/// The first byte says what kind of file it is; what stood in it follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  constexpr std::pair<inbox::InboxKind, const char*> kinds[] = {{inbox::InboxKind::prompts, "a.txt"},
                                                                {inbox::InboxKind::json_lines, "a.jsonl"},
                                                                {inbox::InboxKind::json, "a.json"},
                                                                {inbox::InboxKind::yaml, "a.yaml"}};
  static const auto zone = tariff::LocalZone::find("Europe/Berlin").value();
  fuzz::Input input(data, size);
  const auto& chosen = kinds[input.byte() % std::size(kinds)];
  const auto read_time = [](std::string_view text) {
    return tariff::parse_time(text, zone, 1'764'082'801, "time");
  };
  return fuzz::expect_error_only([&] {
    const auto requests = inbox::read_inbox_file(input.rest(), chosen.second, chosen.first, read_time);
    fuzz::require(!requests.empty(), "a file that is taken gives requests");
    for (const inbox::InboxRequest& request : requests) {
      fuzz::require(request.options.prompt.has_value(), "every request has a prompt");
      fuzz::require(request.count >= 1, "a request asks for something");
      fuzz::require(request.schedule.retries >= 0, "retries are a number");
    }
  });
}
