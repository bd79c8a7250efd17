// The content of a file as characters.
#pragma once

#include <memory>
#include <string_view>

#include "core/os/mapped_file.h"

namespace turbodiff::media {

class FileView {
 public:
  /// Maps `path`. Throws as core::MappedFile::open does.
  explicit FileView(const std::filesystem::path& path) : file_(core::MappedFile::open(path)) {}

  std::string_view view() const {
    return {reinterpret_cast<const char*>(file_->bytes().data()), file_->bytes().size()};
  }

 private:
  std::shared_ptr<const core::MappedFile> file_;
};

}  // namespace turbodiff::media
