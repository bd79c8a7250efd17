// SHA-256 (FIPS 180-4), computed by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// Called with the bytes done so far and in total.
using HashProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::span<const std::uint8_t> bytes);
  Sha256& update(std::string_view text);
  /// Adds `length` bytes of the file from `offset`. Error bad_request when it is missing or shorter than
  /// that, interrupted after a signal.
  Sha256& update_from_file(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t length,
                           const HashProgress& progress = {});
  /// The digest of everything added so far; the object may go on being updated.
  Digest digest() const;
  /// digest() as 64 lower-case hexadecimal digits.
  std::string hex() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::string_view text);
/// Hashes a whole file, about 0.3 to 2 GB/s.
std::string sha256_of_file(const std::filesystem::path& path, const HashProgress& progress = {});

}  // namespace turbodiff::core
