#!/bin/sh
# Prepares Prefect for the flows and works for it: worker.sh SETTINGS, which settings.py takes. What is there is kept.
set -eu
cd /flows
prefect work-pool inspect packshot >/dev/null 2>&1 || prefect work-pool create packshot --type process
python settings.py "$@"
prefect --no-prompt deploy --all
exec prefect worker start --pool packshot
