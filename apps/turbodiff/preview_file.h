// The preview of a running generation, written to a file on request.
#pragma once

#include <filesystem>
#include <span>

#include "core/log.h"
#include "pipeline/frames.h"

namespace turbodiff::app {

/// FILE is written as PNG, atomically, each time when FILE.wanted exists; FILE.wanted is then removed.
class PreviewFile final : public pipeline::PreviewSink {
 public:
  PreviewFile(std::filesystem::path file, core::Log& log) : file_(std::move(file)), log_(log) {}

  bool is_wanted() const override;
  void write(std::span<const std::uint8_t> rgb, int width, int height) override;

 private:
  std::filesystem::path wanted() const { return file_.string() + ".wanted"; }

  std::filesystem::path file_;
  core::Log& log_;
};

}  // namespace turbodiff::app
