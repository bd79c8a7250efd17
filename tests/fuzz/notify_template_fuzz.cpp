#include <nlohmann/json.hpp>

#include "fuzz_text.h"
#include "notify/notify_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  fuzz::Input input(data, size);
  const auto escaping = static_cast<notify::Escaping>(input.byte() % 3);
  notify::TemplateValues values;
  values.title = values.text =
      std::string(1, static_cast<char>(input.byte())) + static_cast<char>(input.byte());
  values.done = std::to_string(input.byte());
  if (input.byte() % 2 != 0) values.cost = "-" + values.done + ".5";
  const std::string text = input.rest();
  return fuzz::expect_error_only([&] {
    const std::string filled = notify::NotifyTemplate::parse(text, escaping).fill(values);
    if (escaping == notify::Escaping::json)
      fuzz::require(nlohmann::json::accept(filled), "what is accepted is JSON with every value");
    if (text.find("{{") == std::string::npos)
      fuzz::require(filled == text, "what names nothing stays as it is");
  });
}
