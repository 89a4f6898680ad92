#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ABI test itself: a small library, changed in every way that callers notice or do not."""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

import abi_compare
import abi_extract
import abi_record

HEADER = """\
#ifndef BERTH_TOY_H
#define BERTH_TOY_H
#include <stdbool.h>
#include <stdint.h>
#include <berth/export.h>
#define BERTH_MOST UINT32_C(7)
#define BERTH_WORD "toy"
#define BERTH_COLOUR_TABLE(X) \\
  X(BERTH_RED, 0, "red")     /* as "fire" */ \\
  X(BERTH_BLUE, 1, "blue")
typedef enum berth_colour {
#define E(c, v, w) c = v,
  BERTH_COLOUR_TABLE(E)
#undef E
  BERTH_COLOUR_COUNT
} berth_colour;
typedef struct berth_toy berth_toy;
typedef struct berth_place { int64_t x, y; } berth_place;
typedef struct berth_wish { uint32_t struct_size; bool loud; const char *name; } berth_wish;
typedef struct berth_seen { berth_place at; bool here; } berth_seen;
typedef bool (*berth_watch)(void *user, const berth_seen *seen);
BERTH_EXPORT berth_toy *berth_make(const berth_wish *wish, berth_place place);
BERTH_EXPORT const berth_seen *berth_look(const berth_toy *toy);
#endif
"""
SOURCE = """
#include <stdlib.h>
#include <berth/toy.h>
BERTH_EXPORT int leaked(void);
berth_toy *berth_make(const berth_wish *wish, berth_place place) { (void)wish; (void)place; return NULL; }
const berth_seen *berth_look(const berth_toy *toy) { (void)toy; return NULL; }
"""
MAP = "BERTH_0 { global: berth_make; berth_look; leaked; local: *; };"
TOOLS = None


def write_header(root, header):
    (root / "berth").mkdir()
    export = '#define BERTH_EXPORT __attribute__((visibility("default")))\n'
    (root / "berth" / "export.h").write_text(export, encoding="utf-8")
    (root / "berth" / "toy.h").write_text(header, encoding="utf-8")
    return argparse.Namespace(cc=TOOLS.cc, nm=TOOLS.nm, readelf=TOOLS.readelf, library=str(root / "libtoy.so"),
                              roots=[root])


def interface_of(header, source=SOURCE, version_map=MAP):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        arguments = write_header(root, header)
        (root / "toy.c").write_text(source, encoding="utf-8")
        (root / "toy.map").write_text(version_map, encoding="utf-8")
        subprocess.run([TOOLS.cc, "-shared", "-fPIC", "-fvisibility=hidden", f"-I{root}", "-Wl,-soname,libtoy.so.0",
                        f"-Wl,--version-script={root}/toy.map", str(root / "toy.c"), "-o", arguments.library], check=True)
        return abi_extract.extract(arguments)


def headers_say(header):
    with tempfile.TemporaryDirectory() as folder:
        return abi_extract.read_headers(write_header(pathlib.Path(folder), header))


class Extraction(unittest.TestCase):
    def setUp(self):
        self.toy, self.complaints = interface_of(HEADER)

    def test_layouts_are_those_of_the_compiler(self):
        wish = self.toy["structs"]["berth_wish"]
        self.assertEqual(wish["fields"], [(0, 4, "uint32_t", "struct_size"), (4, 1, "bool", "loud"), (8, 8, "const char *", "name")])
        self.assertEqual((wish["size"], wish["align"]), (16, 8))

    def test_growth_follows_from_use(self):
        self.assertEqual({n: s["growth"] for n, s in self.toy["structs"].items()},
                         {"berth_wish": "sized", "berth_place": "fixed", "berth_seen": "handed out"})

    def test_everything_else(self):
        self.assertEqual(self.complaints, [])
        self.assertEqual(self.toy["soname"], "libtoy.so.0")
        self.assertEqual(self.toy["opaque"], {"berth_toy"})
        self.assertEqual(self.toy["enums"]["berth_colour"]["constants"],
                         {"BERTH_RED": (0, "red"), "BERTH_BLUE": (1, "blue"), "BERTH_COLOUR_COUNT": (2, None)})
        self.assertEqual(self.toy["macros"], {"BERTH_MOST": "7", "BERTH_WORD": '"toy"'})
        self.assertEqual(self.toy["functions"]["berth_look"], ("BERTH_0", "const berth_seen *(const berth_toy *)"))
        self.assertEqual(self.toy["callbacks"]["berth_watch"], "bool (*)(void *, const berth_seen *)")

    def test_the_record_is_read_as_it_was_written(self):
        self.assertEqual(abi_record.parse(abi_record.render(self.toy)), self.toy)

    def test_symbols_that_no_header_declares(self):
        _, complaints = interface_of(HEADER, SOURCE + "int leaked(void) { return 1; }\n")
        self.assertEqual(complaints, ["the library exports leaked, which no header declares"])

    def test_functions_that_the_map_lacks(self):
        _, complaints = interface_of(HEADER, version_map="BERTH_0 { global: berth_make; local: *; };")
        self.assertEqual(len(complaints), 1)
        self.assertIn("does not export berth_look; run:", complaints[0])

    def test_a_sized_struct_inside_another(self):
        toy, _ = interface_of(HEADER.replace("bool here;", "berth_wish here;"))
        self.assertEqual(list(abi_compare.unsound(toy)), ["struct berth_seen contains here, which may grow: berth_wish"])

    def test_a_version_that_does_not_go_with_the_soname(self):
        toy, _ = interface_of(HEADER, version_map=MAP.replace("BERTH_0", "BERTH_1"))
        self.assertEqual(list(abi_compare.unsound(toy)), ["some functions have the version BERTH_1; expected BERTH_0"])


# (what is replaced in the header, by what, the complaint or None)
CHANGES = {
    "a field appended to a sized struct": ("const char *name; }", "const char *name; int64_t more; }", None),
    "a field appended to one handed out": ("bool here; }", "bool here; int64_t more; }", None),
    "a word appended to a table": ('X(BERTH_BLUE, 1, "blue")', 'X(BERTH_BLUE, 1, "blue") X(BERTH_GREEN, 2, "green")', None),
    "a struct and a macro": ("#define BERTH_MOST", "typedef struct berth_n { int a; } berth_n;\n#define BERTH_LEAST 1\n#define BERTH_MOST", None),
    "the name of a parameter": ("(*berth_watch)(void *user", "(*berth_watch)(void *data", None),
    "a field appended to a fixed struct": ("x, y;", "x, y, z;", "field z of berth_place is new, and the struct is fixed"),
    "a field in the padding": ("bool loud; ", "bool loud, soft; ", "field soft of berth_wish is new, but begins at 5: "),
    "a field before others": ("bool loud; ", "int64_t more; bool loud; ", "field loud of berth_wish was bool at 4 (1 bytes), is bool at 16"),
    "a type": ("bool loud; ", "int32_t loud; ", "field loud of berth_wish was bool at 4 (1 bytes), is int32_t at 4 (4 bytes)"),
    "a field that went": ("bool here; ", "", "field here of berth_seen is gone"),
    "a renamed field": ("*name; }", "*title; }", "field name of berth_wish is gone"),
    "a number": ('1, "blue"', '3, "blue"', "BERTH_BLUE of enum berth_colour was 1, is 3"),
    "a word": ('"blue"', '"azure"', 'the word of BERTH_BLUE was "blue", is "azure"'),
    "a constant that went": ('  X(BERTH_BLUE, 1, "blue")', "", "BERTH_BLUE of enum berth_colour is gone"),
    "a macro": ("UINT32_C(7)", "UINT32_C(8)", "macro BERTH_MOST was 7, is 8"),
    "a parameter": ("(const berth_toy *toy)", "(const berth_toy *toy, int n)", "function berth_look was const berth_seen *(const berth_toy *), is"),
    "a callback": ("(*berth_watch)(void *user, ", "(*berth_watch)(", "callback berth_watch was bool (*)(void *, const berth_seen *), is"),
    "a struct without its size": ("uint32_t struct_size; bool", "uint32_t size; bool", "struct berth_wish was sized, is fixed"),
    "an opaque type that went": ("typedef struct berth_toy berth_toy;", "typedef void berth_toy;", "berth_toy is gone"),
}


class Changes(unittest.TestCase):
    def test_each(self):
        released = headers_say(HEADER)
        self.assertEqual(list(abi_compare.breaks(released, released)), [])
        for what, (old, new, expected) in CHANGES.items():
            with self.subTest(what):
                self.assertEqual(HEADER.count(old), 1)
                found = list(abi_compare.breaks(released, headers_say(HEADER.replace(old, new))))
                if expected is None:
                    self.assertEqual(found, [])
                else:
                    self.assertTrue(any(line.startswith(expected) for line in found), found)

    def test_a_function_that_went(self):
        released, _ = interface_of(HEADER)
        less = abi_record.parse(abi_record.render(released))
        del less["functions"]["berth_make"]
        self.assertEqual(list(abi_compare.breaks(released, less)), ["function berth_make is gone"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    TOOLS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
