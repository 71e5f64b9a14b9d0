#!/usr/bin/env bash
# Times packshot beside cleanvision and imagededup on the same photos: run.sh [PHOTOS] [PACKSHOT].
# Prints Markdown; see README.md for what is compared.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
photos=${1:-$root/../shared/data/products}
packshot=${2:-$root/target/debug/packshot}
rounds=${ROUNDS:-3}
jobs=$(nproc) # as many as packshot uses
venv=${PEERS_VENV:-/tmp/peers-venv}
out=${PEERS_OUT:-/tmp/peers-out}
studio=${STUDIO-magento-luma grocery-iconic}
# What cleanvision looks at: dark, light, blurry, low information, odd aspect ratio and size, greyscale.
measures=brightness,clipped_highlights,blur,entropy,aspect_ratio,width,height,colourfulness
audit=("$packshot" --progress none audit "$photos" --overwrite -o "$out/audit.csv")
basic=("$packshot" --progress none audit "$photos" --measures "$measures" --overwrite -o "$out/basic.csv")
duplicates=("$packshot" --progress none duplicates "$photos" --overwrite -o "$out/duplicates.csv")

[[ -d $photos ]] || { echo "run.sh: no folder of photos at $photos" >&2; exit 2; }
if [[ ! -x $venv/bin/python ]]; then
  "${PYTHON:-python3.11}" -m venv "$venv"
fi
if ! "$venv/bin/pip" show --quiet cleanvision imagededup 2>/dev/null; then
  # --no-deps leaves out torch, see requirements.txt; PHash runs without it.
  "$venv/bin/pip" install --quiet --no-deps --only-binary :all: -r "$here/requirements.txt"
fi

mkdir -p "$out"
rm -f "$out"/*.csv "$out/results.jsonl"
peers() { TQDM_DISABLE=1 "$venv/bin/python" "$here/peers.py" "$@"; }

echo "warming up: reading every file once" >&2
find -L "$photos" -type f -exec cat {} + >/dev/null
"$packshot" --version >/dev/null 2>&1 || true
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)" >&2
  peers cleanvision "$out/results.jsonl" "$photos" "$jobs"
  peers imagededup "$out/results.jsonl" "$photos" "$jobs"
  peers command "$out/results.jsonl" audit "${audit[@]}"
  peers command "$out/results.jsonl" basic "${basic[@]}"
  peers command "$out/results.jsonl" duplicates "${duplicates[@]}"
done
# shellcheck disable=SC2086
peers table "$out/results.jsonl" "$photos" "$packshot" "$jobs" $studio
