// Loaded with LD_PRELOAD: ends a process at its n-th change of the disk below a folder, as a kill or as a power cut.
//
//   KILLPOINT_DIR      only files below it count
//   KILLPOINT_PROGRAM  only a process of this name (proc(5) comm)
//   KILLPOINT_AT       the change before which the process is ended, from 1; 0: never
//   KILLPOINT_ONCE     a file; only the first process that can create it is ended
//   KILLPOINT_POWER    1: what was not flushed is undone first, as when the machine loses power
//   KILLPOINT_NOSYNC   1: flushing does nothing, as if the program forgot it
//   KILLPOINT_FULL     "n-m": changes n to m fail with ENOSPC
//   KILLPOINT_CLOCK    a file with seconds to add to the wall clock; may change at any time
//   KILLPOINT_LOG      appended to: "kill PROGRAM TRANSITION CALL" and "publish PATH", "unpublish PATH"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct undo {
  struct undo* before;
  char* path;     // of the file, or the new name of a rename
  char* old_path; // of a rename
  off_t offset, old_size;
  char* bytes;
  size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct undo* newest;
static long changes, kill_at, full_from, full_to;
static int active = -1, power, nosync;
static const char* folder;
static char transition[64] = "outside";

static void start(void) {
  if (active >= 0) return;
  active = 0;
  folder = getenv("KILLPOINT_DIR");
  const char* program = getenv("KILLPOINT_PROGRAM");
  char name[64] = "";
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/comm", O_RDONLY);
  if (fd >= 0) {
    long n = syscall(SYS_read, fd, name, sizeof name - 1);
    if (n > 0) name[n - 1] = 0;
    syscall(SYS_close, fd);
  }
  if (!folder || (program && strncmp(program, name, 15) != 0)) return;
  const char* text = getenv("KILLPOINT_AT");
  kill_at = text ? atol(text) : 0;
  text = getenv("KILLPOINT_FULL");
  if (text) sscanf(text, "%ld-%ld", &full_from, &full_to);
  power = getenv("KILLPOINT_POWER") != NULL;
  nosync = getenv("KILLPOINT_NOSYNC") != NULL;
  active = 1;
}

static void note(const char* format, ...) {
  const char* log = getenv("KILLPOINT_LOG");
  if (!log) return;
  char line[PATH_MAX + 128];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, length);
  syscall(SYS_close, fd);
}

static int path_of(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return strncmp(path, folder, strlen(folder)) == 0;
}

static void undo_all(void) {
  for (struct undo* u = newest; u; u = u->before) {
    if (u->old_path) {
      syscall(SYS_renameat2, AT_FDCWD, u->path, AT_FDCWD, u->old_path, 0);
      note("unpublish %s\n", u->path);
      continue;
    }
    int fd = (int)syscall(SYS_openat, AT_FDCWD, u->path, O_WRONLY);
    if (fd < 0) continue;
    if (u->count) syscall(SYS_pwrite64, fd, u->bytes, u->count, u->offset);
    syscall(SYS_ftruncate, fd, u->old_size);
    syscall(SYS_close, fd);
  }
}

static int is_first(void) {
  const char* once = getenv("KILLPOINT_ONCE");
  if (!once) return 1;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, once, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (fd >= 0) syscall(SYS_close, fd);
  return fd >= 0;
}

// Before each change; returns 1 when it must fail with ENOSPC.
static int change(const char* call) {
  ++changes;
  if (kill_at > 0 && changes == kill_at && is_first()) {
    note("kill %s %s %s\n", program_invocation_short_name, transition, call);
    if (power) undo_all();
    syscall(SYS_kill, getpid(), SIGKILL);
    pause();
  }
  if (full_to > 0 && changes >= full_from && changes <= full_to) {
    errno = ENOSPC;
    return 1;
  }
  return 0;
}

static void remember(const char* path, off_t offset, size_t count) {
  if (!power) return;
  struct undo* u = calloc(1, sizeof *u);
  u->path = strdup(path);
  u->offset = offset;
  struct stat info;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
  if (fd < 0) {
    free(u->path);
    free(u);
    return;
  }
  u->old_size = syscall(SYS_fstat, fd, &info) == 0 ? info.st_size : 0;
  if (offset < u->old_size && count > 0) {
    u->count = count < (size_t)(u->old_size - offset) ? count : (size_t)(u->old_size - offset);
    u->bytes = malloc(u->count);
    long n = syscall(SYS_pread64, fd, u->bytes, u->count, offset);
    u->count = n > 0 ? (size_t)n : 0;
  }
  syscall(SYS_close, fd);
  u->before = newest;
  newest = u;
}

static int is_in(const char* path, const char* directory) {
  size_t n = strlen(directory);
  return strncmp(path, directory, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

// What is flushed is not undone any more.
static void forget(const char* path) {
  if (nosync) return;
  struct undo** at = &newest;
  while (*at) {
    struct undo* u = *at;
    if (u->old_path ? is_in(u->path, path) : strcmp(u->path, path) == 0) {
      *at = u->before;
      free(u->path), free(u->old_path), free(u->bytes), free(u);
    } else {
      at = &u->before;
    }
  }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t written(int fd, const void* bytes, size_t count, off_t offset, const char* call) {
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  start();
  int ours = active && path_of(fd, path);
  if (ours) {
    if (change(call)) {
      pthread_mutex_unlock(&lock);
      return -1;
    }
    off_t at = offset >= 0 ? offset : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    remember(path, at, count);
  }
  pthread_mutex_unlock(&lock);
  return offset >= 0 ? syscall(SYS_pwrite64, fd, bytes, count, offset) : syscall(SYS_write, fd, bytes, count);
}

ssize_t write(int fd, const void* bytes, size_t count) { return written(fd, bytes, count, -1, "write"); }
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) { return written(fd, bytes, count, offset, "pwrite"); }
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) { return written(fd, bytes, count, offset, "pwrite"); }

static int truncated(int fd, off_t size) {
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  start();
  if (active && path_of(fd, path)) {
    if (change("ftruncate")) {
      pthread_mutex_unlock(&lock);
      return -1;
    }
    struct stat info;
    if (syscall(SYS_fstat, fd, &info) == 0 && info.st_size > size) remember(path, size, (size_t)(info.st_size - size));
  }
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_ftruncate, fd, size);
}
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }

static int flushed(int fd, const char* call) {
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  start();
  if (active && path_of(fd, path)) {
    if (change(call)) {
      pthread_mutex_unlock(&lock);
      return -1;
    }
    forget(path);
  }
  pthread_mutex_unlock(&lock);
  return 0;  // a power cut is simulated: the real flush only costs time
}
int fsync(int fd) { return flushed(fd, "fsync"); }
int fdatasync(int fd) { return flushed(fd, "fsync"); }

static int renamed(const char* from, const char* to, unsigned flags) {
  pthread_mutex_lock(&lock);
  start();
  int ours = active && strncmp(to, folder, strlen(folder)) == 0;
  if (ours && change("rename")) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
  int error = errno;
  if (ours && result == 0) {
    note("publish %s\n", to);
    if (power) {
      struct undo* u = calloc(1, sizeof *u);
      u->path = strdup(to);
      u->old_path = strdup(from);
      u->before = newest;
      newest = u;
    }
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int rename(const char* from, const char* to) { return renamed(from, to, 0); }
int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) {
  (void)from_fd, (void)to_fd;
  return renamed(from, to, flags);
}

// The store names its transactions in a comment: "BEGIN IMMEDIATE /* claim */".
int sqlite3_exec(void* db, const char* sql, void* callback, void* argument, char** message) {
  int (*real)(void*, const char*, void*, void*, char**) = dlsym(RTLD_NEXT, "sqlite3_exec");
  const char* comment = strstr(sql, "/* ");
  if (strncmp(sql, "BEGIN", 5) == 0 && comment) sscanf(comment + 3, "%63[^ *]", transition);
  int result = real(db, sql, callback, argument, message);
  if (strncmp(sql, "COMMIT", 6) == 0) {
    char after[64];
    snprintf(after, sizeof after, "after-%.56s", transition);
    strcpy(transition, after);
  }
  return result;
}

int clock_gettime(clockid_t id, struct timespec* now) {
  int result = (int)syscall(SYS_clock_gettime, id, now);
  const char* file = id == CLOCK_REALTIME ? getenv("KILLPOINT_CLOCK") : NULL;
  if (!file) return result;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY);
  if (fd < 0) return result;
  char text[32] = "";
  if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
  syscall(SYS_close, fd);
  return result;
}
