// Loaded with LD_PRELOAD: ends a process at its n-th change of the disk below a folder, as a kill or as a power cut, and
// writes a ledger of what the scheduler did that is none of the store's business.
//
//   KILLPOINT_DIR      only changes below it count; with a slash at its end
//   KILLPOINT_PROGRAM  only a process of this name (proc(5) comm) is ended; the ledger is of all
//   KILLPOINT_IN       only changes from the start of this transaction to that of the next one; "after-NAME": from
//                      its end
//   KILLPOINT_AT       the change before which the process is ended, from 1; 0: never
//   KILLPOINT_ONCE     a file; only the first process that can create it is ended
//   KILLPOINT_HOW      kill; both: its children first; stop: SIGSTOP, to go on later; power: what was not flushed is
//                      undone first; full: from there on KILLPOINT_COUNT changes fail with ENOSPC
//   KILLPOINT_SEED     of power: which of the changes that were not flushed stay; 0: none
//   KILLPOINT_AT_EXIT  set: the power is cut when the process has ended by itself
//   KILLPOINT_CLOCK    a file with seconds to add to the wall clock; may change at any time
//   KILLPOINT_RATE     the monotonic clock runs so many times faster
//   KILLPOINT_LOG      the ledger, one line each: "kill PROGRAM TRANSACTION CALL", "publish PATH", "unpublish PATH",
//                      "order ID", "committing TRANSACTION", "committed TRANSACTION"
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

#include "power_cut.h"

enum how { by_kill, by_kill_of_both, by_stop, by_power_cut, by_full_disk };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long changes, kill_at, full_count, failed;
static int active = -1, target;
static enum how how;
static unsigned seed;
static const char *folder, *within;
static char transaction[64] = "none";

static long number(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

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
  if (!folder) return;
  active = 1;
  target = !program || strncmp(program, name, 15) == 0;
  if (!target) return;
  static const char* const names[] = {"kill", "both", "stop", "power", "full"};
  const char* wanted = getenv("KILLPOINT_HOW");
  for (int i = 0; wanted && i < 5; ++i)
    if (strcmp(wanted, names[i]) == 0) how = (enum how)i;
  within = getenv("KILLPOINT_IN");
  kill_at = number("KILLPOINT_AT");
  full_count = number("KILLPOINT_COUNT");
  seed = (unsigned)number("KILLPOINT_SEED");
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

static void unpublished(const char* path) { note("unpublish %s\n", path); }

// SQLite's index of its log does not outlive the processes that have it in their memory.
static int is_ours(const char* path) {
  const size_t n = strlen(path);
  if (strncmp(path, folder, n) == 0 && strlen(folder) == n + 1) return 1;  // the folder itself
  return strncmp(path, folder, strlen(folder)) == 0 && (n < 4 || strcmp(path + n - 4, "-shm") != 0);
}

static int path_of(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return is_ours(path);
}

static int is_first(void) {
  const char* once = getenv("KILLPOINT_ONCE");
  if (!once) return 1;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, once, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (fd >= 0) syscall(SYS_close, fd);
  return fd >= 0;
}

static void kill_children(void) {
  char path[64], text[4096] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
  if (fd < 0) return;
  if (syscall(SYS_read, fd, text, sizeof text - 1) > 0)
    for (char* at = strtok(text, " "); at; at = strtok(NULL, " "))
      if (atol(at) > 0) syscall(SYS_kill, (pid_t)atol(at), SIGKILL);
  syscall(SYS_close, fd);
}

// Before each change; returns 1 when it must fail with ENOSPC.
static int change(const char* call) {
  if (within && strcmp(within, transaction) != 0 &&
      (strncmp(transaction, "after-", 6) != 0 || strcmp(within, transaction + 6) != 0))
    return 0;
  if (!target) return 0;
  ++changes;
  if (kill_at <= 0 || changes < kill_at) return 0;
  if (how == by_full_disk) {
    if (failed == full_count || (failed == 0 && !is_first())) return 0;
    if (++failed == 1) note("kill %s %s %s\n", program_invocation_short_name, transaction, call);
    errno = ENOSPC;
    return 1;
  }
  if (changes != kill_at || !is_first()) return 0;
  note("kill %s %s %s\n", program_invocation_short_name, transaction, call);
  if (how == by_power_cut || how == by_kill_of_both) kill_children();
  if (how == by_power_cut) power_cut(seed, unpublished);
  syscall(SYS_kill, getpid(), how == by_stop ? SIGSTOP : SIGKILL);
  return 0;
}

__attribute__((destructor)) static void at_exit(void) {
  if (target && getenv("KILLPOINT_AT_EXIT")) power_cut(seed, unpublished);
}

static ssize_t written(int fd, const void* bytes, size_t count, off_t offset, const char* call) {
  static const char order[] = "{\"id\":\"";
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  start();
  if (active && path_of(fd, path)) {
    if (change(call)) {
      pthread_mutex_unlock(&lock);
      return -1;
    }
    if (how == by_power_cut)
      power_cut_remember_write(fd, path, offset >= 0 ? offset : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR), bytes, count);
  } else if (active && offset < 0 && count > sizeof order && memcmp(bytes, order, sizeof order - 1) == 0) {
    char id[64] = "";
    sscanf((const char*)bytes + sizeof order - 1, "%63[^\"]", id);
    note("order %s\n", id);
  }
  pthread_mutex_unlock(&lock);
  return offset >= 0 ? syscall(SYS_pwrite64, fd, bytes, count, offset) : syscall(SYS_write, fd, bytes, count);
}

ssize_t write(int fd, const void* bytes, size_t count) { return written(fd, bytes, count, -1, "write"); }
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) { return written(fd, bytes, count, at, "pwrite"); }
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) { return written(fd, bytes, count, at, "pwrite"); }

static int truncated(int fd, off_t size) {
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  start();
  if (active && path_of(fd, path)) {
    if (change("ftruncate")) {
      pthread_mutex_unlock(&lock);
      return -1;
    }
    if (how == by_power_cut) power_cut_remember_write(fd, path, size, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_ftruncate, fd, size);
}
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }

static int flushed(int fd) {
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  start();
  if (active && path_of(fd, path)) {
    if (change("fsync")) {
      pthread_mutex_unlock(&lock);
      return -1;
    }
    if (how == by_power_cut) power_cut_flushed(path);
  }
  pthread_mutex_unlock(&lock);
  return 0;  // a power cut is simulated: the real flush only costs time
}
int fsync(int fd) { return flushed(fd); }
int fdatasync(int fd) { return flushed(fd); }

static int renamed(const char* from, const char* to, unsigned flags) {
  pthread_mutex_lock(&lock);
  start();
  const int ours = active && is_ours(to);
  if (ours && change("rename")) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  const int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
  const int error = errno;
  if (ours && result == 0) {
    note("publish %s\n", to);
    if (how == by_power_cut) power_cut_remember_rename(from, to);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int rename(const char* from, const char* to) { return renamed(from, to, 0); }
int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) {
  (void)from_fd, (void)to_fd;  // both programs give absolute paths
  return renamed(from, to, flags);
}

static int unlinked(const char* path) {
  static int count;
  pthread_mutex_lock(&lock);
  start();
  int result = 0;
  if (active && is_ours(path) && access(path, F_OK) == 0) {
    change("unlink");
    const char* log = getenv("KILLPOINT_LOG");
    if (how == by_power_cut && log) {
      char trash[PATH_MAX];
      snprintf(trash, sizeof trash, "%s.trash.%d.%d", log, getpid(), ++count);
      result = power_cut_unlink(path, trash);
      pthread_mutex_unlock(&lock);
      return result;
    }
  }
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
int unlink(const char* path) { return unlinked(path); }
int remove(const char* path) {
  const int result = unlinked(path);
  return result != 0 && errno == EISDIR ? (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) : result;
}

// The store names its transactions in a comment: "BEGIN IMMEDIATE /* claim */".
int sqlite3_exec(void* db, const char* sql, void* callback, void* argument, char** message) {
  int (*real)(void*, const char*, void*, void*, char**) = dlsym(RTLD_NEXT, "sqlite3_exec");
  start();
  const char* comment = strstr(sql, "/* ");
  const int commits = active && strncmp(sql, "COMMIT", 6) == 0;
  if (strncmp(sql, "BEGIN", 5) == 0 && comment) sscanf(comment + 3, "%63[^ *]", transaction);
  if (commits) note("committing %s\n", transaction);
  const int result = real(db, sql, callback, argument, message);
  if (commits && result == 0) {
    note("committed %s\n", transaction);
    char after[64];
    snprintf(after, sizeof after, "after-%.56s", transaction);
    strcpy(transaction, after);
  }
  return result;
}

int clock_gettime(clockid_t id, struct timespec* now) {
  const int result = (int)syscall(SYS_clock_gettime, id, now);
  const long rate = id == CLOCK_MONOTONIC ? number("KILLPOINT_RATE") : 0;
  if (rate > 1) {
    now->tv_sec *= rate;
    now->tv_sec += now->tv_nsec * rate / 1000000000;
    now->tv_nsec = now->tv_nsec * rate % 1000000000;
  }
  const char* file = id == CLOCK_REALTIME ? getenv("KILLPOINT_CLOCK") : NULL;
  if (!file) return result;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY);
  if (fd < 0) return result;
  char text[32] = "";
  if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
  syscall(SYS_close, fd);
  return result;
}
