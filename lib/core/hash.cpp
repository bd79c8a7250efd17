#include "core/hash.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/os/signals.h"
#include "core/os/unique_fd.h"

namespace turbodiff::core {
namespace {

constexpr std::size_t block_bytes = 1 << 20;

void require(bool ok) {
  if (!ok) throw Error::work_failed("SHA-256 failed in libcrypto");
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(context_->context != nullptr && EVP_DigestInit_ex(context_->context, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::span<const std::uint8_t> bytes) {
  require(EVP_DigestUpdate(context_->context, bytes.data(), bytes.size()) == 1);
  return *this;
}

Sha256& Sha256::update(std::string_view text) {
  require(EVP_DigestUpdate(context_->context, text.data(), text.size()) == 1);
  return *this;
}

Sha256& Sha256::update_from_file(const std::filesystem::path& path, std::uint64_t offset,
                                 std::uint64_t length, const HashProgress& progress) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) throw Error::bad_request("cannot open '" + path.string() + "': " + std::strerror(errno));
  ::posix_fadvise(file.get(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_SEQUENTIAL);
  std::vector<std::uint8_t> block(static_cast<std::size_t>(std::min<std::uint64_t>(length, block_bytes)));
  std::uint64_t done = 0;
  while (done < length) {
    throw_if_interrupted();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(length - done, block.size()));
    const ssize_t count = ::pread(file.get(), block.data(), wanted, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error::bad_request("cannot read '" + path.string() + "': " + std::strerror(errno));
    if (count == 0) throw Error::bad_request("'" + path.string() + "' is shorter than expected");
    update(std::span(block).first(static_cast<std::size_t>(count)));
    done += static_cast<std::uint64_t>(count);
    if (progress) progress(done, length);
  }
  return *this;
}

Sha256::Digest Sha256::digest() const {
  const Context copy;
  Digest result{};
  unsigned int size = 0;
  require(copy.context != nullptr && EVP_MD_CTX_copy_ex(copy.context, context_->context) == 1);
  require(EVP_DigestFinal_ex(copy.context, result.data(), &size) == 1 && size == result.size());
  return result;
}

std::string Sha256::hex() const {
  std::string text;
  for (const std::uint8_t byte : digest()) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  return Sha256().update(bytes).hex();
}
std::string sha256_hex(std::string_view text) {
  return Sha256().update(text).hex();
}

std::string sha256_of_file(const std::filesystem::path& path, const HashProgress& progress) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    throw Error::bad_request("cannot open '" + path.string() + "': " + std::strerror(errno));
  if (!S_ISREG(info.st_mode)) throw Error::bad_request("'" + path.string() + "' is not a regular file");
  return Sha256().update_from_file(path, 0, static_cast<std::uint64_t>(info.st_size), progress).hex();
}

}  // namespace turbodiff::core
