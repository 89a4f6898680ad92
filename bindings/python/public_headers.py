# SPDX-License-Identifier: Apache-2.0
"""Finds libberth, and takes from its public headers what a binding needs.

The declarations are the headers themselves, after the C preprocessor: no line of them is written
by hand, so none can be forgotten or wrong. System headers are replaced by empty ones, since cffi
knows the standard types by name.
"""

import os
import re
import shlex
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

SYSTEM_HEADERS = ("stdbool.h", "stddef.h", "stdint.h", "stdio.h")
# Figures that macros stand for; the compiler tells their values.
CONSTANTS = ("BERTH_UNSET", "BERTH_UNLIMITED", "BERTH_QUANTITY_MAX", "BERTH_OBJECTS_MAX", "BERTH_NONE",
             "BERTH_SIMULATION_RUNS_MAX")


class Library(NamedTuple):
    """Where headers and library are; `run_path` is set for a build tree only."""

    include_dirs: list[str]
    library_dirs: list[str]
    libraries: list[str]
    run_path: list[str]


def of_build_tree(build: Path) -> Library:
    """A build folder of CMake: BERTH_BUILD_DIR. The extension then works where it was built."""
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", cache, re.MULTILINE)
    if found is None:
        raise SystemExit(f"{build} is no build folder of CMake")
    source = Path(found.group(1))
    include = [source / part / "include" for part in ("model", "solver", "io")]
    return Library([str(path) for path in [*include, build / "model" / "include"]],
                   [str(build)], ["berth"], [str(build)])


def of_prefix(prefix: Path) -> Library:
    """An installation: BERTH_PREFIX."""
    folders = [path for path in (prefix / "lib", *sorted((prefix / "lib").glob("*-linux-*")),
                                 prefix / "lib64") if (path / "libberth.so").exists()]
    if not folders:
        raise SystemExit(f"no libberth.so below {prefix}")
    return Library([str(prefix / "include")], [str(folders[0])], ["berth"], [])


def of_pkg_config() -> Library:
    """What pkg-config says of `berth`."""
    def ask(*options: str) -> list[str]:
        try:
            done = subprocess.run(["pkg-config", *options, "berth"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(
                "libberth is not found: install it (packages libberth-dev and pkg-config), or set BERTH_PREFIX "
                f"to where it is installed, or BERTH_BUILD_DIR to a build folder of it ({error})") from None
        return shlex.split(done.stdout)
    return Library([flag[2:] for flag in ask("--cflags-only-I")],
                   [flag[2:] for flag in ask("--libs-only-L")],
                   [flag[2:] for flag in ask("--libs-only-l")], [])


def find_library() -> Library:
    """By the environment, else by pkg-config."""
    if os.environ.get("BERTH_BUILD_DIR"):
        return of_build_tree(Path(os.environ["BERTH_BUILD_DIR"]).resolve())
    if os.environ.get("BERTH_PREFIX"):
        return of_prefix(Path(os.environ["BERTH_PREFIX"]).resolve())
    return of_pkg_config()


def header_files(library: Library) -> list[Path]:
    """All public headers, by name; one of a name, as the compiler would find it."""
    folders = [Path(folder) for folder in [*library.include_dirs, "/usr/local/include", "/usr/include"]]
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted((folder / "berth").glob("*.h")):
            found.setdefault(path.name, path)
    found.pop("export.h", None)
    if not found:
        raise SystemExit("no header <berth/...> found")
    return [found[name] for name in sorted(found)]


def compiler() -> list[str]:
    """The C compiler that extensions are built with."""
    return shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")


def preprocess(library: Library, *options: str) -> str:
    """The headers after the preprocessor, without what the system's add."""
    with tempfile.TemporaryDirectory() as name:
        stand_in = Path(name)
        for header in SYSTEM_HEADERS:
            (stand_in / header).touch()
        (stand_in / "berth").mkdir()
        (stand_in / "berth" / "export.h").write_text("#define BERTH_EXPORT\n", encoding="utf-8")
        (stand_in / "all.c").write_text(
            "".join(f"#include <berth/{path.name}>\n" for path in header_files(library)), encoding="utf-8")
        include = [f"-I{folder}" for folder in [name, *library.include_dirs]]
        # Installed headers lie among those of the system: behind the stand-ins, they may.
        command = [*compiler(), "-E", *options, "-nostdinc", *include, "-idirafter", "/usr/local/include",
                   "-idirafter", "/usr/include", str(stand_in / "all.c")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def declarations(library: Library) -> str:
    """Types, enumerations and functions."""
    return preprocess(library, "-P")


def initial_values(library: Library) -> list[str]:
    """Structures that have an initialiser: `berth_host_spec` for BERTH_HOST_SPEC_INIT."""
    macros = preprocess(library, "-dM")
    return sorted(name.lower() for name in re.findall(r"^#define (BERTH_\w+)_INIT ", macros, re.MULTILINE))
