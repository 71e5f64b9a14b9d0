#!/usr/bin/env bash
# Times Packshot's network beside the same one in PyTorch, forward and in training: train.sh. Prints Markdown.
# DEVICE is cpu (the default) or gpu, for PyTorch cpu or cuda; BENCH names a built `training` benchmark.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
device=${DEVICE:-cpu}
venv=${TRAIN_VENV:-/tmp/peers-train-venv}
out=${PEERS_OUT:-/tmp/peers-out}
options=(--architecture "${ARCHITECTURE:-cnn-s}" --batch "${BATCH:-16,64}" --seconds "${SECONDS_A_SPAN:-2}")
results=$out/train-$device.jsonl
theirs=$device
[[ $device != gpu ]] || theirs=cuda

# A Python that has torch (PYTHON), or a virtual environment with it.
python=${PYTHON:-python3}
if ! "$python" -c 'import torch' 2>/dev/null; then
  python=$venv/bin/python
  [[ -x $python ]] || python3 -m venv "$venv"
  "$python" -c 'import torch' 2>/dev/null || "$python" -m pip install --quiet --only-binary :all: torch numpy
fi

mkdir -p "$out"
rm -f "$results"
ours() {
  if [[ -n ${BENCH:-} ]]; then "$BENCH" "$@"; else (cd "$root" && cargo bench --profile dev --bench training -- "$@"); fi
}
ours --device "$device" "${options[@]}" --results "$results" >&2
"$python" "$here/train.py" time "$results" --device "$theirs" --threads "$(nproc)" "${options[@]}" >&2
"$python" "$here/train.py" table "$results"
