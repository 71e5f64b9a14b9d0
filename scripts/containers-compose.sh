#!/usr/bin/env bash
# Starts packaging/docker/compose.yaml with docker or podman and checks what it does: containers-compose.sh ENGINE FOLDER BINARY.
set -euo pipefail
cd "$(dirname "$0")/.."

engine=$1 work=$2 binary=$3
say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; compose logs --tail 30 >&2 || true; exit 1; }

if [ "$engine" = docker ]; then
  compose() { docker compose -f packaging/docker/compose.yaml "$@"; }
else
  if [ ! -x "$work/compose/bin/podman-compose" ]; then
    python3 -m venv "$work/compose"
    "$work/compose/bin/pip" install --quiet --disable-pip-version-check podman-compose==1.6.0
  fi
  compose() { "$work/compose/bin/podman-compose" -f packaging/docker/compose.yaml "$@"; }
fi

# Photos to learn from and to judge by.
export PHOTOS=$work/photos LABELS=/photos/train/labels.csv HOLDOUT=/photos/held-out/labels.csv
if [ ! -d "$PHOTOS" ]; then
  "$binary" demo "$PHOTOS/train" --skus 8 --shots 4 --seed 1 >/dev/null
  "$binary" demo "$PHOTOS/held-out" --skus 6 --shots 4 --seed 2 >/dev/null
fi
# Only photos that the containers' own user can read.
chmod -R a+rX "$PHOTOS"

key=$(PACKSHOT_SERVER_KEYS='[]' compose run --rm --no-deps -T packshot serve --make-key test --json 2>/dev/null | tail -n1) || fail "no key can be made"
PACKSHOT_SERVER_KEYS=$(python3 -c 'import json, sys; print(json.dumps([json.loads(sys.argv[1])["line"]]))' "$key")
key=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["key"])' "$key")
export PACKSHOT_SERVER_KEYS

cleanup() { compose down --volumes >/dev/null 2>&1 || true; }
trap cleanup EXIT
cleanup

container() { printf 'packshot%s%s%s1' "$sep" "$1" "$sep"; }
sep=$([ "$engine" = docker ] && echo - || echo _)
# Asks now: podman runs checks by itself only where systemd does.
healthy() {
  if [ "$engine" = docker ]; then [ "$(docker inspect -f '{{.State.Health.Status}}' "$(container "$1")")" = healthy ]
  else podman healthcheck run "$(container "$1")" >/dev/null 2>&1
  fi
}

say "Starting packshot, MLflow and Prefect"
compose up -d --no-deps packshot mlflow prefect >/dev/null 2>&1
for service in packshot mlflow prefect; do
  for _ in $(seq 120); do
    if healthy $service; then say "$service is healthy"; continue 2; fi
    sleep 1
  done
  fail "$service is not healthy"
done

url=http://127.0.0.1:${PORT:-8077}
photo=$(find "$PHOTOS/train/images" -name '*.jpg' | sort | head -n1)
answer=$(curl -sS -H "Authorization: Bearer $key" -H 'content-type: image/jpeg' --data-binary "@$photo" "$url/predict")
python3 -c 'import json, sys; assert 0 <= json.loads(sys.argv[1])["score"] <= 100' "$answer" || fail "/predict answered $answer"
status=$(curl -s -o /dev/null -w '%{http_code}' -H 'content-type: image/jpeg' --data-binary "@$photo" "$url/predict")
[ "$status" = 401 ] || fail "/predict without a key answered $status"
say "/predict answers, and only with a key"
for service in packshot mlflow prefect; do
  [ "$($engine exec "$(container $service)" id -u)" = 10001 ] || fail "$service runs as root"
done
say "Nobody is root"

say "Starting the worker, and both flows on it"
compose up -d --no-deps worker >/dev/null 2>&1
for _ in $(seq 120); do
  if $engine exec "$(container prefect)" sh -c 'PREFECT_API_URL=http://127.0.0.1:4200/api prefect work-pool inspect packshot' 2>/dev/null | grep -q 'Status[.]READY'; then
    break
  fi
  sleep 1
done
$engine exec "$(container worker)" prefect deployment run packshot-training/weekly --param epochs=2 --watch >"$work/training.log" 2>&1 ||
  { tail -n 40 "$work/training.log" >&2; fail "the training flow failed"; }
$engine exec "$(container worker)" prefect deployment run packshot-inference/nightly --watch >"$work/inference.log" 2>&1 ||
  { tail -n 40 "$work/inference.log" >&2; fail "the inference flow failed"; }
rows=$($engine exec "$(container worker)" sh -c 'cat /project/packshot/default/reports/scores-*/scores.csv' | wc -l)
[ "$rows" -gt 50 ] || fail "the flow wrote $rows rows"
say "The flows trained, and scored $((rows - 1)) photos"

$engine stop "$(container packshot)" >/dev/null
status=$($engine inspect -f '{{.State.ExitCode}}' "$(container packshot)")
[ "$status" = 0 ] || fail "packshot ended with $status when it was asked to stop"
say "packshot stops when it is asked to, with status 0"
echo "containers: 6 passed, 0 failed"
