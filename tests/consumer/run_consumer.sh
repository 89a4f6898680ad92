#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: run_consumer.sh BUILD_DIR CMAKE CC LIBDIR
set -euo pipefail

build=$1 cmake=$2 cc=$3 libdir=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/first" >"$work/log"
# What a package maker does instead leads to the same files.
DESTDIR="$work/staged" "$cmake" --install "$build" --prefix /opt/berth >>"$work/log"
diff <(cd "$work/first" && find . | sort) <(cd "$work/staged/opt/berth" && find . | sort)
# An installed tree can be moved, and knows nothing of where it was built or first installed.
mv "$work/first" "$work/prefix"
rm -r "$work/staged"
if grep -rlE "$work/first|^[^#]*$build" "$work/prefix"/{include,share,"$libdir"/cmake,"$libdir"/pkgconfig}; then
  echo "these name folders of the build"
  exit 1
fi

expected="failover, optimal, 2 steps, 0 unplaced, 0 faults"
judge() {
  local how=$1 said=$2
  echo "$how: $said"
  case $said in
    "berth "*": $expected") ;;
    *) echo "expected: berth VERSION: $expected"; exit 1 ;;
  esac
}

"$cmake" -S "$here/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$cc" >>"$work/log"
"$cmake" --build "$work/build" >>"$work/log"
judge "find_package" "$("$work/build/consumer")"

export PKG_CONFIG_PATH="$work/prefix/$libdir/pkgconfig"
read -ra flags <<<"$(pkg-config --cflags --libs berth)"
"$cc" -std=c17 "$here/project/consumer.c" "${flags[@]}" -Wl,-rpath,"$work/prefix/$libdir" -o "$work/consumer"
judge "pkg-config" "$("$work/consumer")"

# The program asks for the library by its SONAME, and for functions by their version.
readelf -d "$work/consumer" | grep -q 'NEEDED.*\[libberth\.so\.0\]'
nm -D "$work/consumer" | grep -q 'U berth_solve@BERTH_0'

# The installed command finds the installed library.
"$work/prefix/bin/berth" --version
