// Loaded with LD_PRELOAD: file systems are of the type STATFS_TYPE (hexadecimal, as statfs(2) tells it), all of them or
// those under STATFS_UNDER; there inotify(7) hears of no file, as of what other machines write.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static int is_under(const char* path) {
  const char* folder = getenv("STATFS_UNDER");
  return folder == NULL || (path != NULL && strncmp(path, folder, strlen(folder)) == 0);
}

static int pretend(const char* path, struct statfs* info) {
  const int result = (int)syscall(SYS_statfs, path, info);
  const char* type = getenv("STATFS_TYPE");
  if (result == 0 && type != NULL && is_under(path)) info->f_type = strtol(type, NULL, 16);
  return result;
}

int statfs(const char* path, struct statfs* info) {
  return pretend(path, info);
}

int statfs64(const char* path, struct statfs64* info) {
  return pretend(path, (struct statfs*)info);
}

int inotify_add_watch(int fd, const char* path, uint32_t mask) {
  const int deaf = getenv("STATFS_UNDER") != NULL && is_under(path);
  return (int)syscall(SYS_inotify_add_watch, fd, path, deaf ? IN_MOVE_SELF : mask);
}
