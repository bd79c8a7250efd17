#include "core/os/file_system.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <cerrno>

namespace turbodiff::core {

const char* network_file_system(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return nullptr;
  switch (static_cast<unsigned long>(info.f_type)) {
    case NFS_SUPER_MAGIC:
      return "NFS";
    case SMB_SUPER_MAGIC:
    case 0xff534d42:  // CIFS
    case 0xfe534d42:  // SMB2
      return "SMB";
    case 0x65735546:  // FUSE: sshfs, rclone, s3fs
      return "FUSE";
    case 0x5346414f:
      return "AFS";
    case 0x00c36400:
      return "Ceph";
    case 0x01021997:
      return "9p";
    case 0x0bd00bd0:
      return "Lustre";
    case 0x01161970:
      return "GFS2";
    case 0x786f4256:
      return "vboxsf";
  }
  return nullptr;
}

bool is_out_of_space(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

const char* out_of_space_hint(int error) {
  return error == EFBIG ? "raise the limit on the size of files (ulimit -f)"
                        : "free some space or choose another folder";
}

}  // namespace turbodiff::core
