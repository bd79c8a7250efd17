#define _GNU_SOURCE
#include "power_cut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { wrote, cut, renamed, unlinked };

struct change {
  enum kind kind;
  struct change *before, *after;
  char* path;   // of the file; the new name of a rename
  char* other;  // the old name of a rename; where an unlinked file is kept
  off_t offset, old_size;
  char *old_bytes, *new_bytes;
  size_t old_count, new_count;
};

struct file {
  struct file* next;
  dev_t device;
  ino_t inode;
  char* path;
};

static struct change *newest, *oldest;
static struct file *safe, *exposed;

static int plain_open(const char* path, int flags) { return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644); }
static int plain_rename(const char* from, const char* to) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static struct change* append(enum kind kind, const char* path, const char* other) {
  struct change* c = calloc(1, sizeof *c);
  c->kind = kind;
  c->path = strdup(path);
  c->other = other ? strdup(other) : NULL;
  c->before = newest;
  if (newest) newest->after = c;
  if (!oldest) oldest = c;
  newest = c;
  return c;
}

static void drop(struct change* c) {
  if (c->kind == unlinked) syscall(SYS_unlinkat, AT_FDCWD, c->other, 0);
  *(c->before ? &c->before->after : &oldest) = c->after;
  *(c->after ? &c->after->before : &newest) = c->before;
  free(c->path), free(c->other), free(c->old_bytes), free(c->new_bytes), free(c);
}

static int has(const struct file* files, const struct stat* info) {
  for (; files; files = files->next)
    if (files->device == info->st_dev && files->inode == info->st_ino) return 1;
  return 0;
}

static void put(struct file** files, const struct stat* info, const char* path) {
  struct file* f = calloc(1, sizeof *f);
  f->device = info->st_dev;
  f->inode = info->st_ino;
  f->path = strdup(path);
  f->next = *files;
  *files = f;
}

void power_cut_remember_write(int fd, const char* path, off_t offset, const void* bytes, size_t count) {
  struct stat info;
  if (fstat(fd, &info) != 0) return;
  struct change* c = append(bytes ? wrote : cut, path, NULL);
  c->offset = offset;
  c->old_size = info.st_size;
  if (offset < info.st_size) {
    size_t covered = (size_t)(info.st_size - offset);
    if (bytes && covered > count) covered = count;
    c->old_bytes = malloc(covered);
    // Not through a descriptor of our own: closing it would drop the locks of fcntl(2) that SQLite holds.
    long n = syscall(SYS_pread64, fd, c->old_bytes, covered, offset);
    c->old_count = n > 0 ? (size_t)n : 0;
  }
  if (bytes) {
    c->new_bytes = malloc(count + 1);
    memcpy(c->new_bytes, bytes, count);
    c->new_count = count;
  }
}

void power_cut_remember_rename(const char* from, const char* to) {
  struct stat info;
  append(renamed, to, from);
  if (stat(to, &info) == 0 && !has(safe, &info)) put(&exposed, &info, to);
}

int power_cut_unlink(const char* path, const char* trash) {
  if (plain_rename(path, trash) != 0) return -1;
  append(unlinked, path, trash);
  return 0;
}

static int is_in(const char* path, const char* folder) {
  size_t n = strlen(folder);
  return strncmp(path, folder, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

void power_cut_flushed(const char* path) {
  struct stat info;
  if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && !has(safe, &info)) put(&safe, &info, path);
  for (struct change *c = oldest, *next; c; c = next) {
    next = c->after;
    const int content = c->kind == wrote || c->kind == cut;
    if (content ? strcmp(c->path, path) == 0 : is_in(c->path, path)) drop(c);
  }
}

// No descriptor is closed from here on: the process keeps its locks to its end.
static void undo(const struct change* c, void (*unpublished)(const char*)) {
  if (c->kind == renamed) {
    plain_rename(c->path, c->other);
    unpublished(c->path);
    return;
  }
  if (c->kind == unlinked) {
    plain_rename(c->other, c->path);
    return;
  }
  int fd = plain_open(c->path, O_WRONLY);
  if (fd < 0) return;
  if (c->old_count) syscall(SYS_pwrite64, fd, c->old_bytes, c->old_count, c->offset);
  syscall(SYS_ftruncate, fd, c->old_size);
}

static void redo(const struct change* c, int half) {
  if (c->kind == renamed) return;  // reported as undone already
  if (c->kind == unlinked) {
    syscall(SYS_unlinkat, AT_FDCWD, c->path, 0);
    return;
  }
  int fd = plain_open(c->path, O_WRONLY);
  if (fd < 0) return;
  if (c->kind == wrote)
    syscall(SYS_pwrite64, fd, c->new_bytes, half ? c->new_count / 2 : c->new_count, c->offset);
  else
    syscall(SYS_ftruncate, fd, c->offset);
}

void power_cut(unsigned seed, void (*unpublished)(const char*)) {
  for (const struct file* f = exposed; f; f = f->next) {
    struct stat info;
    int fd = plain_open(f->path, O_WRONLY);
    if (fd < 0) continue;
    if (fstat(fd, &info) == 0 && info.st_ino == f->inode) syscall(SYS_ftruncate, fd, 0);
  }
  for (const struct change* c = newest; c; c = c->before) undo(c, unpublished);
  if (seed == 0) return;
  for (const struct change* c = oldest; c; c = c->after) {
    const int draw = rand_r(&seed) % 4;
    if (draw < 2) redo(c, draw == 0);
  }
}
