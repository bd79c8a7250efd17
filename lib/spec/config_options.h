// The options of a generation that settings decide.
#pragma once

#include "core/config.h"
#include "spec/request_options.h"

namespace turbodiff::spec {

/// What `config` (environment and configuration files) says about options.
RequestOptions options_of(const core::Config& config);

}  // namespace turbodiff::spec
