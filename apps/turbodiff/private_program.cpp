#include "private_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/os/paths.h"
#include "core/os/process_spawn.h"
#include "core/os/signals.h"
#include "core/text/strings.h"
#include "core/units.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

/// Between the folder of turbodiff and that of the programs behind it, in the build tree as installed.
constexpr const char* to_private = TURBODIFF_TO_PRIVATE;
constexpr const char* to_public = TURBODIFF_TO_PUBLIC;

/// Address space that a program and its libraries take before they do anything, rounded up.
std::uint64_t address_space_of(const std::string& part) {
  return part == "engine" ? std::uint64_t{TURBODIFF_ENGINE_SPACE_MIB} << 20 : std::uint64_t{512} << 20;
}

/// The dynamic loader would end the program with a line of its own.
void check_address_space(const std::string& part) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  if (limit.rlim_cur < address_space_of(part))
    throw Error::refused(
        fmt::format("the address space is limited to {}, and turbodiff-{} takes {} to start",
                    core::format_bytes(limit.rlim_cur), part, core::format_bytes(address_space_of(part))),
        "raise the limit (ulimit -v)");
}

/// The same for a LibTorch that was moved or removed.
void check_libtorch(const fs::path& folder, const core::Environment& environment) {
  std::error_code ignored;
  const fs::path installed = folder / TURBODIFF_INSTALLED_LIBTORCH, built_with = TURBODIFF_LIBTORCH_FILE;
  if (fs::exists(installed, ignored) || fs::exists(built_with, ignored) || environment.has("LD_LIBRARY_PATH"))
    return;
  throw Error::work_failed(
      fmt::format("LibTorch is not where it was when turbodiff was built, '{}' is missing",
                  built_with.string()),
      "run 'make' again");
}

constexpr const char* folder_variable = "TURBODIFF_FOLDER_FD";

/// Leaves a folder that is gone; its descriptor, or -1 when it is there.
int leave_missing_folder() {
  std::error_code gone;
  [[maybe_unused]] const fs::path here = fs::current_path(gone);
  if (!gone) return -1;
  const int fd = ::open(".", O_PATH | O_DIRECTORY);
  return fd >= 0 && ::chdir("/") == 0 ? fd : -1;
}

}  // namespace

void return_to_folder() {
  const auto fd = core::parse_integer(core::Environment::of_process().get(folder_variable).value_or(""));
  if (!fd || *fd <= STDERR_FILENO) return;
  if (::fchdir(static_cast<int>(*fd)) != 0)
    throw Error::work_failed(fmt::format("cannot go back to the current folder: {}", std::strerror(errno)));
  ::close(static_cast<int>(*fd));
}

fs::path public_program() {
  const fs::path own = core::Paths::this_executable();
  const bool is_private = own.filename() == "turbodiff-engine" || own.filename() == "turbodiff-media";
  return is_private ? (own.parent_path() / to_public / "turbodiff").lexically_normal() : own;
}

void hand_over(const cli::Program& program, const std::string& part) {
  const fs::path folder = (program.info().executable.parent_path() / to_private).lexically_normal();
  const fs::path file = folder / ("turbodiff-" + part);
  check_address_space(part);
  if (part == "engine") check_libtorch(folder, program.environment());
  core::EnvironmentChanges changes;
  if (!program.environment().has("OMP_WAIT_POLICY")) changes["OMP_WAIT_POLICY"] = "passive";
  const int left = leave_missing_folder();
  changes[folder_variable] = left < 0 ? std::nullopt : std::optional(std::to_string(left));
  const int error = core::replace_process(file, program.arguments(), changes);
  core::throw_if_interrupted();
  throw Error::work_failed(fmt::format("cannot start '{}': {}", file.string(), std::strerror(error)),
                           error == ENOENT ? "it belongs to turbodiff: build or install it again" : "");
}

}  // namespace turbodiff::app
