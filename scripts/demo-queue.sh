#!/usr/bin/env bash
# scripts/demo-queue.sh BIN OUT: three prompts into a temporary store, the plan against the two-rate tariff, a run with
# the cheap window open, and the bill.
set -euo pipefail
bin=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sched() {
  echo "\$ turbodiff-sched $*"
  "$bin/turbodiff-sched" --store "$work/jobs.db" "$@"
}
sched add "a red circle moving right" --output "$out/night-1.mp4" --force
sched add "a blue square growing" --output "$out/night-2.mp4" --force
sched add "a green triangle moving up" --output "$out/night-3.mp4" --force
echo
sched plan --tariff cn-two-rate --now 12:00
# The valley rate of the same tariff, around the clock: so that the demonstration need not wait for the night.
sed -e 's/^name: .*/name: always-valley/' -e '/hours:/d' "$(dirname "$0")/../schedules/cn-two-rate.yaml" >"$work/always-valley.yaml"
echo
sched run --once --tariff "$work/always-valley.yaml"
echo
sched list
