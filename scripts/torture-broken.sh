#!/usr/bin/env bash
# scripts/torture-broken.sh BUILD_DIR JOBS: builds turbodiff-sched with one safeguard of the job store left out at a time;
# the torture target must fail for each, and pass with all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 jobs=$2
for broken in "" FENCING FILE_FSYNC STORE_FSYNC; do
  cmake --preset floor -B "$build" -DTURBODIFF_BROKEN="$broken" >/dev/null
  cmake --build "$build" -j "$jobs" --target turbodiff-sched killpoint >/dev/null
  echo "--- without ${broken:-nothing}"
  python3 tests/torture/torture.py --bin "$build/bin" --shim "$build/test-bin/libkillpoint.so" --only broken \
    --no-engine ${broken:+--must-fail}
done
