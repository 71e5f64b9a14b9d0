#!/usr/bin/env bash
# The main job on the demo catalogue: draw, open, label, train, score, report.
# Steps that are done already are left out. Usage: main-job.sh BIN DEMO PROJECT EPOCHS [train]
set -euo pipefail

bin=$1 demo=$2 project=$3 epochs=$4 until=${5:-report}
run() { "$bin" --project "$project" "$@"; }
say() { printf '\n== %s\n' "$*"; }

if [ ! -f "$demo/demo.toml" ]; then
  say "Drawing the demo catalogue into $demo"
  "$bin" demo "$demo"
fi

# Trained already; asked of the project when the mark is missing, as after a crash right behind the training.
trained() {
  [ -f "$project/.trained" ] || run --json runs list 2>/dev/null | grep -q '"status":"completed"'
}

# A model that is there means that everything before it is done.
if ! trained; then
  say "Opening the catalogue"
  run open "$demo/images"
  say "Importing its labels"
  run label import "$demo/labels.csv"
  say "Training ($epochs epochs)"
  if run --json runs list | grep -q -E '"status":"(cancelled|interrupted)"'; then
    run train --resume latest
  else
    run train --epochs "$epochs" --name demo
  fi
fi
touch "$project/.trained"
[ "$until" = train ] && exit 0

if [ ! -f "$project/reports/demo.html" ]; then
  say "Scoring the catalogue"
  run score "$demo/images" -o "$project/reports/scores.csv" --resume
  say "Writing the report"
  run report -o "$project/reports/demo.html" --overwrite
fi
printf '\nscores  %s\nreport  %s\n' "$project/reports/scores.csv" "$project/reports/demo.html"
