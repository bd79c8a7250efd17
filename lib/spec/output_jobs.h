// From requests to the list of files that will be written.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "spec/container.h"
#include "spec/generation_request.h"
#include "spec/model_folder.h"

namespace turbodiff::spec {

/// One file to write.
struct Job {
  GenerationRequest request;
  std::vector<std::uint64_t> seeds;  ///< one, or those of the samples side by side
  std::size_t model = 0;             ///< index into JobList::models
  std::filesystem::path output;      ///< absolute
  /// Where the file is left for another process to publish; empty: at `output`.
  std::filesystem::path write_to;
  std::filesystem::path checkpoint;  ///< of the finished steps, read and written; empty: none
  std::filesystem::path preview;     ///< of the first frame, written while it is made; empty: none
  std::string shown_output;          ///< as the user gave it
  Container container = Container::mp4;
  std::filesystem::path latents;        ///< empty: not wanted
  std::filesystem::path contact_sheet;  ///< empty: not wanted

  int width() const { return request.size.width * static_cast<int>(seeds.size()); }
};

struct JobModel {
  Model model;
  bool by_files = false;  ///< chosen by its files or by a path, which a recipe then records
};

struct JobList {
  std::vector<JobModel> models;
  std::vector<Job> jobs;
};

/// Resolves every request and names every file. `first_index` is the first value of {index}; `more_follow`
/// makes names vary even for one file. Errors as choose_model(), resolve() and fill_name(), with the number
/// of the request when there are several.
JobList build_jobs(std::span<const RequestOptions> requests,
                   std::span<const std::filesystem::path> model_dirs, std::time_t now, int first_index = 1,
                   bool more_follow = false);

/// Error bad_request when a name that --save-latents or --contact-sheet gives has the wrong extension, or an
/// input file of the request does not exist.
void check_side_files(const Job& job);

}  // namespace turbodiff::spec
