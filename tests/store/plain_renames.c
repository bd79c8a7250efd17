// A file system without RENAME_NOREPLACE and, unless HARD_LINKS is set, without hard links, as some network and FUSE file
// systems are.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) {
  errno = EINVAL;
  return -1;
}

int link(const char* from, const char* to) {
  if (getenv("HARD_LINKS")) return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  errno = EPERM;
  return -1;
}
