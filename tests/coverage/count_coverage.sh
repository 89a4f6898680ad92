#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests once with lines and branches counted, and prints what of each folder ran. README.md
# beside says what is counted. Needs the Debian package gcovr.
#
# usage: count_coverage.sh [--again]     --again: only print what the last run has counted
set -euo pipefail

case "${1:-}" in
  "" | --again) ;;
  *) sed -n '3,7s/^# \?//p' "$0" >&2; exit 64 ;;
esac
cd "$(dirname "$(readlink -f "$0")")/../.."
build=build/coverage
if [ "${1:-}" != --again ]; then
  cmake --preset coverage >/dev/null
  cmake --build --preset coverage >"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }
  find "$build" -name '*.gcda' -delete
  ctest --preset coverage --parallel "$(nproc)" --timeout 3600 | tail -n 12 ||
    echo "coverage: tests failed; what they ran is counted all the same"
fi
gcovr --root . --object-directory "$build" --filter '(model|solver|io|cli)/' --gcov-ignore-parse-errors \
  --json-summary "$build/coverage.json" "$build" 2>"$build/gcovr.log" || { cat "$build/gcovr.log"; exit 1; }
exec python3 -B tests/coverage/print_coverage.py "$build/coverage.json"
