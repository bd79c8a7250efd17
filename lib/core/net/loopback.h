// Names of hosts.
#pragma once

#include <string_view>

namespace turbodiff::core {

/// localhost, 127.0.0.0/8 and ::1, with or without brackets.
bool is_loopback(std::string_view host);

}  // namespace turbodiff::core
