#!/usr/bin/env bash
# Exports runs to a real MLflow server on this machine, follows trainings on it, and imports runs from it:
# mlflow-check.sh BIN VENV.
# Skips itself, with a line that says why, where the Python of VENV has no MLflow (scripts/mlflow-venv.sh makes one).
set -euo pipefail

bin=$1 python=$2/bin/python
if ! "$python" -c 'import mlflow, onnxruntime' 2>/dev/null; then
  echo "The check with MLflow is skipped: $2 has no MLflow; scripts/mlflow-venv.sh $2 installs it"
  exit 0
fi
[ -x "$bin" ] || { echo "There is no $bin: cargo build makes it"; exit 1; }
exec "$python" "$(dirname "$0")/../tests/mlflow/check.py" "$bin"
