#!/usr/bin/env bash
# Times `packshot score` beside Pillow + onnxruntime on the same exported model and photos: score.sh [PHOTOS] [PACKSHOT].
# Prints Markdown; see README.md for what is compared.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
photos=${1:-$root/../shared/data/products}
packshot=${2:-$root/target/debug/packshot}
rounds=${ROUNDS:-3}
jobs=$(nproc) # as many as packshot uses
venv=${SCORE_VENV:-/tmp/peers-score-venv}
out=${PEERS_OUT:-/tmp/peers-out}
model=${MODEL:-default}

[[ -d $photos ]] || { echo "score.sh: no folder of photos at $photos" >&2; exit 2; }
[[ -x $packshot ]] || { echo "score.sh: no packshot at $packshot" >&2; exit 2; }
"$root/scripts/onnx-venv.sh" "$venv"
[[ -x $venv/bin/python ]] || exit 2

mkdir -p "$out"
rm -f "$out"/score-*.csv "$out/score.jsonl"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
export XDG_DATA_HOME=$fresh/data XDG_CACHE_HOME=$fresh/cache
unset PACKSHOT_PROJECT
"$packshot" export onnx --model "$model" -o "$out/score.onnx" --overwrite >&2
steps() { "$venv/bin/python" "$here/score.py" "$@"; }
score() { # NAME ARGUMENTS…
  local name=$1
  shift
  rm -rf "$fresh/data" "$fresh/cache"
  steps command "$out/score.jsonl" "$name" "$packshot" --progress none score "$photos" --device cpu --model "$model" \
    --overwrite -o "$out/score-$name.csv" "$@"
}

echo "warming up: reading every file once" >&2
find -L "$photos" -type f -exec cat {} + >/dev/null
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)" >&2
  steps onnxruntime "$out/score.jsonl" "$photos" "$out/score.onnx" "$jobs" "$out/score-onnxruntime.csv"
  score burn --scores-only --set score.engine=burn
  score tract --scores-only --set score.engine=tract
  score auto --scores-only
  score full
done
steps table "$out/score.jsonl" "$photos" "$packshot" "$jobs" "$out"
