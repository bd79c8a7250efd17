#!/usr/bin/env bash
# scripts/fuzz.sh BUILD_DIR SECONDS [NAME...]: builds the libFuzzer targets (all, or those named) with clang and runs each
# on its corpus. An input that takes longer than 10 s counts as a crash.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 seconds=$2
shift 2
scripts/setup.sh --packages clang libclang-rt-14-dev
scripts/configure.sh "$build" fuzz
targets=("${@/%/_fuzz}")
if [ $# = 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" .cpp)"); done
fi
cmake --build "$build" --target "${targets[@]}"
for target in "${targets[@]}"; do
  mkdir -p "$build/corpus/$target"
  echo "fuzz: $target for $seconds s"
  "$build/test-bin/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$build/" "$build/corpus/$target" "tests/fuzz/corpus/${target%_fuzz}" 2>&1 |
    grep -E 'ERROR|SUMMARY|stat::number_of_executed_units|stat::peak_rss_mb' || true
  [ "${PIPESTATUS[0]}" = 0 ]
done
