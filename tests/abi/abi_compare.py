# SPDX-License-Identifier: Apache-2.0
"""What of an interface may not change while the SONAME stays."""

import re

COUNT = re.compile(r"BERTH_\w+_COUNT")  # of an enumeration: grows with it


def breaks(old, new):
    """Everything that a program compiled against `old` could stumble over with `new`."""
    return [*enum_breaks(old["enums"], new["enums"]), *struct_breaks(old["structs"], new["structs"]),
            *(f"{name} is gone" for name in sorted(old["opaque"] - new["opaque"])),
            *value_breaks("callback", old["callbacks"], new["callbacks"]),
            *value_breaks("macro", old["macros"], new["macros"]),
            *function_breaks(old["functions"], new["functions"])]


def value_breaks(what, old, new):
    for name, value in sorted(old.items()):
        if name not in new:
            yield f"{what} {name} is gone"
        elif new[name] != value:
            yield f"{what} {name} was {value}, is {new[name]}"


def function_breaks(old, new):
    for name, (version, kind) in sorted(old.items()):
        if name not in new:
            yield f"function {name} is gone"
            continue
        if new[name][0] != version:
            yield f"function {name} had the version {version}, has {new[name][0]}"
        if new[name][1] != kind:
            yield f"function {name} was {kind}, is {new[name][1]}"


def enum_breaks(old, new):
    for name, enum in sorted(old.items()):
        if name not in new:
            yield f"enum {name} is gone"
            continue
        if new[name]["size"] != enum["size"]:
            yield f"enum {name} had {enum['size']} bytes, has {new[name]['size']}"
        for constant, (value, word) in enum["constants"].items():
            if constant not in new[name]["constants"]:
                yield f"{constant} of enum {name} is gone"
                continue
            now, now_word = new[name]["constants"][constant]
            if now < value or (now > value and not COUNT.fullmatch(constant)):
                yield f"{constant} of enum {name} was {value}, is {now}"
            if now_word != word:
                yield f'the word of {constant} was "{word}", is "{now_word}"'


def struct_breaks(old, new):
    for name, struct in sorted(old.items()):
        if name not in new:
            yield f"struct {name} is gone"
            continue
        now = new[name]
        if now["growth"] != struct["growth"]:
            yield f"struct {name} was {struct['growth']}, is {now['growth']}"
        if now["align"] != struct["align"]:
            yield f"struct {name} was aligned to {struct['align']}, is to {now['align']}"
        if now["size"] < struct["size"] or (now["size"] > struct["size"] and struct["growth"] == "fixed"):
            yield f"struct {name} ({struct['growth']}) had {struct['size']} bytes, has {now['size']}"
        yield from field_breaks(name, struct, now)


def field_breaks(name, struct, now):
    present = {field: (offset, size, kind) for offset, size, kind, field in now["fields"]}
    for offset, size, kind, field in struct["fields"]:
        if field not in present:
            yield f"field {field} of {name} is gone"
        elif present[field] != (offset, size, kind):
            was, now_is = f"{kind} at {offset}", f"{present[field][2]} at {present[field][0]}"
            yield f"field {field} of {name} was {was} ({size} bytes), is {now_is} ({present[field][1]} bytes)"
    known = {field for _, _, _, field in struct["fields"]}
    for offset, _, _, field in now["fields"]:
        if field in known:
            continue
        if struct["growth"] == "fixed":
            yield f"field {field} of {name} is new, and the struct is fixed"
        elif offset < struct["size"]:
            yield (f"field {field} of {name} is new, but begins at {offset}: older callers have other fields or "
                   f"padding below {struct['size']}")


def unsound(now):
    """What is wrong in itself, whatever was before."""
    sized = {name for name, struct in now["structs"].items() if struct["growth"] == "sized"}
    for name, struct in sorted(now["structs"].items()):
        for _, _, kind, field in struct["fields"]:
            if kind.split("[")[0] in sized:
                yield f"struct {name} contains {field}, which may grow: {kind}"
            if field == "struct_size" and name not in sized:
                yield f"struct {name}: struct_size does not come first, or is no uint32_t"
    versions = {version for version, _ in now["functions"].values()}
    expected = "BERTH_" + now["soname"].rsplit(".", 1)[-1]
    yield from (f"some functions have the version {v}; expected {expected}" for v in sorted(versions - {expected}))
