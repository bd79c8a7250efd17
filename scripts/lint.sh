#!/usr/bin/env bash
# scripts/lint.sh [--fix]: clang-format (one pinned version everywhere), shell and Python syntax, links of
# the documentation, forbidden leftovers.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/venv.sh lint scripts/lint-requirements.txt
format=$(scripts/setup.sh --print-cache)/venv-lint/bin/clang-format
mapfile -t sources < <(git ls-files --cached --others --exclude-standard 'apps/*' 'lib/*' 'kernels/*' 'tests/*' |
  grep -E '\.(h|cpp|cu|cuh)$')
if [ "${1:-}" = --fix ]; then
  "$format" -i "${sources[@]}"
  exit 0
fi
"$format" --dry-run --Werror "${sources[@]}"
git ls-files --cached --others --exclude-standard '*.sh' .ci/run | while read -r script; do bash -n "$script"; done
git ls-files --cached --others --exclude-standard '*.py' | xargs -r python3 -c '
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)'
python3 tests/examples/check_links.py .
if grep -nIE '\b(TODO|FIXME|XXX)\b' "${sources[@]}"; then
  echo "lint: unfinished work is not marked, it is finished" >&2
  exit 1
fi
echo "lint: ${#sources[@]} sources ok"
