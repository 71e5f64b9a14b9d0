#!/usr/bin/env bash
# Tests against the real things: integration.sh BINARY VENVS [mlflow|spark|prefect|containers]...; all of them when none is named.
# Makes a Python environment for each with pinned packages, and starts every server on the loopback address.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$1 venvs=$2
shift 2
[ $# -gt 0 ] || set -- mlflow spark prefect containers
export PACKSHOT_BIN=$binary PYTHONDONTWRITEBYTECODE=1

# The environment of a list of packages; made again when the list changes.
environment() {
  local list=tests/integration/$1.txt venv=$venvs/$1
  if ! cmp -s "$list" "$venv/packages.txt"; then
    echo "Making a Python environment with the packages of $list" >&2
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$list" >&2
    cp "$list" "$venv/packages.txt"
  fi
  echo "$venv/bin/python"
}

run() { # environment, tests
  local python
  python=$(environment "$1")
  shift
  "$python" -m pytest -p no:cacheprovider -q "$@"
}

for part in "$@"; do
  case $part in
    mlflow) run mlflow tests/integration/test_model.py ;;
    spark)
      command -v java >/dev/null || { echo "error: Spark needs Java 17 (on Debian: apt install openjdk-17-jre-headless)" >&2; exit 1; }
      run mlflow tests/integration/test_spark.py ;;
    prefect) run prefect tests/integration/test_prefect.py ;;
    containers) scripts/containers.sh "$binary" "$venvs" ;;
    *) echo "error: $part is none of mlflow, spark, prefect, containers" >&2; exit 2 ;;
  esac
done
