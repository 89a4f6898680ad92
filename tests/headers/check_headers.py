#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Public headers: each compiles alone, as C17 and as C++17, without a warning; every INIT macro
initialises the struct it is named after; every function stands in a documented paragraph."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]


def public_headers(roots):
    """(root, header) of every header below the given include directories."""
    return [(root, path) for root in roots for path in sorted(pathlib.Path(root).rglob("*.h"))]


def compiles(command, text, suffix):
    """What the compiler complains about, or None."""
    with tempfile.NamedTemporaryFile("w", suffix=suffix) as source:
        source.write(text)
        source.flush()
        run = subprocess.run(command + [source.name], capture_output=True, text=True, check=False)
    return None if run.returncode == 0 else run.stderr.strip()


def initialisers(text):
    """A C program that uses every `#define BERTH_<NAME>_INIT` for its struct berth_<name>."""
    names = re.findall(r"#define (BERTH_(\w+)_INIT)\b", text)
    return "".join(
        f"berth_{name.lower()} use_{name.lower()}(void);\n"
        f"berth_{name.lower()} use_{name.lower()}(void) {{\n"
        f"  return (berth_{name.lower()}){macro};\n}}\n"
        for macro, name in names
    )


def undocumented(text):
    """Names of exported functions whose paragraph does not begin with a /** comment. A paragraph
    ends at an empty line; functions of one paragraph share its comment."""
    missing, documented = [], False
    for line in text.splitlines():
        if not line.strip():
            documented = False
        elif line.startswith("/**"):
            documented = True
        elif line.startswith("BERTH_EXPORT") and not documented:
            name = re.search(r"(\w+)\(", line)
            missing.append(name.group(1) if name else line)
    return missing


def check(roots, cc, cxx):
    complaints = []
    includes = [f"-I{root}" for root in roots]
    for root, path in public_headers(roots):
        name, text = path.relative_to(root), path.read_text(encoding="utf-8")
        # A header of macros only would leave an empty translation unit, which C forbids.
        unit = f"#include <{name}>\nextern int not_empty;\n"
        as_c = compiles([cc, "-std=c17", "-Wno-missing-field-initializers", *WARNINGS, *includes],
                        unit + initialisers(text), ".c")
        as_cxx = compiles([cxx, "-std=c++17", *WARNINGS, *includes], unit, ".cpp")
        complaints += [f"{name}: as C17: {as_c}"] if as_c else []
        complaints += [f"{name}: as C++17: {as_cxx}"] if as_cxx else []
        complaints += [f"{name}: {function} has no comment" for function in undocumented(text)]
    return complaints


def self_test(cc, cxx):
    """Every check must be able to fail."""
    good = "#ifndef A_H\n#define A_H\n/** Says a. */\nint a(void);\n#endif\n"
    bad = {
        "as C17": "static const size_t a = 1;\n",
        "as C++17": "/** C only. */\nint class(int new);\n",
        "no comment": "#define BERTH_EXPORT\n/** Documented. */\n\nBERTH_EXPORT int b(void);\n",
        "use_x": "typedef struct berth_x { int a; } berth_x;\n#define BERTH_X_INIT {.b = 1}\n",
    }
    for expected, text in [(None, good), *bad.items()]:
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "a.h").write_text(text, encoding="utf-8")
            complaints = check([root], cc, cxx)
        if (expected is None) != (not complaints):
            return [f"self-test: expected {expected}, got {complaints}"]
        if expected and not any(expected in complaint for complaint in complaints):
            return [f"self-test: expected {expected}, got {complaints}"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("roots", nargs="*", help="include directories")
    arguments = parser.parse_args()
    if arguments.self_test:
        complaints = self_test(arguments.cc, arguments.cxx)
    else:
        complaints = check(arguments.roots, arguments.cc, arguments.cxx)
        if not public_headers(arguments.roots):
            complaints.append("no headers found")
    print("\n".join(complaints) or "every header stands alone")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
