#!/usr/bin/env bash
# Tests against the real things: integration.sh [--skip] BINARY VENVS [mlflow|api|load|spark|prefect|containers]...; all when none is named.
# Makes a Python environment for each with pinned packages, and starts every server on the loopback address. With --skip, what
# cannot be installed here is left out with a message instead of failing.
set -euo pipefail
cd "$(dirname "$0")/.."

skip=no
if [ "${1:-}" = --skip ]; then skip=yes; shift; fi
binary=$(realpath "$1") venvs=$2
shift 2
[ $# -gt 0 ] || set -- mlflow api load spark prefect containers
export PACKSHOT_BIN=$binary PYTHONDONTWRITEBYTECODE=1

# Makes the environment of a list of packages, again when a list has changed.
environment() {
  local list=tests/integration/$1.txt venv=$venvs/$1
  cat "$list" tests/integration/mlflow.txt | cmp -s - "$venv/packages.txt" && return
  command -v python3 >/dev/null || { echo "there is no python3" >&2; return 1; }
  echo "Making a Python environment with the packages of $list" >&2
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || return 1
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$list" >&2 || return 1
  cat "$list" tests/integration/mlflow.txt >"$venv/packages.txt"
}

run() { # environment, arguments of its Python
  local venv=$venvs/$1
  if ! environment "$1"; then
    if [ $skip = yes ]; then echo "The tests with $1 are skipped: its packages cannot be installed here" >&2; return; fi
    echo "error: the packages of tests/integration/$1.txt cannot be installed" >&2
    exit 1
  fi
  shift
  "$venv/bin/python" "$@"
}
tests=(-m pytest -p no:cacheprovider -q)

for part in "$@"; do
  case $part in
    mlflow)
      run mlflow tests/mlflow/check.py "$binary"
      run mlflow "${tests[@]}" tests/integration/test_model.py ;;
    api) run api "${tests[@]}" tests/integration/test_api.py ;;
    load)
      command -v python3 >/dev/null || { echo "error: the load needs python3" >&2; exit 1; }
      python3 tests/integration/load.py "$binary" ;;
    spark)
      command -v java >/dev/null || { echo "error: Spark needs Java 17 (on Debian: apt install openjdk-17-jre-headless)" >&2; exit 1; }
      run spark "${tests[@]}" tests/integration/test_spark.py ;;
    prefect) run prefect "${tests[@]}" tests/integration/test_prefect.py ;;
    containers) scripts/containers.sh "$binary" "$venvs" ;;
    *) echo "error: $part is none of mlflow, api, load, spark, prefect, containers" >&2; exit 2 ;;
  esac
done
