#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Static analysis of model/, solver/, io/ and cli/, with assertions seen. Each analyser ends with a line
# of its own; the exit status is 1 if one has found something.
#
# usage: run.sh clang-tidy | cppcheck | gcc | all  [FILE.c ...]
#
# Debian packages: clang-tidy, cppcheck. clang-tidy takes an hour of one processor, the others minutes.
set -euo pipefail

usage() {
  sed -n '3,8s/^# \?//p' "$0" >&2
  exit 64
}
[ $# -ge 1 ] || usage
cd "$(dirname "$(readlink -f "$0")")/../.."
analyser=$1
shift
[ $# -gt 0 ] || set -- model/*.c solver/*.c io/*.c cli/*.c
build=build/analysis
jobs=$(nproc)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# How each file is compiled, in $build/asked/compile_commands.json.
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBERTH_TESTS=OFF >/dev/null
python3 - "$build" "$@" <<'END'
import json, pathlib, shlex, sys
build, asked = pathlib.Path(sys.argv[1]), {str(pathlib.Path(path).resolve()) for path in sys.argv[2:]}
entries = [entry for entry in json.loads((build / "compile_commands.json").read_text()) if entry["file"] in asked]
for path in sorted(asked - {entry["file"] for entry in entries}):
    print("not compiled here:", pathlib.Path(path).relative_to(pathlib.Path.cwd()))
(build / "asked").mkdir(exist_ok=True)
(build / "asked/compile_commands.json").write_text(json.dumps(entries))
(build / "asked/files").write_text("".join(entry["file"] + "\n" for entry in entries))
with open(build / "asked/gcc", "w") as lines:
    for entry in entries:
        # gcc 12 makes a memcpy of a pointer an assignment of integers, and then misses that it has a value
        words = [word for word in shlex.split(entry["command"]) if word != "-Werror"]
        words[words.index("-o") + 1] = "/dev/null"
        print("cd", shlex.quote(entry["directory"]), "&&", shlex.join([*words, "-fanalyzer", "-fno-builtin-memcpy", "-fdiagnostics-path-format=none"]),
              file=lines)
END

# Findings are lines with file and line in $log; whatever else looks like an error is a failure of the analyser.
closing() {
  local found
  found=$(sed "s|$PWD/||g" "$log" | grep -E '^[a-z]+/[^:]+:[0-9]+(:[0-9]+)?: (fatal )?[a-z]+: ' | grep -vE ': note: ' | sort -u || true)
  [ -n "$found" ] || found=$(grep -E '(^|: )(fatal )?[eE]rror' "$log" || true)
  [ -z "$found" ] || printf '%s\n' "$found"
  printf '%s: %d files, %d findings\n' "$1" "$(wc -l <"$build/asked/files")" "$([ -z "$found" ] || wc -l <<<"$found")"
  [ -z "$found" ]
}

run_clang_tidy() {
  nice -n 10 xargs -a "$build/asked/files" -P "$jobs" -n 1 clang-tidy --quiet -p "$build" >"$log" 2>&1 || true
  closing clang-tidy
}

run_cppcheck() {
  nice -n 10 cppcheck --project="$build/asked/compile_commands.json" --enable=warning,performance,portability \
    --inline-suppr --std=c11 --quiet -j "$jobs" --template=gcc >"$log" 2>&1 || true
  closing cppcheck
}

# The compiler's own, with the flags of the build.
run_gcc() {
  tr '\n' '\0' <"$build/asked/gcc" | nice -n 10 xargs -0 -P "$jobs" -n 1 sh -c >"$log" 2>&1 || true
  closing gcc
}

case "$analyser" in
  clang-tidy) run_clang_tidy ;;
  cppcheck) run_cppcheck ;;
  gcc) run_gcc ;;
  all)
    status=0
    for one in cppcheck gcc clang_tidy; do run_$one || status=1; done
    exit "$status"
    ;;
  *) usage ;;
esac
