#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The compiled library keeps no state outside its objects and calls nothing that prints to the
program's streams, ends it, reads its environment or installs handlers."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

# Writable sections; .data.rel.ro holds constants that only the dynamic linker writes.
MUTABLE = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*)")
FORBIDDEN = {
    "printf", "vprintf", "puts", "putchar", "perror", "exit", "_exit", "_Exit", "quick_exit", "abort", "atexit",
    "getenv", "secure_getenv", "setenv", "putenv", "signal", "sigaction", "system", "setlocale", "rand", "srand",
    "random", "drand48", "strtok",
}


def judge(objdump_output):
    """Complaints about the output of `objdump -t` of objects or archives."""
    complaints, member = [], "?"
    for line in objdump_output.splitlines():
        header = re.match(r"(\S+):\s+file format", line)
        if header:
            member = header.group(1)
        entry = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", line)
        if not entry:
            continue
        flags, section, name = entry.groups()
        called = re.sub(r"^__(\w+)_chk$", r"\1", name.split("@")[0])  # what _FORTIFY_SOURCE makes of printf
        if section == "*UND*" and called in FORBIDDEN:
            complaints.append(f"{member}: calls {name}")
        elif "d" not in flags and MUTABLE.match(section):  # "d" marks the section itself
            complaints.append(f"{member}: mutable variable {name} in {section}")
    return complaints


def symbols(objdump, path):
    return subprocess.run([objdump, "-t", path], capture_output=True, text=True, check=True).stdout


def self_test(cc, objdump):
    """Compiles faults and looks whether each is found, and that nothing else is."""
    source = """
        #include <stdlib.h>
        static const char *const words[] = {"constant", "pointers"};
        static int counter;
        int visible = 3;
        _Thread_local int per_thread;
        const char *word(int i) { static int calls = 1; counter += i; return words[++calls & 1]; }
        char *environment(void) { return getenv("HOME"); }
        int __printf_chk(int, const char *, ...);
        int say(void) { return __printf_chk(1, "said"); }
    """
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.c"
        path.write_text(source, encoding="utf-8")
        subprocess.run([cc, "-O0", "-fPIC", "-c", str(path), "-o", f"{folder}/a.o"], check=True)
        found = judge(symbols(objdump, f"{folder}/a.o"))
    expected = ["counter", "visible", "per_thread", "calls", "getenv", "printf"]
    wrong = [name for name in expected if not any(name in complaint for complaint in found)]
    return [f"self-test: {wrong} not found, found {found}"] if wrong or len(found) != len(expected) else []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("libraries", nargs="*")
    arguments = parser.parse_args()
    if arguments.self_test:
        complaints = self_test(arguments.cc, arguments.objdump)
    else:
        complaints = [found for path in arguments.libraries for found in judge(symbols(arguments.objdump, path))]
    print("\n".join(complaints) or "no state, no forbidden calls")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
