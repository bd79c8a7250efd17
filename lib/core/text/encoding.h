// Bytes as text: Base64, percent-encoding, MD5 where a service asks for it.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::core {

/// RFC 4648 with padding, on one line.
std::string base64(std::string_view bytes);
/// All but the unreserved characters of RFC 3986 as %XX.
std::string percent_encoded(std::string_view bytes);
/// 32 lower-case hexadecimal digits. For checksums that a protocol prescribes, not for security.
std::string md5_hex(std::string_view bytes);

}  // namespace turbodiff::core
