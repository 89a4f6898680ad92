#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and packs the sources of the last commit twice, with as little in common as one machine allows,
# and compares library, command and packages byte by byte. Takes minutes.
#
# usage: reproducible.sh [FOLDER_FOR_WORK]
set -euo pipefail

[ $# -le 1 ] || { sed -n '3,6s/^# \?//p' "$0" >&2; exit 64; }
source_root=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -eq 1 ]; then mkdir -p "$1" && work=$(readlink -f "$1"); else work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT; fi

# One build: FOLDER, UMASK, JOBS, and what to run it under, environment first.
build() {
  local folder=$1 mask=$2 jobs=$3
  shift 3
  rm -rf "$folder" && mkdir -p "$folder"
  git -C "$source_root" archive HEAD | (umask "$mask" && tar -x --no-same-permissions -C "$folder")
  (
    umask "$mask"
    cd "$folder"
    env -u SOURCE_DATE_EPOCH "$@" bash -ec "
      cmake --preset release -B '$folder/out' -DBERTH_TESTS=OFF
      cmake --build '$folder/out' --parallel $jobs
      cd out && cpack"
  ) >"$folder.log" 2>&1 || { tail -n 30 "$folder.log" >&2; exit 1; }
}

first=$work/a
second=$work/a/quite/another/and/longer/path
build "$first" 022 2 LC_ALL=C TZ=UTC HOME="$work" USER=first
elsewhen=()
if command -v faketime >/dev/null; then elsewhen=(faketime -f +400d); else echo "no faketime: both builds on one day"; fi
mkdir -p "$work/home"
# The first build moves away, so that no path into it can be what both have in common.
rm -rf "$work/first" && mv "$first" "$work/first" && first=$work/first
build "$second" 077 3 LC_ALL=C.UTF-8 TZ=Pacific/Kiritimati HOME="$work/home" USER=second LOGNAME=second "${elsewhen[@]}"

differing=0 count=0
# The second file is what the first is compared with; both may be stripped before.
compare() {
  count=$((count + 1))
  if cmp -s "$1" "$2"; then
    printf '%s  %s\n' "$(sha256sum "$1" | cut -c1-64)" "$3"
  else
    differing=$((differing + 1))
    echo "differs: $3 ($1 and $2)"
  fi
}
for name in libberth.so cli/berth; do
  compare "$first/out/$name" "$second/out/$name" "$name, with debug information"
  for folder in "$first" "$second"; do strip -o "$folder/out/stripped-$(basename "$name")" "$folder/out/$name"; done
  compare "$first/out/stripped-$(basename "$name")" "$second/out/stripped-$(basename "$name")" "$name, stripped"
done
for package in "$first"/out/packages/*.deb; do
  compare "$package" "$second/out/packages/$(basename "$package")" "$(basename "$package")"
done
echo "reproducible: $((count - differing)) of $count files are the same"
[ "$differing" -eq 0 ]
