#!/usr/bin/env bash
# Makes a Python with onnxruntime, Pillow and numpy in a folder of its own: onnx-venv.sh FOLDER. Quick when it is there.
# Where there is no Python 3, no venv or no package index, it says so and succeeds: the ONNX tests then skip that part.
set -euo pipefail

venv=$1
python="$venv/bin/python"
ready() { "$python" -c 'import onnxruntime, PIL, numpy' 2>/dev/null; }
skip() { echo "The check with onnxruntime is skipped: $1" >&2; rm -rf "$venv"; exit 0; }

if ready; then exit 0; fi
command -v python3 >/dev/null || skip "there is no python3"
python3 -m venv "$venv" >/dev/null 2>&1 || skip "python3 cannot make a virtual environment (on Debian: apt install python3-venv)"
"$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
  onnxruntime==1.32.0 pillow==13.0.0 numpy==2.4.6 || skip "pip could not install onnxruntime"
ready || skip "onnxruntime was installed and cannot be imported"
