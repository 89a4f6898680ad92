# SPDX-License-Identifier: Apache-2.0
"""Writes `src/berth/tables.py` out of the built extension and the headers.

Words, values, defaults and fields have one home, the tables of the library. This copy exists so that
type checkers and editors see them; a test compares it with the library that is installed.

    python3 write_tables.py > src/berth/tables.py
"""

import re
import sys
from typing import Any, Iterator

import public_headers
from berth._native import ffi, lib

# Python's name, the enumeration, the function that has its words, what it is.
ENUMERATIONS = (
    ("Status", "berth_status", "berth_status_name", "How a call ended."),
    ("Severity", "berth_severity", "", "How grave a problem is."),
    ("HostState", "berth_host_state", "berth_host_state_word", "State of a host."),
    ("Wake", "berth_wake", "berth_wake_word", "How a host in standby can be woken."),
    ("Power", "berth_power", "berth_power_word", "Power state of a VM."),
    ("Priority", "berth_priority", "berth_priority_word", "Restart priority of a VM, highest first."),
    ("Domain", "berth_domain", "berth_domain_word", "What a rule ranges over, or what fails as one."),
    ("RuleType", "berth_rule_type", "berth_rule_type_word", "Kind of a rule."),
    ("Strength", "berth_strength", "berth_strength_word", "Strength of a placement rule."),
    ("Numa", "berth_numa", "berth_numa_word", "NUMA demand of a VM."),
    ("Era", "berth_era", "berth_era_word", "Generation of the modelled high availability."),
    ("Isolation", "berth_isolation", "berth_isolation_word", "What an isolated host does with its VMs."),
    ("ReadyWhen", "berth_ready_when", "berth_ready_when_word", "When a restarted VM counts as ready."),
    ("Admission", "berth_admission", "berth_admission_word", "Policy of admission control."),
    ("Automation", "berth_automation", "berth_drs_automation_word", "Automation of DRS or DPM."),
    ("Goal", "berth_goal", "berth_goal_word", "What a plan is for."),
    ("LevelName", "berth_level", "berth_level_name", "A level of a goal's ladder."),
    ("Outcome", "berth_outcome", "berth_outcome_word", "What a search found."),
    ("StepType", "berth_step_type", "berth_step_type_word", "Kind of a step."),
    ("How", "berth_how", "berth_how_word", "How a VM gets to where it ends."),
    ("Reason", "berth_reason", "berth_reason_word", "Why a host cannot take a VM."),
    ("Met", "berth_met", "berth_met_word", "In which case a deadline is met."),
    ("Fault", "berth_fault_kind", "berth_fault_word", "What can be wrong with a plan."),
    ("EventType", "berth_event_type", "berth_event_type_word", "Kind of an event of a scenario."),
    ("Draw", "berth_draw", "berth_draw_word", "How guests acknowledge in a simulation."),
    ("Breach", "berth_breach_kind", "berth_breach_word", "What a moment of a simulation can break."),
    ("Verdict", "berth_audit_verdict", "berth_audit_verdict_word", "What failures come to; worse ones last."),
    ("Dialect", "berth_dialect", "berth_dialect_word", "Form of an inventory's source."),
    ("PowerFate", "berth_power_fate", "berth_power_fate_word", "What becomes of a host under power management."),
    ("StorageProtection", "berth_storage_protection", "", "What component protection does where storage is lost."),
    ("Preference", "berth_preference", "", "Which host comes first among those that are equally good."),
)
# No word of theirs has a function: the constant's own.
LEFT_OUT = {"berth_priority": {"BERTH_PRIORITY_UNSET"}}
SPECS = (
    ("ClusterSpec", "berth_cluster_spec", "Fields of a cluster."),
    ("HostSpec", "berth_host_spec", "Fields of a host."),
    ("VmSpec", "berth_vm_spec", "Fields of a VM."),
    ("RuleSpec", "berth_rule_spec", "Fields of a rule."),
)
NOT_SPECIFIED = {"struct_size", "id", "position"}
PARAMETERS = {"berth_rule_spec": {"type", "vms"}}  # given apart from the other fields
LISTS = {"dedicated_hosts", "vms", "hosts", "after"}  # of ids
PYTHON_TYPES = {"char *": "str", "int64_t": "int", "uint32_t": "int", "_Bool": "bool"}
UNITS = {"BERTH_UNIT_COUNT": "int", "BERTH_UNIT_MILLISECONDS": "float | str", "BERTH_UNIT_SECONDS": "int | str",
         "BERTH_UNIT_BOOLEAN": "bool", "BERTH_UNIT_WORD": "str"}


def text(pointer: Any) -> str:
    """A C string."""
    return str(ffi.string(pointer).decode())


def words(enumeration: str, function: str) -> Iterator[tuple[str, str]]:
    """Name and word of each value, in their order."""
    members = {value: name for value, name in ffi.typeof(enumeration).elements.items()
               if not name.endswith("_COUNT") and name not in LEFT_OUT.get(enumeration, ())}
    names = [members[value] for value in sorted(members)]
    assert sorted(members) == list(range(len(members))), enumeration
    shared = len(re.match(r"(.*?_)[^_]*$", names[0] if len(names) == 1 else common(names)).group(1))  # type: ignore
    for value, name in enumerate(names):
        word = text(getattr(lib, function)(value)) if function else name[shared:].lower().replace("_", "-")
        key = re.sub(r"\W", "_", word).upper()
        yield key, word


def common(names: list[str]) -> str:
    """What all begin with, cut behind an underscore."""
    first, last = min(names), max(names)
    length = next((i for i, letter in enumerate(first) if i >= len(last) or letter != last[i]), len(first))
    return first[:first[:length].rfind("_") + 1]


def comments() -> dict[tuple[str, str], str]:
    """What the headers say of the fields of structures."""
    found = {}
    for path in public_headers.header_files(public_headers.find_library()):
        source = path.read_text(encoding="utf-8")
        for structure, body in re.findall(r"typedef struct (berth_\w+) \{(.*?)\n\} \1;", source, re.DOTALL):
            for fields, comment in re.findall(r"^ +[\w ]+?\**((?:\w+)(?:, \*?\w+)*);\s*/\*\*<(.*?)\*/", body,
                                              re.DOTALL | re.MULTILINE):
                for field in re.findall(r"\w+", fields):
                    found[structure, field] = re.sub(
                        r"BERTH_UNSET|NULL", "None", " ".join(comment.split())).replace("::BERTH_ERA_AAM", "era aam")
    return found


def default(structure: str, field: str) -> str:
    """What a field is unless it is given."""
    value = ffi.new(f"{structure} *")
    getattr(lib, f"{structure}_init_value")(value)
    kind, given = dict(ffi.typeof(structure).fields)[field].type, getattr(value, field)
    if kind.kind == "pointer" or given == lib.BERTH_UNSET:
        return "none by default"
    if kind.kind == "enum":
        function = next(word for _, name, word, _ in ENUMERATIONS if name == kind.cname.removeprefix("enum "))
        return "the cluster's by default" if kind.elements[given].endswith("_UNSET") else \
            f"default {text(getattr(lib, function)(given))}"
    return f"default {given}"


def write_enumerations() -> None:
    """A StrEnum each: members are the words of documents, in the order of their numbers."""
    for name, enumeration, function, what in ENUMERATIONS:
        if enumeration not in ffi.list_types()[0]:
            continue
        print(f'\n\nclass {name}(StrEnum):\n    """{what}"""\n')
        for key, word in words(enumeration, function):
            print(f'    {key} = "{word}"')


def write_specs() -> None:
    """A TypedDict for the fields of each structure that a builder takes."""
    said = comments()
    enumerations = {c: python for python, c, _, _ in ENUMERATIONS}
    for name, structure, what in SPECS:
        print(f'\n\nclass {name}(TypedDict, total=False):\n    """{what}"""\n')
        for field, about in ffi.typeof(structure).fields:
            if field in NOT_SPECIFIED or field in PARAMETERS.get(structure, ()):
                continue
            c_type = about.type.cname.replace("const ", "").removeprefix("enum ")
            told = [said.get((structure, field), ""), default(structure, field)]
            print_wrapped("    #: ", "; ".join(part for part in told if part))
            kind = "str | Iterable[str]" if field in LISTS else PYTHON_TYPES.get(c_type)
            print(f"    {field}: {kind or enumerations[c_type] + ' | str'}")


def write_options() -> None:
    """The options of solving, as keyword arguments and as a table to read."""
    rows = [(value, lib.berth_option_describe(value)) for value in range(lib.BERTH_OPTION_COUNT)]
    units = ffi.typeof("berth_unit").elements
    print('\n\nclass Options(TypedDict, total=False):\n'
          '    """Options of solving, as keyword arguments. Numbers of a duration are seconds."""\n')
    for _, row in rows:
        print_wrapped("    #: ", f"{text(row.help)} ({text(row.metavar)})")
        print(f"    {text(row.name).replace('-', '_')}: {UNITS[units[row.unit]]}")
    print("\n\nOPTION_NUMBERS = {")
    for value, row in rows:
        print(f"    \"{text(row.name).replace('-', '_')}\": {value},")
    print("}")


def print_wrapped(start: str, sentence: str) -> None:
    """A comment."""
    line = start
    for word in sentence.split():
        if len(line) + len(word) > 100:
            print(line.rstrip())
            line = start
        line += word + " "
    print(line.rstrip())


def main() -> None:
    """The whole file."""
    print('# SPDX-License-Identifier: Apache-2.0\n"""Words, fields and options of libberth, for people, editors and '
          'type checkers.\n\nMade by write_tables.py out of the library\'s own tables; not to be edited.\n"""\n\n'
          'from collections.abc import Iterable\nfrom enum import StrEnum\nfrom typing import TypedDict')
    write_enumerations()
    write_specs()
    write_options()


if __name__ == "__main__":
    sys.exit(main())
