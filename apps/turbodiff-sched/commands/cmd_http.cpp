// turbodiff-sched http token
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/error.h"
#include "core/os/output_file.h"
#include "core/os/private_file.h"
#include "core/text/encoding.h"
#include "http_service.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

/// 256 random bits as hexadecimal digits.
std::string draw_token() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw Error::work_failed(fmt::format("the system gives no random numbers: {}", std::strerror(errno)));
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

/// Readable by its owner alone from its first moment.
void write_token(const fs::path& file, const std::string& token, bool replace) {
  std::error_code error;
  core::create_private_folder(file.parent_path(), error);
  if (error)
    throw Error::work_failed(
        fmt::format("cannot make the folder '{}': {}", file.parent_path().string(), error.message()));
  core::OutputFile out(file, replace, core::Readers::owner);
  std::ofstream text(out.temp_path(), std::ios::binary);
  text << token << "\n";
  if (!text.flush()) throw Error::work_failed(fmt::format("cannot write '{}'", file.string()));
  out.commit();
}

/// The page's address with the token behind '#', which a browser keeps to itself.
std::string page_link(const http::ListenAddress& address, const std::string& token) {
  std::string host = address.host;
  if (host == "0.0.0.0" || host == "::") {
    std::array<char, 256> name{};
    host = ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
  }
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return fmt::format("http://{}:{}/#token={}", host, address.port, core::percent_encoded(token));
}

void show_token(Queue& queue, bool replace) {
  cli::Program& program = queue.program();
  if (program.config().text("http.token_env"))
    throw Error::bad_request("http.token_env names the variable that holds the token",
                             "take it out of the configuration to have one made");
  const auto configured = program.config().path("http.token_file");
  const fs::path file = configured ? *configured : made_token_file(queue);
  std::error_code ignored;
  const bool make = replace || !fs::exists(file, ignored);
  if (make) write_token(file, draw_token(), replace);
  const std::string link = page_link(configured_address(queue), http::read_token(file));
  if (program.flags().json)
    return program.print_json({{"file", file.string()}, {"made", make}, {"page", link}});
  std::string text = link + "\n";
  if (!program.flags().quiet) {
    text += fmt::format("The token is in {}{}.\n", file.string(),
                        make ? "; restart a running daemon to apply it" : "");
    text += "Programs send it as 'Authorization: Bearer TOKEN'. ";
    text += configured ? "Every client needs it.\n" : "This user needs none on this machine.\n";
  }
  program.print(text);
}

}  // namespace

void add_http(Queue& queue) {
  cli::Program& program = queue.program();
  CLI::App& group = program.add_command("http", "The HTTP API and page of the daemon", {});
  const auto replace = std::make_shared<bool>(false);
  CLI::App& token = program.add_command(
      "token", "Create the access token of other users if there is none, and print the page's link with it",
      [replace, &queue](cli::Program&) { show_token(queue, *replace); }, &group);
  token.add_flag("--new", *replace, "Replace the token; the previous one becomes invalid");
}

}  // namespace turbodiff::app
