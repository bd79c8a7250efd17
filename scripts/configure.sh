#!/usr/bin/env bash
# scripts/configure.sh BUILD_DIR PRESET: runs CMake where it has not run yet or the LibTorch has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 preset=$2
libtorch=$(scripts/setup.sh --print-libtorch)
if [ -f "$build/build.ninja" ] && [ "$(cat "$build/.libtorch" 2>/dev/null)" = "$libtorch" ]; then exit 0; fi
mkdir -p "$build"
if ! cmake --preset "$preset" -B "$build" -DTURBODIFF_LIBTORCH="$libtorch" >"$build/configure.log" 2>&1; then
  cat "$build/configure.log" >&2
  exit 1
fi
grep -E '^-- (LibTorch|CUDA kernels)' "$build/configure.log" || true
echo "$libtorch" >"$build/.libtorch"
