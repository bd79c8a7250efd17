// What a running generation will look like, as a picture for whoever asks.
#pragma once

#include <filesystem>
#include <span>

#include "core/log.h"
#include "pipeline/frames.h"

namespace turbodiff::app {

/// FILE is written as PNG, whole or not at all, each time when FILE.wanted is there; that is then removed.
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
