#!/usr/bin/env bash
# Opens the window on the demo project, or says why not. Usage: open-window.sh BIN PROJECT
set -euo pipefail

bin=$1 project=$2
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  printf '\nThere is no display here, so no window opens. The results are in %s\n' "$project/reports"
  printf 'Look at the runs with: %s --project %s runs list\n' "$bin" "$project"
  exit 0
fi
mkdir -p "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR" || true
exec "$bin" --project "$project"
