#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dynamic symbols of the shared library are exactly the functions that the public headers
declare with BERTH_EXPORT."""

import argparse
import pathlib
import re
import subprocess
import sys

# Put into every shared object by the linker or by sanitizers.
FOREIGN = re.compile(r"^(_init|_fini|_edata|_end|__bss_start|__odr_asan.*|__asan.*|__ubsan.*|__tsan.*)$")


def declared(texts):
    """Names that headers export."""
    names = set()
    for text in texts:
        code = re.sub(r"/\*.*?\*/|^\s*#.*?$", "", text, flags=re.S | re.M)
        names |= set(re.findall(r"BERTH_EXPORT\b[^;{]*?\b(\w+)\s*\(", code))
    return names


def defined(nm_output):
    """Names that `nm -D --defined-only` lists, but for the versions, which are absolute symbols."""
    lines = [line.split() for line in nm_output.splitlines() if line.strip()]
    names = {line[-1].split("@")[0] for line in lines if line[-2] != "A"}
    return {name for name in names if not FOREIGN.match(name)}


def compare(promised, delivered):
    return [f"declared but not exported: {name}" for name in sorted(promised - delivered)] + [
        f"exported but not declared: {name}" for name in sorted(delivered - promised)
    ]


def self_test():
    header = (
        "#define BERTH_EXPORT __attribute__((visibility(\"default\")))\n"
        "/* BERTH_EXPORT int old(void); */\n"
        "BERTH_EXPORT const char *berth_a(\n  int x);\n"
        "BERTH_EXPORT int berth_b(int (*f)(void));\n"
    )
    symbols = "0000 A BERTH_0\n0000 T berth_a@@BERTH_0\n0001 T leaked\n0002 T _init\n"
    expected = ["declared but not exported: berth_b", "exported but not declared: leaked"]
    found = compare(declared([header]), defined(symbols))
    return [] if found == expected else [f"self-test: expected {expected}, got {found}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--library")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("roots", nargs="*", help="include directories")
    arguments = parser.parse_args()
    if arguments.self_test:
        complaints = self_test()
    else:
        headers = [path for root in arguments.roots for path in pathlib.Path(root).rglob("*.h")]
        promised = declared(path.read_text(encoding="utf-8") for path in headers)
        run = subprocess.run([arguments.nm, "-D", "--defined-only", arguments.library],
                             capture_output=True, text=True, check=True)
        complaints = compare(promised, defined(run.stdout))
        if not promised:
            complaints.append("the headers export nothing")
    print("\n".join(complaints) or "headers and library agree")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
