#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what a build of berth is made of, as SPDX 2.3 in JSON: the sources with their digests, the
libraries that the linked files name, with the versions that this system has, and the compiler. The
same sources, libraries and compiler give the same bytes."""

import argparse
import calendar
import email.utils
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time

FOLDERS = ["model", "model/include/berth", "solver", "solver/include/berth", "io", "io/include/berth", "cli"]
BINDING = ["bindings/python", "bindings/python/src/berth"]
# What each project says of itself, by the beginning of the name that linked files have for it.
LICENCES = {"libglpk": "GPL-3.0-or-later", "libhighs": "MIT", "libxml2": "MIT", "libhwloc": "BSD-3-Clause",
            "libjansson": "MIT", "libz": "Zlib", "libc": "LGPL-2.1-or-later", "libm": "LGPL-2.1-or-later",
            "libgcc_s": "GPL-3.0-or-later WITH GCC-exception-3.1", "libstdc++": "GPL-3.0-or-later WITH GCC-exception-3.1",
            "python3": "Python-2.0", "python3-cffi-backend": "MIT"}


def run(*command):
    """What a program prints; nothing where there is no such program."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}).stdout
    except FileNotFoundError:
        return ""


def moment(source):
    """SOURCE_DATE_EPOCH, or the last entry of the changelog."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        entry = re.search(r"^ -- .*>  (.*)$", (source / "cmake/debian/changelog").read_text(encoding="utf-8"), flags=re.M)
        date = email.utils.parsedate_tz(entry.group(1))
        epoch = calendar.timegm(date[:6]) - date[9]
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(epoch)))


def files_of(source, folders):
    """Entries of all sources, in the order of their names; the first number is 1."""
    paths = sorted(path for folder in folders for path in (source / folder).iterdir()
                   if path.suffix in (".c", ".h", ".in", ".py", ".pyi", ".toml") and path.is_file())
    for path in paths:
        content = path.read_bytes()
        name = path.relative_to(source).as_posix()
        yield {
            "fileName": f"./{name}",
            "SPDXID": "SPDXRef-File-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
            "fileTypes": ["SOURCE"],
            "checksums": [{"algorithm": algorithm, "checksumValue": hashlib.new(algorithm.lower(), content).hexdigest()}
                          for algorithm in ("SHA1", "SHA256")],
            "licenseConcluded": "Apache-2.0",
            "licenseInfoInFiles": ["Apache-2.0"],
            "copyrightText": "NOASSERTION",
        }


def own_package(name, version, files, summary):
    digests = sorted(file["checksums"][0]["checksumValue"] for file in files)
    return {
        "name": name,
        "SPDXID": f"SPDXRef-Package-{name}",
        "versionInfo": version,
        "summary": summary,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": hashlib.sha1("".join(digests).encode()).hexdigest()},
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "licenseInfoFromFiles": ["Apache-2.0"],
        "copyrightText": "NOASSERTION",
    }


def distribution():
    try:
        words = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    except FileNotFoundError:
        return "unknown"
    return re.search(r'^ID="?([^"\n]*)', words, flags=re.M).group(1)


def owners(sonames, cc):
    """The Debian package that has each of these libraries, where there is one."""
    paths = {}
    for soname in sonames:
        path = run(cc, f"-print-file-name={soname}").strip()
        for candidate in (path, os.path.realpath(path)) if path.startswith("/") else ():
            paths[candidate] = paths[candidate.removeprefix("/usr")] = soname  # as dpkg knows it from before /usr was merged
    found = re.findall(r"^([^:, ]+)[^ ]*: (.*)$", run("dpkg-query", "-S", *paths), flags=re.M) if paths else []
    return {paths[path]: package for package, path in found if path in paths}


def foreign_package(name, version, licence, architecture=None):
    entry = {
        "name": name,
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }
    if version:
        entry["versionInfo"] = version
    if architecture:
        encoded = version.replace("+", "%2B").replace(":", "%3A")
        entry["supplier"] = f"Organization: {distribution().capitalize()}"
        entry["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                  "referenceLocator": f"pkg:deb/{distribution()}/{name}@{encoded}?arch={architecture}"}]
    return entry


def installed(package, licence):
    """Entry of a package that dpkg has, or None."""
    version, _, architecture = run("dpkg-query", "-W", "-f", "${Version} ${Architecture}", package).partition(" ")
    return foreign_package(package, version, licence, architecture) if architecture else None


def library(soname, package, known):
    """Entry of the library that linked files call @soname."""
    stem = soname.split(".so")[0]
    licence = LICENCES.get(stem, "NOASSERTION")
    return package and installed(package, licence) or foreign_package(soname, known.get(stem), licence)


def needed(readelf, binaries):
    names = {name for binary in binaries for name in re.findall(r"\(NEEDED\).*\[(.*)\]", run(readelf, "-dW", binary))}
    return sorted(name for name in names if not name.startswith("libberth."))


def relation(subject, kind, other):
    return {"spdxElementId": subject["SPDXID"], "relationshipType": kind, "relatedSpdxElement": other["SPDXID"]}


def describe(arguments):
    files = list(files_of(arguments.source, FOLDERS))
    berth = own_package("berth", arguments.version, files, "placement, proof and plans for virtualised clusters")
    packages, relations = [berth], [relation(berth, "CONTAINS", file) for file in files]
    known = dict(pair.split("=", 1) for pair in arguments.known)
    sonames = needed(arguments.readelf, arguments.binaries)
    packaged = owners(sonames, arguments.cc)
    for soname in sonames:
        entry = library(soname, packaged.get(soname), known)
        if entry["SPDXID"] not in {package["SPDXID"] for package in packages}:
            packages.append(entry)
            relations.append(relation(berth, "DYNAMIC_LINK", entry))
    compiler = foreign_package(*arguments.compiler, "NOASSERTION")
    packages.append(compiler)
    relations.append(relation(compiler, "BUILD_TOOL_OF", berth))
    if arguments.python:
        more = list(files_of(arguments.source, BINDING))
        binding = own_package("python3-berth", arguments.version, more, "the module berth for Python 3")
        relations += [relation(binding, "CONTAINS", file) for file in more] + [relation(binding, "DYNAMIC_LINK", berth)]
        foreign = [installed(name, LICENCES[name]) or foreign_package(name, None, LICENCES[name])
                   for name in ("python3", "python3-cffi-backend")]
        relations += [relation(binding, "DEPENDS_ON", entry) for entry in foreign]
        packages += [binding, *foreign]
        files += more
    return files, packages, relations


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--cc", default="cc", help="compiler that knows where libraries are")
    parser.add_argument("--compiler", nargs=2, metavar=("NAME", "VERSION"), required=True)
    parser.add_argument("--known", nargs="*", default=[], metavar="LIBRARY=VERSION", help="versions where there is no dpkg")
    parser.add_argument("--python", action="store_true", help="the Python binding, too")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("binaries", nargs="+")
    arguments = parser.parse_args()
    files, packages, relations = describe(arguments)
    name = f"berth-{arguments.version}"
    content = hashlib.sha256(json.dumps([files, packages, relations]).encode()).hexdigest()
    root = {"SPDXID": "SPDXRef-DOCUMENT"}
    described = [package for package in packages if package["filesAnalyzed"]]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        **root,
        "name": name,
        "documentNamespace": f"https://berth.invalid/spdx/{name}-{content}",
        "creationInfo": {"created": moment(arguments.source), "creators": [f"Tool: sbom_write.py-{arguments.version}"]},
        "packages": packages,
        "files": files,
        "relationships": [relation(root, "DESCRIBES", package) for package in described] + relations,
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
