// What a process has written but not flushed, so that a power cut can take it back.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// Before a write of `count` bytes at `offset`, or before the file is cut to `offset` when `bytes` is null.
void power_cut_remember_write(int fd, const char* path, off_t offset, const void* bytes, size_t count);
/// After a rename.
void power_cut_remember_rename(const char* from, const char* to);
/// Takes the place of unlink(2): 0, or -1 and errno.
int power_cut_unlink(const char* path, const char* trash);
/// A file or a folder was flushed: its content, or the names in it, are safe.
void power_cut_flushed(const char* path);
/// Undoes what is not safe. `seed` 0: all of it; otherwise a random part of it stays, some writes half done.
/// Files that were renamed before their content was flushed lose it. `unpublished` hears of undone renames.
void power_cut(unsigned seed, void (*unpublished)(const char* path));
