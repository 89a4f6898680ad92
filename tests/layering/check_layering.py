#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layers and habits of the house: who may include whom, which calls a library makes, how long a
file or function may be. Reads sources only; check_symbols.py reads the compiled library."""

import argparse
import pathlib
import re
import statistics
import sys
import tempfile

CODE_FOLDERS = ("model", "solver", "io", "cli", "bindings", "tests")
LIBRARY = ("model", "solver", "io")
# What each folder may include of the others; its own files always. Public headers count as their folder.
MAY_SEE = {
    "model": {"model"},
    "solver": {"solver", "model"},
    "io": {"io", "model"},
    "cli": {"cli"},  # and every <berth/...>
}
# Foreign header -> the only files that may include it.
SEAMS = {
    r"glpk\.h": r"solver/glpk\.c",
    r"(interfaces/)?highs_c_api\.h": r"solver/mip_highs\.c",
    r"libxml/.*": r"io/xml_parser\.[ch]|tests/foreign_xml\.c",
    r"jansson\.h": r"io/plan_json_\w+\.[ch]",
    r"zlib\.h": r"io/\w+\.c",
    r"hwloc(\.h|/.*)": r"solver/machine\.c|io/this_host\.c",
}
ONE_FILE_ONLY = (r"zlib\.h",)  # whichever file it is
FORBIDDEN_CALLS = re.compile(
    r"\b(printf|vprintf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort|atexit|getenv|secure_getenv|setenv|"
    r"putenv|signal|sigaction|system|setlocale|rand|srand|random|strtok)\s*\("
)
MAX_FILE_LINES, MAX_FUNCTION_LINES = 1000, 80
SOURCE_SUFFIXES = {".c", ".h", ".in", ".py", ".sh", ".cmake", ".go"}
# Names that every folder has.
COMMON_NAMES = {"README.md", "CMakeLists.txt", "__init__.py", "index.csv"}
SKIPPED_FOLDERS = {".git", "build", "out", "__pycache__"}


def files_below(root):
    for path in sorted(root.rglob("*")):
        if path.is_file() and not SKIPPED_FOLDERS & set(path.relative_to(root).parts):
            yield path.relative_to(root)


def without_comments(text):
    """C text with comments and string contents blanked, line breaks kept."""

    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] * 2 if len(found) >= 2 else found

    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def includes(text):
    """(kind, name) of each include; kind is '<' or '\"'."""
    stripped = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.findall(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]", stripped, flags=re.M)


def functions(text):
    """(line number, line count) of each function, as clang-format lays them out: an unindented
    signature, possibly of several lines, that ends in ") {", and a body that ends in an unindented brace."""
    start, signature, inside = None, "", False
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        line = line.rstrip()
        if inside:
            if line.startswith("}"):
                yield start, number - start + 1
                start, inside = None, False
            continue
        if start is None and re.match(r"[A-Za-z_]", line):
            start, signature = number, ""
        if start is None:
            continue
        signature += line
        if re.search(r"\)\s*\{$", signature):
            inside = True
        elif re.search(r"[;{}]$", line):
            start = None


def folder_of_header(paths):
    """Folder that owns each header, by its file name (names are unique) or by berth/name."""
    owner = {}
    for path in paths:
        if path.suffix == ".h" or path.name.endswith(".h.in"):
            name = path.name.removesuffix(".in")
            owner[f"berth/{name}" if "include" in path.parts else name] = path.parts[0]
    owner["berth/export.h"] = "model"
    return owner


def check_includes(path, text, owner):
    folder = path.parts[0]
    for kind, name in includes(text):
        for header, allowed in SEAMS.items():
            if folder == "tests" and "tests/" not in allowed:
                continue  # tests may see everything else
            if re.fullmatch(header, name) and not re.fullmatch(allowed, path.as_posix()):
                yield f"includes <{name}>; only {allowed} may"
        if folder == "tests":
            continue
        seen = owner.get(name)
        if folder in MAY_SEE and seen and seen not in MAY_SEE[folder]:
            if not (folder == "cli" and name.startswith("berth/")):
                yield f"includes {name} of {seen}/"
        if folder in MAY_SEE and kind == '"' and "/" in name:
            yield f"includes {name} by a path"
        elif folder in MAY_SEE and seen is None and (kind == '"' or name.startswith("berth/")):
            yield f"includes {name}, which no folder has"


def check_text(path, text):
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"{lines} lines, more than {MAX_FILE_LINES}"
    if path.suffix in SOURCE_SUFFIXES or path.name == "CMakeLists.txt":
        if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.splitlines()[:3]):
            yield "no SPDX line at its head"
    marker = re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", text)
    if marker:
        yield f"leaves a {marker.group(1)}"


def check_code(path, text):
    for start, length in functions(text):
        if length > MAX_FUNCTION_LINES:
            yield f"line {start}: a function of {length} lines, more than {MAX_FUNCTION_LINES}"
    for name in re.findall(r"\b__(?:DATE|TIME|TIMESTAMP)__\b", without_comments(text)):
        yield f"{name}: the same sources would give other bytes"
    if path.parts[0] in LIBRARY:
        code = without_comments(text)
        for match in FORBIDDEN_CALLS.finditer(code):
            yield f"line {code.count(chr(10), 0, match.start()) + 1}: calls {match.group(1)}"
        if re.search(r"\bstderr\b", code) or (path.parts[0] != "io" and re.search(r"\bstdout\b", code)):
            yield "uses a stream of the program"


def check_tree(root):
    """All complaints about the tree at @root, as "path: what"."""
    paths = list(files_below(root))
    owner = folder_of_header(paths)
    complaints, names, sole = [], {}, {}
    for path in paths:
        if path.name not in COMMON_NAMES and path.parts[0] in CODE_FOLDERS:
            names.setdefault(path.name, []).append(path)
        if path.suffix not in SOURCE_SUFFIXES and path.name != "CMakeLists.txt":
            continue
        text = (root / path).read_text(encoding="utf-8")
        found = list(check_text(path, text))
        if path.suffix in (".c", ".h"):
            found += list(check_includes(path, text, owner)) + list(check_code(path, text))
            for header in ONE_FILE_ONLY:
                if path.parts[0] != "tests" and any(re.fullmatch(header, name) for _, name in includes(text)):
                    sole.setdefault(header, []).append(path.as_posix())
        complaints += [f"{path}: {what}" for what in found]
    complaints += [f"{same[0]}: the name also stands at {same[1]}" for same in names.values() if len(same) > 1]
    complaints += [f"{users}: more than one file includes {header}" for header, users in sole.items() if len(users) > 1]
    return complaints


def figures(root):
    """One line of figures a folder: lines, functions, asserts per 1,000 lines."""
    for folder in (*LIBRARY, "cli"):
        texts = [path.read_text(encoding="utf-8") for path in sorted((root / folder).glob("*.c"))]
        lengths = [length for text in texts for _, length in functions(text)] or [0]
        lines = sum(text.count("\n") for text in texts) or 1
        asserts = sum(len(re.findall(r"\bassert\(", without_comments(text))) for text in texts)
        ninety = sorted(lengths)[int(len(lengths) * 0.9)] if len(lengths) > 1 else lengths[0]
        yield (f"{folder}: {len(texts)} files, {lines} lines, {len(lengths)} functions of median "
               f"{statistics.median(lengths):g}, 90 % within {ninety}, longest {max(lengths)}; "
               f"{asserts * 1000 / lines:.0f} asserts per 1,000 lines")


SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
# path, text, and what must be said about it; None = nothing.
FAULTS = [
    ("model/a.c", '#include "own.h"\n#include <berth/m.h>\n', None),
    ("model/a.c", "#include <berth/s.h>\n", "of solver/"),
    ("model/a.c", '#include "cursor.h"\n', "of io/"),
    ("solver/a.c", '#include "own.h"\n#include <berth/m.h>\n', None),
    ("solver/a.c", '#include "cursor.h"\n', "of io/"),
    ("io/a.c", "#include <berth/s.h>\n", "of solver/"),
    ("cli/a.c", "#include <berth/s.h>\n#include <stdio.h>\n", None),
    ("cli/a.c", '#include "own.h"\n', "of model/"),
    ("cli/a.c", "#include <libxml/parser.h>\n", "only io/xml_parser"),
    ("solver/glpk.c", "#include <glpk.h>\n", None),
    ("solver/bound.c", "#include <glpk.h>\n", "only solver/glpk"),
    ("io/vim25.c", "#include <libxml/tree.h>\n", "only io/xml_parser"),
    ("io/vim25.c", "#include <jansson.h>\n", "only io/plan_json_"),
    ("tests/bench/b.c", "#include <libxml/parser.h>\n", "only io/xml_parser"),
    ("tests/foreign_xml.c", "#include <libxml/parser.h>\n", None),
    ("tests/bench/b.c", "#include <glpk.h>\n", None),
    ("model/a.c", '#include "../io/cursor.h"\n', "by a path"),
    ("model/a.c", "int f(void) {\n  return snprintf(0, 0, 0);\n}\n", None),
    ("model/a.c", "int f(void) {\n  return printf(0);\n}\n", "calls printf"),
    ("io/a.c", "int f(void) {\n  /* exit(1) */\n  const char *s = \"exit(1)\";\n  return 0;\n}\n", None),
    ("io/a.c", "int f(void) {\n  exit(1);\n}\n", "line 3: calls exit"),
    ("solver/a.c", "char *f(void) {\n  return getenv(0);\n}\n", "calls getenv"),
    ("solver/a.c", "int f(void) {\n  return fprintf(stderr, 0);\n}\n", "stream of the program"),
    ("cli/a.c", "const char *built(void) {\n  return __DATE__;\n}\n", "other bytes"),
    ("solver/a.c", "int f(void) {\n" + "  g();\n" * 79 + "}\n", "function of 81 lines"),
    ("solver/a.c", "int f(int a,\n      int b,\n      int c) {\n" + "  g();\n" * 80 + "}\n", "function of 8"),
    ("solver/a.c", "int f(void) {\n" + "  g();\n" * 78 + "}\n", None),
    ("model/a.c", "\n" * 1000, "lines, more than 1000"),
    ("cli/own.h", "", "the name also stands at"),
    ("model/a.c", "/* TO" + "DO */\n", "leaves a TO" + "DO"),
]


def self_test():
    """Each fault, alone in a small good tree, is found; the good tree is not blamed."""
    base = {"model/own.h": "", "model/include/berth/m.h": "", "solver/include/berth/s.h": "", "io/cursor.h": ""}
    trees = [({**base, path: text}, expected) for path, text, expected in FAULTS]
    trees.append(({**base, "io/a.c": "#include <zlib.h>\n", "io/b.c": "#include <zlib.h>\n"}, "more than one file"))
    complaints = []
    for tree, expected in trees:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in tree.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(SPDX + text, encoding="utf-8")
            found = check_tree(root)
        if (expected is None) != (not found) or (expected and not all(expected in what for what in found)):
            complaints.append(f"self-test: {list(tree.items())[-1]}: expected {expected}, found {found}")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "model").mkdir()
        (pathlib.Path(folder) / "model" / "a.c").write_text("int a;\n", encoding="utf-8")
        if not check_tree(pathlib.Path(folder)):
            complaints.append("self-test: a missing SPDX line is not found")
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("root", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    complaints = self_test() if arguments.self_test else check_tree(arguments.root)
    if not arguments.self_test:
        print("\n".join(figures(arguments.root)))
    print("\n".join(complaints) or "the layers hold")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
