#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages of a build: made twice with the same bytes, what is in them, and that command,
library, headers and binding work from a root that holds nothing else of berth.

usage: test_packages.py --build DIR --source DIR --cpack PROGRAM --cmake PROGRAM --cc PROGRAM"""

import argparse
import gzip
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

OPTIONS = None
PLAIN = {"libberth0", "libberth-dev", "berth"}
SECTIONS = {"libberth0": "libs", "libberth-dev": "libdevel", "berth": "admin", "python3-berth": "python"}
CONSUMER = "failover, optimal, 2 steps, 0 unplaced, 0 faults"


def run(*command, umask=-1, **environment):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, umask=umask,
                          env={**os.environ, **{name: str(value) for name, value in environment.items()}})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make(folder, **how):
    run(OPTIONS.cpack, "--config", OPTIONS.build / "CPackConfig.cmake", "-B", folder, **how)
    return {path.name.split("_")[0]: path for path in sorted(folder.glob("*.deb"))}


def contents(package):
    """{path: (mode, owner)} of files and links, without the leading dot."""
    listing = {}
    for line in run("dpkg-deb", "-c", package).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        listing[path.split(" -> ")[0][1:]] = (mode, owner)
    return listing


def files(package):
    return {path for path, (mode, _) in contents(package).items() if not mode.startswith("d")}


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)
        cls.packages = make(cls.work / "first")
        cls.root = cls.work / "root"
        for package in cls.packages.values():
            run("dpkg-deb", "-x", package, cls.root)
        cls.libdir = next((cls.root / "usr" / "lib").glob("*/libberth.so.0")).parent
        cls.multiarch = cls.libdir.name
        cls.run_with = {"LD_LIBRARY_PATH": cls.libdir, "PATH": f"{cls.root}/usr/bin:{os.environ['PATH']}"}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def binaries(self):
        found = [path for path in self.root.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
        self.assertGreaterEqual(len(found), 2)
        return found

    # ---------------------------------------------------------------- what there is

    def test_all_are_there(self):
        self.assertEqual(set(self.packages), PLAIN | ({"python3-berth"} if OPTIONS.python else set()))

    def test_somebody_else_packs_the_same_bytes(self):
        again = make(self.work / "second", umask=0o077, TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8", HOME=self.work, USER="else")
        for name, package in self.packages.items():
            digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (package, again[name])}
            self.assertEqual(len(digests), 1, name)

    def test_control_fields(self):
        version = run("dpkg-parsechangelog", "-l", OPTIONS.source / "cmake/debian/changelog", "-S", "Version").strip()
        for name, package in self.packages.items():
            with self.subTest(name):
                self.assertEqual(field(package, "Package"), name)
                self.assertEqual(field(package, "Version"), version)
                self.assertEqual(field(package, "Section"), SECTIONS[name])
                self.assertEqual(field(package, "Architecture"), run("dpkg", "--print-architecture").strip())
                self.assertRegex(field(package, "Maintainer"), r"^.+ <.+@.+>$")
                synopsis, *rest = field(package, "Description").splitlines()
                self.assertLess(len(synopsis), 80)
                self.assertGreaterEqual(len(rest), 4)
                self.assertLessEqual(max(map(len, rest)), 80)

    def test_dependencies(self):
        version = field(self.packages["berth"], "Version")
        library = field(self.packages["libberth0"], "Depends")
        for needed in ("libc6", "libglpk40", "libhwloc15", "libjansson4", "libxml2", "zlib1g"):
            self.assertIn(f"{needed} (>= ", library)
        self.assertEqual(field(self.packages["libberth-dev"], "Depends"), f"libberth0 (= {version})")
        self.assertIn(f"libberth0 (>= {version.split('-')[0]})", field(self.packages["berth"], "Depends"))
        control = run("dpkg-deb", "-I", self.packages["libberth0"], "triggers")
        self.assertEqual(control, "activate-noawait ldconfig\n")

    def test_where_everything_lies(self):
        expected = {
            "libberth0": {f"/usr/lib/{self.multiarch}/libberth.so.0"},
            "libberth-dev": {f"/usr/lib/{self.multiarch}/{name}" for name in (
                "libberth.so", "pkgconfig/berth.pc", "cmake/berth/berthConfig.cmake")} | {"/usr/include/berth/solve.h"},
            "berth": {"/usr/bin/berth", "/usr/share/man/man1/berth.1.gz", "/usr/share/man/man1/berth-plan.1.gz",
                      "/usr/share/bash-completion/completions/berth", "/usr/share/zsh/vendor-completions/_berth",
                      "/usr/share/berth/schema/plan-1.schema.json", "/usr/share/berth/opennebula/place",
                      "/usr/share/doc/berth/examples/fragmentation.xml"},
            "python3-berth": {"/usr/lib/python3/dist-packages/berth/__init__.py"},
        }
        for name, package in self.packages.items():
            with self.subTest(name):
                documents = {f"/usr/share/doc/{name}/copyright", f"/usr/share/doc/{name}/changelog.Debian.gz"}
                self.assertLessEqual(expected[name] | documents, files(package))

    def test_the_bill_of_materials_is_in_library_and_command(self):
        written = (OPTIONS.build / "berth.spdx.json").read_bytes()
        for package in ("libberth0", "berth"):
            path = self.root / f"usr/share/doc/{package}/berth.spdx.json.gz"
            self.assertEqual(gzip.decompress(path.read_bytes()), written)

    def test_whoever_packs_is_the_maintainer_in_both_places(self):
        for name in PLAIN:
            changelog = gzip.decompress((self.root / f"usr/share/doc/{name}/changelog.Debian.gz").read_bytes()).decode()
            maintainer = field(self.packages[name], "Maintainer")
            self.assertEqual(re.findall(r"^ -- (.*>)  ", changelog, flags=re.M), [maintainer])

    def test_nothing_is_in_two_packages_or_in_odd_places(self):
        seen = set()
        for package in self.packages.values():
            for path, (mode, owner) in contents(package).items():
                self.assertEqual(owner, "root/root", path)
                self.assertRegex(path, r"^/(usr/(bin|lib|include|share)?)?")
                expected = "drwxr-xr-x|lrwxrwxrwx|-rw-r--r--|-rwxr-xr-x"
                self.assertRegex(mode, f"^({expected})$", path)
            self.assertFalse(seen & files(package))
            seen |= files(package)

    def test_whatever_is_installed_is_in_a_package(self):
        run(OPTIONS.cmake, "--install", OPTIONS.build, "--prefix", "/usr", DESTDIR=self.work / "staged")
        staged = self.work / "staged"
        installed = {f"/{path.relative_to(staged)}" for path in staged.rglob("*") if not path.is_dir() or path.is_symlink()}
        packed = set().union(*(files(package) for name, package in self.packages.items() if name in PLAIN))
        packed = {path.removesuffix(".gz") if "/man/" in path else path for path in packed}
        packed = {path.replace("vendor-completions", "site-functions") for path in packed}
        of_debian = {path for path in packed if path.endswith(("/copyright", "/changelog.Debian.gz", "/berth.spdx.json.gz"))}
        self.assertEqual(installed - packed, {"/usr/share/doc/berth/LICENSE", "/usr/share/doc/berth/berth.spdx.json"})
        self.assertEqual(packed - installed, of_debian)

    def test_binaries_are_stripped_and_look_for_libraries_in_the_system_only(self):
        for path in self.binaries():
            self.assertNotRegex(run("readelf", "-d", path), "RPATH|RUNPATH", path)
            self.assertNotIn(".symtab", run("readelf", "-SW", path), path)
            for folder in (OPTIONS.source, OPTIONS.build):
                self.assertNotIn(f"{folder}/".encode(), path.read_bytes(), path)

    def test_binaries_are_hardened(self):
        if not OPTIONS.hardened:
            self.skipTest("this build is not hardened")
        run(sys.executable, "-B", OPTIONS.source / "tests/hardening/check_hardening.py", "--run-path", "none", *self.binaries())

    def test_every_command_has_its_manual_page(self):
        helped = run(self.root / "usr/bin/berth", "help", **self.run_with)
        commands = re.findall(r"^  ([a-z]+)  ", helped, flags=re.M)
        self.assertIn("plan", commands)
        for command in commands:
            self.assertTrue((self.root / f"usr/share/man/man1/berth-{command}.1.gz").exists(), command)

    # ---------------------------------------------------------------- what it does

    def test_the_command_plans_from_its_examples(self):
        berth, examples = self.root / "usr/bin/berth", self.root / "usr/share/doc/berth/examples"
        self.assertIn(field(self.packages["berth"], "Version").split("-")[0], run(berth, "--version", **self.run_with))
        plan = self.work / "plan.json"
        run(berth, "plan", examples / "fragmentation.xml", "--format", "json", "-o", plan, **self.run_with)
        self.assertIn("holds", run(berth, "verify", examples / "fragmentation.xml", plan, **self.run_with))

    def test_the_driver_of_opennebula_answers(self):
        action = (self.root / "usr/share/doc/berth/examples/opennebula/action.xml").read_text(encoding="utf-8")
        done = subprocess.run([self.root / "usr/share/berth/opennebula/place"], input=action, capture_output=True, text=True,
                              check=True, env={**os.environ, **{k: str(v) for k, v in self.run_with.items()}})
        self.assertIn("<PLAN>", done.stdout)

    def test_completions_load(self):
        run("bash", "-n", self.root / "usr/share/bash-completion/completions/berth")
        self.assertTrue((self.root / "usr/share/zsh/vendor-completions/_berth").read_text().startswith("#compdef berth"))

    def test_a_consumer_by_pkg_config(self):
        flags = run("pkg-config", "--define-variable=pc_sysrootdir=/", "--cflags", "--libs", "berth",
                    PKG_CONFIG_LIBDIR=self.libdir / "pkgconfig").split()
        program = self.work / "by-pkg-config"
        run(OPTIONS.cc, "-std=c17", OPTIONS.source / "tests/consumer/project/consumer.c", *flags, "-o", program)
        self.assertIn(CONSUMER, run(program, **self.run_with))

    def test_a_consumer_by_find_package(self):
        build = self.work / "by-find-package"
        run(OPTIONS.cmake, "-S", OPTIONS.source / "tests/consumer/project", "-B", build,
            f"-DCMAKE_PREFIX_PATH={self.root}/usr", f"-DCMAKE_C_COMPILER={OPTIONS.cc}")
        run(OPTIONS.cmake, "--build", build)
        self.assertIn(CONSUMER, run(build / "consumer", **self.run_with))

    def test_the_python_binding(self):
        if not OPTIONS.python:
            self.skipTest("this build has no python3-berth")
        script = ("import berth, sys; plan = berth.plan(berth.Inventory.read(sys.argv[1])); "
                  "print(berth.__file__, plan.status.value, len(plan.steps), 'steps')")
        said = run("/usr/bin/python3", "-B", "-c", script, self.root / "usr/share/doc/berth/examples/fragmentation.xml",
                   PYTHONPATH=self.root / "usr/lib/python3/dist-packages", **self.run_with)
        self.assertTrue(said.startswith(str(self.root)) and said.endswith(" optimal 2 steps\n"), said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--cpack", default="cpack")
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--python", action="store_true", help="expect python3-berth")
    parser.add_argument("--hardened", action="store_true", help="expect hardened binaries")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
