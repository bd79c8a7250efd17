#!/usr/bin/env bash
# Has a video made of every line of a file, then switches the machine off.
#   turbodiff-sched --tariff cn-two-rate daemon --http &
#   examples/night.sh prompts.txt
# Each request is answered when its video is published, so at the last line all of them are there.
set -euo pipefail
prompts=${1:-prompts.txt}
server=${TURBODIFF_SERVER:-http://127.0.0.1:7860}
shutdown=${SHUTDOWN:-systemctl poweroff}

count=0
while IFS= read -r prompt || [ -n "$prompt" ]; do
  case $prompt in ''|'#'*) continue ;; esac
  body=$(python3 -c 'import json, sys; print(json.dumps({"prompt": sys.argv[1], "seed": int(sys.argv[2])}))' "$prompt" "$count")
  curl --silent --show-error --fail-with-body -H 'Content-Type: application/json' -d "$body" "$server/sdapi/v1/txt2vid" </dev/null
  count=$((count + 1))
done <"$prompts"
echo "$count videos done"
$shutdown
