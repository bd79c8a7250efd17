// The options of a generation that settings determine.
#pragma once

#include "core/config.h"
#include "spec/request_options.h"

namespace turbodiff::spec {

/// The options in `config` (environment and configuration files).
RequestOptions options_of(const core::Config& config);

}  // namespace turbodiff::spec
