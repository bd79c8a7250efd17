#!/usr/bin/env bash
# scripts/venv.sh NAME REQUIREMENTS: a Python environment of its own in the cache, made anew when the file changes.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(scripts/setup.sh --print-cache)/venv-$1
if cmp -s "$2" "$venv/requirements.txt"; then exit 0; fi
if ! python3 -m venv --help >/dev/null 2>&1 || ! python3 -c 'import ensurepip' 2>/dev/null; then
  scripts/setup.sh --packages python3-venv
fi
echo "venv: installing $2 into $venv"
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$2"
cp "$2" "$venv/requirements.txt"
