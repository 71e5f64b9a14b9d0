#!/usr/bin/env bash
# Makes a Python with MLflow and onnxruntime in a folder of its own: mlflow-venv.sh FOLDER. Quick when it is there.
# Where there is no Python 3, no venv or no package index, it says so and succeeds: the MLflow check then skips itself.
set -euo pipefail

venv=$1
python="$venv/bin/python"
ready() { "$python" -c 'import mlflow, onnxruntime, PIL, fastapi, uvicorn' 2>/dev/null; }
skip() { echo "The check with MLflow is skipped: $1" >&2; rm -rf "$venv"; exit 0; }

if ready; then exit 0; fi
command -v python3 >/dev/null || skip "there is no python3"
python3 -m venv "$venv" >/dev/null 2>&1 || skip "python3 cannot make a virtual environment (on Debian: apt install python3-venv)"
"$python" -m pip install --quiet --disable-pip-version-check \
  mlflow==3.17.2 onnxruntime==1.32.0 pillow==13.0.0 fastapi uvicorn python-multipart || skip "pip could not install MLflow"
ready || skip "MLflow was installed and cannot be imported"
