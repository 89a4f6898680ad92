#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: run_valgrind.sh VALGRIND BERTH DATASETS
# Plans and verifies each dataset of at most 64 KiB, generates and checks one more; any finding of
# Valgrind fails.
set -euo pipefail

valgrind=$1 berth=$2 datasets=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
finding=99 failures=0 runs=0

# watched MOST ARGUMENTS...: berth may end with statuses up to MOST.
watched() {
  local most=$1 status=0
  shift
  runs=$((runs + 1))
  "$valgrind" --quiet --leak-check=full --errors-for-leak-kinds=definite,possible --error-exitcode=$finding \
    "$berth" "$@" >"$work/out" 2>&1 || status=$?
  if [ "$status" -gt "$most" ]; then
    echo "berth $*: exit status $status"
    cat "$work/out"
    failures=$((failures + 1))
  fi
}

watched 0 generate --hosts 8 --vms 60 --family affinity --output "$work/generated.xml"
watched 0 check "$work/generated.xml"
while read -r inventory; do
  watched 2 plan "$inventory" --threads 1 --format json -o "$work/plan.json"
  if [ -e "$work/plan.json" ]; then
    watched 0 verify "$inventory" "$work/plan.json"
    rm "$work/plan.json"
  fi
done < <(grep -l --include='*.xml' -r '<inventory' "$datasets" | while read -r file; do
  [ "$(stat -c %s "$file")" -le 65536 ] && echo "$file"
done | sort)

echo "$runs runs, $failures with findings"
[ "$runs" -gt 0 ] && [ "$failures" -eq 0 ]
