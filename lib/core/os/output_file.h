// An output file that appears under its name atomically.
#pragma once

#include <filesystem>
#include <vector>

namespace turbodiff::core {

/// Who may read a new file: those that the umask allows, or the owner alone.
enum class Readers { by_umask, owner };

/// Reserves a temporary file beside `final_path`, which commit() moves into place. A writer opens temp_path()
/// and truncates it. Destruction without commit() removes the temporary file, so an error or an interrupt
/// leaves nothing. Folders of the path that are missing are made, and removed again when there is no
/// commit(). When `final_path` is a symbolic link and `force` is set, the file it points to is replaced and
/// the link stays.
class OutputFile {
 public:
  /// Runs check(), makes missing folders, then creates the temporary file `.<name>.<random>.part` in the
  /// folder of the file.
  explicit OutputFile(const std::filesystem::path& final_path, bool force = false,
                      Readers readers = Readers::by_umask);
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Whether `final_path` could be written, without touching the disk. Error bad_request when the folder
  /// cannot be written or made, when the target is not a regular file, or exists and `force` is not set.
  static void check(const std::filesystem::path& final_path, bool force);

  const std::filesystem::path& temp_path() const { return temp_path_; }
  const std::filesystem::path& final_path() const { return final_path_; }

  /// Flushes the file to the disk, renames it and flushes the folder. Without `force` a file that has
  /// appeared under the name since the construction is kept: Error bad_request. Error refused on a full disk,
  /// work_failed for other failures.
  void commit();

 private:
  void discard() noexcept;
  std::filesystem::path final_path_;
  std::filesystem::path target_;
  std::filesystem::path temp_path_;
  std::vector<std::filesystem::path> made_folders_;  ///< the outermost first
  bool force_ = false;
};

}  // namespace turbodiff::core
