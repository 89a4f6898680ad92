# SPDX-License-Identifier: Apache-2.0
"""The text form of a binary interface, for people and for comparing.

An interface is a dict:
  soname     "libberth.so.0"
  enums      {name: {"size": bytes, "constants": {name: (value, word or None)}}}
  structs    {name: {"size", "align", "growth", "fields": [(offset, size, type, name)]}}
  opaque     {name}
  callbacks  {name: type}
  functions  {name: (version, type)}
  macros     {name: value}"""

import re

HEAD = """\
# The binary interface of libberth: what a program that was compiled against the headers relies on.
# Written by tests/abi/abi.py from headers and library; docs/manual/packages.md says what may change.
"""
GROWTH = ("sized", "handed out", "fixed")


def render(interface):
    out = [HEAD, f"soname {interface['soname']}"]
    for name, enum in sorted(interface["enums"].items()):
        out.append(f"\nenum {name}: {enum['size']} bytes")
        constants = sorted(enum["constants"].items(), key=lambda item: (item[1][0], item[0]))
        out += [f"  {constant} = {value}" + (f' "{word}"' if word is not None else "")
                for constant, (value, word) in constants]
    for name, struct in sorted(interface["structs"].items()):
        out.append(f"\nstruct {name}: {struct['size']} bytes, aligned to {struct['align']}, {struct['growth']}")
        out += [f"  {offset:4} +{size:<4} {kind}  {field}" for offset, size, kind, field in struct["fields"]]
    out.append("")
    out += [f"opaque {name}" for name in sorted(interface["opaque"])] + [""]
    out += [f"callback {name}: {kind}" for name, kind in sorted(interface["callbacks"].items())] + [""]
    out += [f"macro {name} = {value}" for name, value in sorted(interface["macros"].items())] + [""]
    out += [f"function {name}@{version}: {kind}" for name, (version, kind) in sorted(interface["functions"].items())]
    return "\n".join(out) + "\n"


def empty():
    return {"soname": "", "enums": {}, "structs": {}, "opaque": set(), "callbacks": {}, "functions": {}, "macros": {}}


def parse(text):
    """Inverse of render()."""
    interface, inside = empty(), None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("  ") and "constants" in inside:
            constant, value, word = re.fullmatch(r'  (\w+) = (-?\d+)(?: "(.*)")?', line).groups()
            inside["constants"][constant] = (int(value), word)
        elif line.startswith("  "):
            offset, size, kind, field = re.fullmatch(r"\s+(\d+) \+(\d+)\s+(.*)  (\w+)", line).groups()
            inside["fields"].append((int(offset), int(size), kind, field))
        elif line.startswith("enum "):
            name, size = re.fullmatch(r"enum (.+): (\d+) bytes", line).groups()
            inside = interface["enums"][name] = {"size": int(size), "constants": {}}
        elif line.startswith("struct "):
            name, size, align, growth = re.fullmatch(r"struct (\w+): (\d+) bytes, aligned to (\d+), (.+)", line).groups()
            inside = interface["structs"][name] = {"size": int(size), "align": int(align), "growth": growth, "fields": []}
        else:
            parse_line(interface, line)
    return interface


def parse_line(interface, line):
    what, rest = line.split(" ", 1)
    if what == "soname":
        interface["soname"] = rest
    elif what == "opaque":
        interface["opaque"].add(rest)
    elif what == "callback":
        name, kind = rest.split(": ", 1)
        interface["callbacks"][name] = kind
    elif what == "macro":
        name, value = rest.split(" = ", 1)
        interface["macros"][name] = value
    elif what == "function":
        name, version, kind = re.fullmatch(r"(\w+)@(\w+): (.*)", rest).groups()
        interface["functions"][name] = (version, kind)
    else:
        raise ValueError(f"not a line of a record: {line}")


def by_growth(interface):
    return {growth: sorted(name for name, struct in interface["structs"].items() if struct["growth"] == growth)
            for growth in GROWTH}


def names_in(row):
    return re.findall(r"`(berth_\w+)`", row.split("|")[3])


def summary(interface):
    return (f"{len(interface['functions'])} functions, {len(interface['structs'])} structs, "
            f"{len(interface['enums'])} enumerations, {len(interface['macros'])} macros")
