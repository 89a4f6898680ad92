#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials of a build: what SPDX 2.3 asks of a document, as its specification says it,
and that what it tells is so. Whoever writes it shares no code with this.

usage: test_sbom.py --source DIR [--readelf PROGRAM] -- COMMAND... -o FILE BINARY...

The command is that of the build, which has written FILE about the binaries."""

import argparse
import calendar
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

OPTIONS = None
# Fields that the specification makes mandatory (clauses 6, 7, 8 and 11).
DOCUMENT = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"}
PACKAGE = {"name", "SPDXID", "downloadLocation"}
FILE = {"SPDXID", "fileName", "checksums"}
RELATIONSHIP = {"spdxElementId", "relatedSpdxElement", "relationshipType"}
# Those of annex A that may stand here.
LICENCES = {"Apache-2.0", "GPL-3.0-or-later", "MIT", "BSD-3-Clause", "Zlib", "LGPL-2.1-or-later", "Python-2.0",
            "GPL-3.0-or-later WITH GCC-exception-3.1", "NOASSERTION"}
KINDS = {"DESCRIBES", "CONTAINS", "DYNAMIC_LINK", "BUILD_TOOL_OF", "DEPENDS_ON"}


def digest(algorithm, path):
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = OPTIONS.sbom.read_text(encoding="utf-8")
        cls.document = json.loads(cls.text)

    def related(self, kind, subject):
        return {one["relatedSpdxElement"] for one in self.document["relationships"]
                if one["relationshipType"] == kind and one["spdxElementId"] == subject}

    # ---------------------------------------------------------------- what SPDX asks

    def test_the_document_has_what_is_mandatory(self):
        self.assertLessEqual(DOCUMENT, set(self.document))
        self.assertEqual(self.document["spdxVersion"], "SPDX-2.3")
        self.assertEqual(self.document["dataLicense"], "CC0-1.0")
        self.assertEqual(self.document["SPDXID"], "SPDXRef-DOCUMENT")
        self.assertRegex(self.document["documentNamespace"], r"^https://[^#]+$")
        self.assertRegex(self.document["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for creator in self.document["creationInfo"]["creators"]:
            self.assertRegex(creator, r"^(Person|Organization|Tool): .+")
        self.assertTrue(self.document["creationInfo"]["creators"])

    def test_every_part_has_what_is_mandatory(self):
        for parts, mandatory in (("packages", PACKAGE), ("files", FILE), ("relationships", RELATIONSHIP)):
            for part in self.document[parts]:
                self.assertLessEqual(mandatory, set(part))

    def test_identifiers_are_unique_and_well_formed(self):
        identifiers = [part["SPDXID"] for part in [self.document, *self.document["packages"], *self.document["files"]]]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        for identifier in identifiers:
            self.assertRegex(identifier, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for one in self.document["relationships"]:
            self.assertIn(one["spdxElementId"], identifiers)
            self.assertIn(one["relatedSpdxElement"], identifiers)
            self.assertIn(one["relationshipType"], KINDS)

    def test_licences_are_of_the_list(self):
        for part in [*self.document["packages"], *self.document["files"]]:
            for field in ("licenseConcluded", "licenseDeclared"):
                self.assertIn(part.get(field, "NOASSERTION"), LICENCES)

    def test_packages_that_were_analysed_have_the_code_of_their_files(self):
        """Clause 7.9: SHA-1 of the SHA-1 digests in ascending order."""
        digests = {file["SPDXID"]: digest("sha1", OPTIONS.source / file["fileName"]) for file in self.document["files"]}
        for package in self.document["packages"]:
            files = self.related("CONTAINS", package["SPDXID"])
            self.assertEqual(bool(files), package["filesAnalyzed"], package["name"])
            self.assertEqual(package["filesAnalyzed"], "packageVerificationCode" in package)
            if files:
                joined = "".join(sorted(digests[file] for file in files))
                self.assertEqual(package["packageVerificationCode"]["packageVerificationCodeValue"],
                                 hashlib.sha1(joined.encode()).hexdigest())

    def test_package_urls(self):
        for package in self.document["packages"]:
            for reference in package.get("externalRefs", []):
                self.assertEqual(reference["referenceCategory"], "PACKAGE-MANAGER")
                self.assertEqual(reference["referenceType"], "purl")
                self.assertRegex(reference["referenceLocator"], rf"^pkg:deb/[a-z]+/{re.escape(package['name'])}@[\w.%~-]+\?arch=\w+$")

    # ---------------------------------------------------------------- that it is so

    def test_digests(self):
        for file in self.document["files"]:
            self.assertTrue(file["fileName"].startswith("./"))
            checksums = {one["algorithm"]: one["checksumValue"] for one in file["checksums"]}
            self.assertEqual(set(checksums), {"SHA1", "SHA256"})
            for algorithm, value in checksums.items():
                self.assertEqual(value, digest(algorithm.lower(), OPTIONS.source / file["fileName"]), file["fileName"])

    def test_all_sources_are_there(self):
        named = {file["fileName"] for file in self.document["files"]}
        for folder in ("model", "solver", "io", "cli"):
            for path in [*(OPTIONS.source / folder).rglob("*.c"), *(OPTIONS.source / folder).rglob("*.h")]:
                self.assertIn(f"./{path.relative_to(OPTIONS.source)}", named)

    def test_libraries_are_those_of_the_linked_files(self):
        linked = {package["name"] for package in self.document["packages"]
                  if package["SPDXID"] in self.related("DYNAMIC_LINK", "SPDXRef-Package-berth")}
        said = "".join(subprocess.run([OPTIONS.readelf, "-dW", path], capture_output=True, text=True, check=True).stdout
                       for path in OPTIONS.binaries)
        sonames = {name for name in re.findall(r"NEEDED.*\[(.*?)\]", said) if not name.startswith("libberth")}
        self.assertGreaterEqual(len(sonames), 5)
        for soname in sonames:
            # libglpk.so.40 is in libglpk40, libz.so.1 in zlib1g, libc.so.6 and libm.so.6 in libc6
            stem = re.match(r"lib(\w+)\.so", soname).group(1)
            names = {"z": "zlib1g", "c": "libc6", "m": "libc6"}
            self.assertTrue(any(name in (soname, names.get(stem)) or name.startswith(f"lib{stem}") for name in linked), soname)
        self.assertLessEqual(len(linked), len(sonames))

    def test_versions_are_those_of_dpkg(self):
        for package in self.document["packages"]:
            if "externalRefs" in package:
                version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package["name"]], capture_output=True, text=True,
                                         check=True).stdout
                self.assertEqual(package["versionInfo"], version)

    def written(self, **environment):
        """What the command of the build writes now."""
        inherited = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "again.json"
            command = [str(path) if word == str(OPTIONS.sbom) else word for word in OPTIONS.command]
            subprocess.run(command, check=True, env={**inherited, **environment})
            return path.read_text(encoding="utf-8")

    def test_writing_again_gives_the_same_bytes(self):
        epoch = str(calendar.timegm(time.strptime(self.document["creationInfo"]["created"], "%Y-%m-%dT%H:%M:%SZ")))
        self.assertEqual(self.written(TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8", SOURCE_DATE_EPOCH=epoch), self.text)
        if "SOURCE_DATE_EPOCH" not in os.environ:
            self.assertEqual(self.written(TZ="Pacific/Kiritimati"), self.text)

    def test_the_moment_is_the_one_that_was_asked_for(self):
        document = json.loads(self.written(SOURCE_DATE_EPOCH="86399"))
        self.assertEqual(document["creationInfo"]["created"], "1970-01-01T23:59:59Z")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("command", nargs="+")
    OPTIONS = parser.parse_args()
    output = OPTIONS.command.index("-o") + 1
    OPTIONS.sbom, OPTIONS.binaries = pathlib.Path(OPTIONS.command[output]), OPTIONS.command[output + 1:]
    unittest.main(argv=[sys.argv[0]])
