#include "cli/prompt_arguments.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "core/error.h"
#include "core/os/signals.h"
#include "spec/option_table.h"
#include "spec/prompts_file.h"

namespace turbodiff::cli {
namespace {

/// A pipe that was inherited by accident stays silent, and must not hold up the error that a prompt is
/// missing.
constexpr int silent_pipe_ms = 5000;

bool input_has_text() {
  struct stat info {};
  if (::fstat(STDIN_FILENO, &info) != 0) return false;
  if (S_ISREG(info.st_mode)) return std::cin.peek() != std::char_traits<char>::eof();
  if (!S_ISFIFO(info.st_mode)) return false;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const bool ready = ::poll(&input, 1, silent_pipe_ms) > 0;
  core::throw_if_interrupted();
  return ready && std::cin.peek() != std::char_traits<char>::eof();
}

}  // namespace

void add_prompt_arguments(CLI::App& app, PromptArguments& arguments) {
  app.add_option("PROMPT", arguments.prompt,
                 "What the video shows; the same as --prompt. - reads prompts from standard input")
      ->type_name("TEXT")
      ->group("Arguments");
  app.add_option("--prompts,--prompt-file", arguments.file,
                 "Prompts from a file, one a line or JSON lines; - is standard input")
      ->type_name("FILE")
      ->group("Prompt");
}

std::vector<spec::RequestOptions> requests_of(const PromptArguments& arguments,
                                              const spec::RequestOptions& flags,
                                              const spec::RequestOptions& common,
                                              const core::TextNote& note) {
  if (arguments.prompt && flags.prompt)
    throw Error::bad_request("the prompt is given twice", "leave --prompt out");
  if (arguments.file && (arguments.prompt || flags.prompt))
    throw Error::bad_request("a prompt and --prompts exclude each other", "put the prompt into the file");
  std::optional<std::string> file = arguments.file;
  if (arguments.prompt == "-" || (!file && !arguments.prompt && !common.prompt && input_has_text()))
    file = "-";
  if (!file) {
    spec::RequestOptions request = common;
    if (arguments.prompt) request.prompt = arguments.prompt;
    return {std::move(request)};
  }
  std::vector<spec::RequestOptions> requests;
  for (const spec::PromptEntry& entry : spec::read_prompts_file(*file, note))
    requests.push_back(spec::merge(common, entry.options));
  return requests;
}

}  // namespace turbodiff::cli
