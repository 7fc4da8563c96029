#!/usr/bin/env bash
# Proves that includes point one way only.
set -u
cd "$(dirname "$0")/.." || exit 1
echo 1..1
if report=$(scripts/layers.sh 2>&1); then
    echo "ok 1 - every include keeps to the layers"
else
    echo "not ok 1 - every include keeps to the layers"
    printf '# %s\n' "${report//$'\n'/$'\n'# }"
fi
