#include "watch_folder.h"

#include "check_deadlines.h"
#include "check_engine.h"
#include "core/duration.h"
#include "spec/config_options.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

double seconds(const core::Config& config, std::string_view key) {
  return static_cast<double>(core::require_duration_or_zero(config.text(key).value_or(""), key));
}

}  // namespace

std::unique_ptr<inbox::Inbox> make_inbox(Queue& queue, const std::optional<std::string>& folder_flag,
                                         decltype(inbox::InboxSettings::refused) refused) {
  cli::Program& program = queue.program();
  const core::Config& config = program.config();
  if (folder_flag && folder_flag->empty()) throw Error::bad_request("--watch: the name is empty");
  const auto folder = folder_flag ? std::optional<fs::path>(program.paths().expand(*folder_flag))
                                  : config.path("watch.folder");
  if (!folder) return nullptr;
  inbox::InboxSettings settings;
  settings.folder = fs::absolute(*folder / "").lexically_normal().parent_path();
  settings.output = config.text("watch.output").value_or(settings.output);
  settings.settle_s = seconds(config, "watch.settle");
  settings.poll_s = seconds(config, "watch.poll");
  settings.allow_paths = config.boolean("watch.allow_paths").value_or(false);
  settings.refused = std::move(refused);
  settings.skip_same = config.text("watch.duplicates") != "add";
  settings.common = spec::options_of(config);
  settings.freeze = {program.model_dirs(), program.cache_dir_or_empty()};
  settings.read_time = [&queue](std::string_view text) { return queue.parse_time(text, "time"); };
  settings.note = [&program](const std::string& line) { program.log().info("{}", line); };
  settings.check = [&queue](const std::vector<store::NewJob>& jobs) {
    try {
      // Nothing else of the daemon goes on meanwhile.
      constexpr double longest_check_s = 10;
      check_with_engine(queue.program(), jobs, longest_check_s);
    } catch (const Error& error) {
      throw Error::bad_request(error.message(), error.hint());
    }
    try {
      check_deadlines(queue, jobs, tariff::FeedAccess::kept);
    } catch (const Error& error) {
      // A tariff that cannot be read now is not the file's fault.
      if (error.code() != ErrorCode::refused) throw Error::work_failed(error.message(), error.hint());
      throw Error::bad_request(error.message(), "give a later deadline, or when: cheapest or now");
    }
  };
  return std::make_unique<inbox::Inbox>(queue.store(), program.clock(), program.log(), std::move(settings));
}

}  // namespace turbodiff::app
