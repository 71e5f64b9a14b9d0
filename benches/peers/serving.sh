#!/usr/bin/env bash
# `packshot serve` beside FastAPI and onnxruntime: the same graph, the same bytes, the same preparation, no attributes, in one
# run on this machine: serving.sh BIN VENV PHOTOS [REQUESTS]. Each has the machine to itself while it is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=$1 python=$2/bin/python photos=$3 requests=${4:-600}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
"$bin" --project "$work/project" open "$photos" >/dev/null
"$bin" --project "$work/project" export onnx --model default -o "$work/quality.onnx" >/dev/null

measure() {
  local name=$1 port=$2 path
  for _ in $(seq 150); do curl -fs "http://127.0.0.1:$port/health" >/dev/null && break; sleep 0.2; done
  printf '\n%s\n' "$name"
  "$bin" --project "$work/project" --progress none bench serve "$photos" --url "http://127.0.0.1:$port" --requests 100 --concurrency 8 >/dev/null
  "$bin" --project "$work/project" --progress none bench serve "$photos" --url "http://127.0.0.1:$port" --requests "$requests" --concurrency 1,8,32
  path=/proc/$server/status
  if [ -r "$path" ]; then awk '/VmRSS|VmHWM/ {printf "%s %.0f MB  ", $1, $2 / 1000} END {print ""}' "$path"; fi
  kill "$server"
  wait "$server" || true
  server=
}

"$bin" --project "$work/project" serve --port 18077 --scores-only --model default 2>"$work/packshot.log" &
server=$!
measure "packshot serve" 18077
MODEL=$work/quality.onnx "$python" -m uvicorn --app-dir benches/peers serving:app --port 18078 --log-level warning &
server=$!
measure "FastAPI, uvicorn, onnxruntime" 18078
