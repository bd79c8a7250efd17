// Files that were taken out of the watch folder and are no jobs yet: FOLDER/.taking/BATCH/NAME, a name that
// nobody else writes to and that is never used twice.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"

namespace turbodiff::sched {

struct InboxClaim {
  std::string batch, name;
  /// As the store knows it.
  std::string key() const { return batch + "/" + name; }
};

class InboxClaims {
 public:
  /// Makes FOLDER/.taking and locks it. Error bad_request when it cannot be used, refused when another
  /// process has it.
  InboxClaims(std::filesystem::path folder, const core::Clock& clock, core::Log& log);
  ~InboxClaims();
  InboxClaims(const InboxClaims&) = delete;
  InboxClaims& operator=(const InboxClaims&) = delete;

  /// What was taken by a process that is gone, in the order of taking.
  std::vector<InboxClaim> left_over() const;
  /// Takes complete files, each with the picture or the texts of the same name, complete or not: they belong
  /// together. What is gone meanwhile is left out.
  std::vector<InboxClaim> take(const std::vector<std::string>& names);

  std::filesystem::path path_of(const InboxClaim& claim) const { return taking_ / claim.batch / claim.name; }
  /// Names of the other files of the same batch that have the same name but for the ending.
  std::vector<std::string> partners(const InboxClaim& claim) const;
  /// Removes the batch's folder once nothing is left in it.
  void tidy(const InboxClaim& claim) const;

 private:
  std::string make_batch();

  std::filesystem::path folder_, taking_;
  const core::Clock& clock_;
  core::Log& log_;
  int lock_ = -1;
};

}  // namespace turbodiff::sched
