// Files that were taken out of the watch folder and are not jobs yet: FOLDER/.taking/BATCH/NAME, a name that
// no other process writes to and that is never used twice.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/os/unique_fd.h"

namespace turbodiff::inbox {

struct InboxClaim {
  std::string batch, name;
  /// The key of the claim in the store.
  std::string key() const { return batch + "/" + name; }
};

class InboxClaims {
 public:
  /// Creates FOLDER/.taking and locks it. Error bad_request when it cannot be used, refused when another
  /// process has locked it.
  InboxClaims(std::filesystem::path folder, const core::Clock& clock, core::Log& log);

  /// The claims of ended processes, in the order of taking.
  std::vector<InboxClaim> left_over() const;
  /// Takes complete files, each with the picture or text of the same name, complete or not, because they
  /// belong together. Files that have disappeared meanwhile are skipped.
  std::vector<InboxClaim> take(const std::vector<std::string>& names);

  std::filesystem::path path_of(const InboxClaim& claim) const { return taking_ / claim.batch / claim.name; }
  /// Names of the other files of the same batch that differ only in the extension.
  std::vector<std::string> partners(const InboxClaim& claim) const;
  /// Removes the batch's folder once nothing is left in it.
  void tidy(const InboxClaim& claim) const;

 private:
  std::string make_batch();

  std::filesystem::path folder_, taking_;
  const core::Clock& clock_;
  core::Log& log_;
  core::UniqueFd lock_;
};

}  // namespace turbodiff::inbox
