#!/usr/bin/env bash
# tests/install/install.sh BUILD WORK: installs into a folder, moves it, and uses it from there as another user would:
# with an empty home and nothing of the build in the environment.
set -euo pipefail
build=$1 work=$2
rm -rf "$work"
mkdir -p "$work/home"
trap 'rm -rf "$work"' EXIT
DESTDIR="$work/staged" cmake --install "$build" --prefix /opt/turbodiff >"$work/log" || { cat "$work/log"; exit 1; }
mv "$work/staged/opt/turbodiff" "$work/moved"
[ -z "$(find "$work/staged" -type f)" ] || { echo "files outside the prefix:"; find "$work/staged" -type f; exit 1; }
cd "$work/home"
call() { env -i HOME="$work/home" PATH=/usr/bin:/bin "$work/moved/bin/$@"; }
loaded=$(env -i LD_TRACE_LOADED_OBJECTS=1 "$work/moved/libexec/turbodiff/turbodiff-engine")
if ! grep -q "libtorch_cpu.so => $work/moved/" <<<"$loaded"; then
  echo "the installed engine does not use the installed LibTorch:"; grep torch <<<"$loaded"; exit 1
fi
if grep "not found" <<<"$loaded"; then exit 1; fi
call turbodiff --version
call turbodiff generate "a red circle moving right" --steps 1 --frames 5 --size 32x32 -o a.mp4
call turbodiff info a.mp4 | grep -q 'prompt *a red circle moving right'
call turbodiff models list --quiet | grep -qx demo
call turbodiff cost gpus >/dev/null
call turbodiff doctor
call turbodiff-sched --tariff cn-two-rate tariff show >/dev/null
call turbodiff-sched --tariff cn-two-rate add "a blue square" --steps 1 --frames 5 --size 32x32 -o b.mp4 --when now
call turbodiff-sched --tariff cn-two-rate run --once
[ -s b.mp4 ]
