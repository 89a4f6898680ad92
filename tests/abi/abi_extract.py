# SPDX-License-Identifier: Apache-2.0
"""Reads a binary interface: declarations by pycparser from the preprocessed headers, numbers from a
program that the compiler builds from them, symbols and their versions from the library."""

import pathlib
import re
import subprocess
import tempfile

import abi_record
from pycparser import c_ast, c_generator, c_parser

# What the system's headers say in GNU C; none of it changes a layout of ours.
PLAIN_C = ["-D__attribute__(x)=", "-D__extension__=", "-D__restrict=", "-D__inline=", "-D__asm__(x)=",
           "-D__builtin_va_list=int", "-D_Float128=double"]
GENERATED = ("export.h",)  # holds nothing but attributes
VERSION_MACROS = re.compile(r"BERTH_VERSION\w*")  # tell releases apart, that is their purpose
# Put into every shared object by the linker.
FOREIGN = re.compile(r"_init|_fini|_edata|_end|__bss_start")


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: {done.stderr}")
    return done.stdout


def headers_of(roots):
    return sorted((path for root in roots for path in pathlib.Path(root).glob("berth/*.h")), key=lambda p: p.name)


def includes(headers):
    return "".join(f"#include <berth/{path.name}>\n" for path in headers)


def plain(text):
    return re.sub(r"\s+", " ", text).replace("_Bool", "bool").replace("* ", "*").strip()


class TypeText(c_generator.CGenerator):
    """Writes types without the names of parameters, which are nobody's business."""

    def visit_Decl(self, node, no_type=False):
        return plain(self._generate_type(node.type, emit_declname=False))

    def of(self, node):
        return plain(self._generate_type(node, emit_declname=False))


def declarations(headers, arguments):
    """The top-level nodes that our headers declare."""
    flags = [f"-I{root}" for root in arguments.roots]
    text = run([arguments.cc, "-E", "-std=c17", *PLAIN_C, *flags, "-x", "c", "-"], input=includes(headers))
    ours = {str(path.resolve()) for path in headers}
    for node in c_parser.CParser().parse(text, "headers").ext:
        if node.coord and str(pathlib.Path(node.coord.file).resolve()) in ours:
            yield node


def macro_names(text):
    names = re.findall(r"^#define (BERTH_[A-Z0-9_]+)[ \t]+[^\s\\]", text, flags=re.M)
    return [n for n in names if not n.endswith(("_H", "_INIT")) and not VERSION_MACROS.fullmatch(n)]


def table_words(text):
    """{constant: first string of its row} of every X-macro table."""
    words = {}
    for body in re.findall(r"^#define BERTH_\w+_TABLE\(X\)((?:.*\\\n)*.*\n)", text, flags=re.M):
        body = re.sub(r"/\*.*?\*/", "", body.replace("\\\n", "\n"), flags=re.S)
        words.update(re.findall(r'\bX\(\s*(\w+)\s*,[^"]*"([^"]*)"', body))
    return words


def add_node(interface, node, text):
    """Enters a declaration; numbers are filled in later."""
    if isinstance(node, c_ast.Typedef):
        kind = node.type.type if isinstance(node.type, c_ast.TypeDecl) else None
        if isinstance(kind, c_ast.Struct) and kind.decls is None:
            interface["opaque"].add(node.name)
        elif isinstance(kind, c_ast.Struct):
            fields = [(d.name, text.of(d.type), d.type) for d in kind.decls]
            interface["structs"][node.name] = {"fields": fields}
        elif isinstance(kind, c_ast.Enum):
            add_enum(interface, node.name, kind)
        else:
            interface["callbacks"][node.name] = text.of(node.type)
    elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
        interface["functions"][node.name] = (None, text.of(node.type))
    elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Enum):
        add_enum(interface, f"{node.type.values.enumerators[0].name}...", node.type)


def add_enum(interface, name, node):
    names = [e.name for e in node.values.enumerators]
    interface["enums"][name] = {"size": 4, "constants": dict.fromkeys(names)}


def probe_source(interface, headers, macros):
    """A program that prints every number: kind, name, values."""
    out = ["#include <stdalign.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n", includes(headers),
           '#define SHOW(m) _Generic((m), char *: print_text, default: print_number)(#m, m)\n'
           'static void print_text(const char *n, const char *v) { printf("macro %s \\"%s\\"\\n", n, v); }\n'
           'static void print_number(const char *n, long long v) { printf("macro %s %lld\\n", n, v); }\n'
           "int main(void) {\n"]
    for name, struct in interface["structs"].items():
        out.append(f'printf("struct {name} %zu %zu\\n", sizeof({name}), alignof({name}));\n')
        out += [f'printf("field {name} {field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));\n'
                for field, _, _ in struct["fields"]]
    for name, enum in interface["enums"].items():
        if not name.endswith("..."):
            out.append(f'printf("enum {name} %zu\\n", sizeof({name}));\n')
        out += [f'printf("constant {name} {constant} %lld\\n", (long long){constant});\n' for constant in enum["constants"]]
    for name in macros:
        out.append(f"print_text(\"{name}\", {name});\n" if name in macros.text else f"SHOW({name});\n")
    return "".join(out) + "return 0;\n}\n"


class Macros(list):
    """Names of macros; those in `text` are strings."""

    def __init__(self, texts):
        super().__init__(sorted({name for text in texts for name in macro_names(text)}))
        joined = "\n".join(texts)
        self.text = {n for n in self if re.search(rf'^#define {n}[ \t]+"', joined, flags=re.M)}


def probe(interface, headers, macros, arguments):
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "probe.c", pathlib.Path(folder) / "probe"
        source.write_text(probe_source(interface, headers, macros), encoding="utf-8")
        flags = [f"-I{root}" for root in arguments.roots]
        run([arguments.cc, "-std=c17", *flags, str(source), "-o", str(program)])
        return [line.split(" ", 2) for line in run([str(program)]).splitlines()]


def fill_numbers(interface, lines, words):
    """Puts what the program printed where it belongs."""
    places = {}
    for kind, name, rest in lines:
        if kind == "struct":
            interface["structs"][name]["size"], interface["structs"][name]["align"] = map(int, rest.split())
        elif kind == "field":
            field, offset, size = rest.split()
            places[name, field] = int(offset), int(size)
        elif kind == "enum":
            interface["enums"][name]["size"] = int(rest)
        elif kind == "constant":
            constant, value = rest.split()
            interface["enums"][name]["constants"][constant] = (int(value), words.get(constant))
        else:
            interface["macros"][name] = rest
    for name, struct in interface["structs"].items():
        struct["fields"] = [(*places[name, field], kind, field) for field, kind, _ in struct["fields"]]


def named(node):
    """(name of the type, is it reached through a pointer) at the end of a type."""
    pointer = False
    while isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl)):
        pointer |= isinstance(node, c_ast.PtrDecl)
        node = node.type
    kind = getattr(node, "type", None)
    return (kind.names[0] if isinstance(kind, c_ast.IdentifierType) else None), pointer


def fixed_by_use(nodes, structs):
    """Structs that lie in other structs or arrays, go by value, or come from the caller: whatever
    has no size of its own and is not merely looked at through a pointer that the library gave."""
    fixed = set()
    for struct in structs.values():
        fixed.update(named(kind)[0] for _, _, kind in struct["fields"])
    for node in nodes:
        function = node.type
        if isinstance(node, c_ast.Typedef):
            continue  # of a callback: what it is given is looked at
        if not isinstance(function, c_ast.FuncDecl):
            continue
        parameters = function.args.params if function.args else []
        fixed.update(named(p.type)[0] for p in parameters)
        counted = any(getattr(p, "name", "") == "count" for p in parameters)
        name, pointer = named(function.type)
        if counted or not pointer:
            fixed.add(name)
    return fixed


def set_growth(interface, fixed):
    for name, struct in interface["structs"].items():
        field, kind, _ = struct["fields"][0]
        if (field, kind) == ("struct_size", "uint32_t"):
            struct["growth"] = "sized"
        else:
            struct["growth"] = "fixed" if name in fixed else "handed out"


def read_symbols(interface, arguments):
    """Versions of the functions. @return complaints."""
    dynamic = run([arguments.readelf, "-dW", arguments.library])
    interface["soname"] = re.search(r"\(SONAME\).*\[(.*)\]", dynamic).group(1)
    complaints = []
    for line in run([arguments.nm, "-D", "--defined-only", arguments.library]).splitlines():
        kind, symbol = line.split()[-2:]
        name, _, version = symbol.partition("@@")
        if name in interface["functions"]:
            interface["functions"][name] = (version or "UNVERSIONED", interface["functions"][name][1])
        elif kind != "A" and not FOREIGN.fullmatch(name):
            complaints.append(f"the library exports {name}, which no header declares")
    missing = [name for name, (version, _) in interface["functions"].items() if version is None]
    for name in missing:
        complaints.append(f"the library does not export {name}; run: cmake -P cmake/export_map.cmake")
        del interface["functions"][name]
    return complaints


def read_headers(arguments):
    """The interface without what only the library tells."""
    headers = [path for path in headers_of(arguments.roots) if path.name not in GENERATED]
    texts = [path.read_text(encoding="utf-8") for path in headers]
    nodes, interface, text = list(declarations(headers, arguments)), abi_record.empty(), TypeText()
    for node in nodes:
        add_node(interface, node, text)
    interface["opaque"] -= set(interface["structs"])
    set_growth(interface, fixed_by_use(nodes, interface["structs"]))
    words = {name: word for one in texts for name, word in table_words(one).items()}
    fill_numbers(interface, probe(interface, headers, Macros(texts), arguments), words)
    return interface


def extract(arguments):
    """@return (interface, complaints)."""
    interface = read_headers(arguments)
    return interface, read_symbols(interface, arguments)
