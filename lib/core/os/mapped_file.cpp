#include "core/os/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/os/unique_fd.h"

namespace turbodiff::core {

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw Error::bad_request("cannot open '" + path.string() + "': " + std::strerror(errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    throw Error::bad_request("'" + path.string() + "' is not a regular file");
  if (info.st_size == 0) throw Error::bad_request("'" + path.string() + "' is empty");
  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED)
    throw Error::bad_request("cannot map '" + path.string() + "': " + std::strerror(errno));
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, static_cast<const std::uint8_t*>(data), size));
}

MappedFile::MappedFile(std::filesystem::path path, const std::uint8_t* data, std::size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

namespace {
/// The whole pages inside [offset, offset+length).
std::pair<std::size_t, std::size_t> whole_pages(std::size_t offset, std::size_t length, std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = (offset + page - 1) / page * page;
  const std::size_t end = std::min(size, offset + length) / page * page;
  return {begin, end > begin ? end - begin : 0};
}
}  // namespace

void MappedFile::drop_pages(std::size_t offset, std::size_t length) const {
  const auto [begin, count] = whole_pages(offset, length, size_);
  if (count > 0) ::madvise(const_cast<std::uint8_t*>(data_) + begin, count, MADV_DONTNEED);
}

void MappedFile::will_need(std::size_t offset, std::size_t length) const {
  const auto [begin, count] = whole_pages(offset, length, size_);
  if (count > 0) ::madvise(const_cast<std::uint8_t*>(data_) + begin, count, MADV_WILLNEED);
}

}  // namespace turbodiff::core
