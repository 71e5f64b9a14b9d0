#!/usr/bin/env bash
# Without an engine: runs the built image in a chroot and asks it for a score: containers-buildah.sh FOLDER PORT BINARY.
# What only an engine does (compose, health checks, users' own network) is not tried.
set -euo pipefail

work=$1 port=$2 binary=$3
store=(--storage-driver vfs)
say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; cat "$work/serve.log" >&2; exit 1; }

[ -d "$work/photos" ] || "$binary" demo "$work/photos" --skus 2 --shots 2 >/dev/null
container=$(buildah "${store[@]}" from localhost/packshot)
# What was started inside outlives the command that started it.
cleanup() { [ -z "${server:-}" ] || { kill "$server"; pkill -f "packshot --json serve --host 127.0.0.1 --port $port"; } 2>/dev/null || true; buildah "${store[@]}" rm "$container" >/dev/null; }
trap cleanup EXIT
inside() { buildah "${store[@]}" run --isolation chroot --user 10001 --env XDG_DATA_HOME=/data "$container" -- "$@"; }

[ "$(inside id -u)" = 10001 ] || fail "the image's user is root"
inside packshot --json serve --host 127.0.0.1 --port "$port" >"$work/serve.log" 2>&1 &
server=$!
for _ in $(seq 60); do curl -sf "http://127.0.0.1:$port/ready" >/dev/null && break; sleep 1; done
photo=$(find "$work/photos" -name '*.jpg' | sort | head -n1)
answer=$(curl -sS -H 'content-type: image/jpeg' --data-binary "@$photo" "http://127.0.0.1:$port/predict")
python3 -c 'import json, sys; assert 0 <= json.loads(sys.argv[1])["score"] <= 100' "$answer" || fail "/predict answered $answer"
inside packshot doctor | grep -q 'on the CPU onnxruntime,' || fail "onnxruntime is not the engine in the image"
say "/predict answers from the image; it runs as user 10001; onnxruntime computes"
echo "containers: 3 passed, 0 failed; not tried without an engine: compose, health checks"
