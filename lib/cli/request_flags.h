// The option table on a command line.
#pragma once

#include "spec/request_options.h"

namespace CLI {
class App;
}

namespace turbodiff::cli {

/// Adds every option of the table to `app`, grouped and with its help; other spellings are accepted and
/// hidden from the help. Values go to `options`, which must outlive the parse. A bad value is an Error
/// bad_request thrown by parse().
void add_request_flags(CLI::App& app, spec::RequestOptions& options);

}  // namespace turbodiff::cli
