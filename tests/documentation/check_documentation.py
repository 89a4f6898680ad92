#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks all Markdown files of the tree: an indented or fenced "$ berth ..." is followed by what that
prints, a fenced C example compiles, and a relative link leads to a file."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED_FOLDERS = {".git", "build", "out"}


def transcripts(text):
    """(command, expected output) of each "$ command" in a block indented by four spaces or fenced."""
    command, expected = None, []
    fenced = False
    for line in text.splitlines() + ["end"]:
        if line.startswith("```"):
            fenced = not fenced
            inside, content = False, ""
        elif fenced or line.startswith("    "):
            inside, content = True, line if fenced else line[4:]
        else:
            inside, content = line == "", ""
        if content.startswith("$ ") or not inside:
            if command:
                yield command, "\n".join(expected).strip()
            command, expected = (content[2:] if inside else None), []
        elif command:
            expected.append(content.rstrip())


def run(command, folder, command_path):
    environment = dict(os.environ, PATH=f"{command_path.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip()


def check_transcripts(root, path, text, command_path):
    """Runs the commands of one file, one after the other, in a folder that sees datasets/."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "datasets").symlink_to(root.resolve() / "datasets")
        (pathlib.Path(folder) / "build").mkdir()
        for command, expected in transcripts(text):
            if not command.startswith("berth "):
                continue
            printed = run(command, folder, command_path)
            if printed != expected:
                yield f"{path}: '{command}' prints\n{printed}\n--- but the text says\n{expected}"


def check_examples(path, text, cc, includes):
    """A C example without includes of its own is the body of a function."""
    for example in re.findall(r"^```c\n(.*?)^```", text, flags=re.S | re.M):
        if "#include" not in example:
            example = ("#include <berth/io.h>\n#include <berth/solve.h>\n#include <berth/verify.h>\n"
                       "int main(void) {\n" + example + "}\n")
        done = subprocess.run([cc, "-std=c17", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                               *[f"-I{folder}" for folder in includes], "-xc", "-"],
                              input=example, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{path}: an example does not compile: {done.stderr}"


def check_links(root, path, text):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not (root / path.parent / target).exists():
            yield f"{path}: no file {target}"


def check(root, command_path, cc, includes):
    complaints = []
    for full in sorted(root.rglob("*.md")):
        path = full.relative_to(root)
        if SKIPPED_FOLDERS & set(path.parts):
            continue
        text = full.read_text(encoding="utf-8")
        complaints += [*check_links(root, path, text), *check_examples(path, text, cc, includes),
                       *check_transcripts(root, path, text, command_path)]
    return complaints


def self_test():
    """A file of true statements, then one false statement of each kind."""
    true = ("# T\n\n    $ berth a\n    a\n\n    $ berth $'b\\n\\n  c'\n    b\n\n      c\n\ntext\n\n```\n$ berth d\nd\n```\n"
            "```c\nint x = 0;\nreturn x;\n```\n[t](t.md)\n")
    false = ["    $ berth a\n    b\n", "```\n$ berth a\n```\n", "```c\n#include <stdio.h>\nint main(void) { return x; }\n```\n",
             "[gone](gone.md)\n"]
    complaints = []
    for number, text in enumerate([true, *false]):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "include" / "berth").mkdir(parents=True)
            for name in ("io", "solve", "verify"):
                (root / "include" / "berth" / f"{name}.h").write_text("", encoding="utf-8")
            (root / "t.md").write_text(text, encoding="utf-8")
            (root / "berth").write_text('#!/bin/sh\nprintf "%s\\n" "$1"\n', encoding="utf-8")
            (root / "berth").chmod(0o755)
            found = check(root, root / "berth", "cc", [root / "include"])
        if len(found) != (number > 0):
            complaints.append(f"self-test {number}: {found}")
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--command", type=pathlib.Path)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--include", nargs="*", default=[])
    parser.add_argument("root", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    complaints = self_test() if arguments.self_test else check(arguments.root, arguments.command, arguments.cc,
                                                               arguments.include)
    print("\n".join(complaints) or "the manuals are true")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
