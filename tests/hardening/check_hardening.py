#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads with readelf whether binaries are hardened: one line for whatever a file lacks.

usage: check_hardening.py [--readelf PROGRAM] [--compiled-with=FLAG ...] [--run-path none|origin] FILE...
       check_hardening.py --self-test --cc PROGRAM [--readelf PROGRAM] [--compiled-with=FLAG ...]"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

# With _FORTIFY_SOURCE the compiler calls __printf_chk and the like instead, wherever these stood.
UNCHECKED = {"printf", "vprintf", "fprintf", "vfprintf", "sprintf", "vsprintf", "vsnprintf", "asprintf", "vasprintf",
             "dprintf", "vdprintf", "longjmp"}


def read(readelf, path, *what):
    return subprocess.run([readelf, "-W", *what, str(path)], capture_output=True, text=True, check=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def judge_segments(headers):
    """Complaints about `readelf -lW`."""
    segments = re.findall(r"^  ([A-Z_]+) +0x\S+ +0x\S+ +0x\S+ +0x\S+ +0x\S+ ([R ][W ][E ])", headers, flags=re.M)
    kinds = {kind: rights for kind, rights in segments}
    if any(kind == "LOAD" and "W" in rights and "E" in rights for kind, rights in segments):
        yield "a segment that is both writable and executable"
    if "E" in kinds.get("GNU_STACK", "E"):
        yield "an executable stack"
    if "GNU_RELRO" not in kinds:
        yield "no RELRO: what the dynamic linker writes stays writable"


def judge_dynamic(dynamic, kind, run_path):
    """Complaints about `readelf -dW`, of a file whose header calls it kind."""
    flags = " ".join(re.findall(r"\((?:FLAGS|FLAGS_1|BIND_NOW)\)(.*)", dynamic))
    if "NOW" not in flags:
        yield "no BIND_NOW: the table of functions stays writable (partial RELRO)"
    if "Shared object" not in kind and " PIE" not in flags:
        yield "no position-independent executable"
    if "TEXTREL" in dynamic:
        yield "relocations in its code (TEXTREL)"
    for path in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic):
        parts = [part for part in path.split(":") if part]
        if run_path == "none" or not all(part.startswith("$ORIGIN/..") for part in parts):
            yield f"a run path: {path}"


def judge_symbols(symbols):
    """Complaints about `readelf --dyn-syms -W`: what the compiler calls where it checks."""
    wanted = {name.split("@")[0] for name in re.findall(r" UND (\S+)", symbols)}
    if "__stack_chk_fail" not in wanted:
        yield "no stack protector"
    for name in sorted(wanted & UNCHECKED):
        yield f"calls {name}, which _FORTIFY_SOURCE replaces"


def judge_units(debug, flags):
    """Complaints about `readelf --debug-dump=info`, where compilers note what they were told."""
    units = re.findall(r"DW_AT_producer +: (?:\(.*?\): )?(.*)", debug)
    for flag in flags:
        stem = re.match(r"-f[a-z-]*|-m[a-z-]*", flag).group()
        without = sum([word for word in unit.split() if stem in (word, word.split("=")[0])][-1:] != [flag]
                      for unit in units if "GNU C" in unit)
        if without:
            yield f"{without} of {len(units)} compile units without {flag}"


def judge(readelf, path, flags, run_path):
    kind = re.search(r"Type: +(.*)", read(readelf, path, "-h")).group(1)
    # A program has an interpreter, whatever its type is called.
    headers = read(readelf, path, "-l")
    kind = "program" if "INTERP" in headers else "Shared object" if kind.startswith("DYN") else kind
    yield from judge_segments(headers)
    yield from judge_dynamic(read(readelf, path, "-d"), kind, run_path)
    yield from judge_symbols(read(readelf, path, "--dyn-syms"))
    if flags:
        yield from judge_units(read(readelf, path, "--debug-dump=info"), flags)


PROGRAM = """
    #include <stdio.h>
    #include <string.h>
    int main(int count, char **words) {
      char copy[64];
      strcpy(copy, words[0]);
      return printf("%s %d\\n", copy, count) < 0;
    }
"""
WRITABLE_CODE = '__asm__(".pushsection .wx,\\"awx\\",@progbits\\n.byte 0\\n.popsection");'
HARDENED = ["-g", "-O2", "-fPIE", "-pie", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-Wl,-z,relro",
            "-Wl,-z,now", "-Wl,-z,noexecstack"]
# What is added to the flags of a hardened program, and what has to be said of it then.
FAULTS = [
    ([], None),
    (["-Wl,-z,norelro"], "no RELRO"),
    (["-Wl,-z,lazy"], "no BIND_NOW"),
    (["-fno-pie", "-no-pie"], "no position-independent"),
    (["-fno-stack-protector"], "no stack protector"),
    (["-U_FORTIFY_SOURCE"], "calls printf"),
    (["-Wl,-z,execstack"], "an executable stack"),
    (["-Wl,-rpath,/home/somebody/lib"], "a run path"),
    (["-Wl,-rpath,$ORIGIN"], "a run path"),
    (["-DWRITABLE_CODE"], "both writable and executable"),
]


def self_test(cc, readelf, flags):
    """Compiles a hardened program, and one for each way to be less."""
    complaints = []
    without = {"-fstack-clash-protection": "-fno-stack-clash-protection", "-fcf-protection=full": "-fcf-protection=none",
               "-mbranch-protection=standard": "-mbranch-protection=none"}
    faults = FAULTS + [([without[flag]], f"without {flag}") for flag in flags if flag in without]
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "a.c", pathlib.Path(folder) / "a"
        source.write_text(f"{PROGRAM}\n#ifdef WRITABLE_CODE\n{WRITABLE_CODE}\n#endif\n", encoding="utf-8")
        for added, expected in faults:
            subprocess.run([cc, *HARDENED, *flags, *added, str(source), "-o", str(program)], check=True, stderr=subprocess.DEVNULL)
            found = list(judge(readelf, program, flags, "none"))
            if expected is None and found or expected and not any(expected in one for one in found):
                complaints.append(f"self-test {added}: {found}")
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--compiled-with", action="append", default=[])
    parser.add_argument("--run-path", choices=["none", "origin"], default="origin")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.self_test:
        complaints = self_test(arguments.cc, arguments.readelf, arguments.compiled_with)
    else:
        complaints = [f"{path}: {what}" for path in arguments.files
                      for what in judge(arguments.readelf, path, arguments.compiled_with, arguments.run_path)]
    print("\n".join(complaints) or f"hardened: {', '.join(path.name for path in arguments.files) or 'as it should be told'}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
