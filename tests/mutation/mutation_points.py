# SPDX-License-Identifier: Apache-2.0
"""What may be changed in a C file: small edits, one a mutant, found in its syntax tree.

The operators are the usual ones (Offutt and others 1996; Papadakis and others 2019): relations, arithmetic, constants, logic,
conditions, return values, deleted statements, dropped bodies. Left alone: assertions, messages (every argument of a call that has a
string among its arguments), declarations, enumerators, preprocessor lines.
"""
from __future__ import annotations

import dataclasses
import hashlib

import tree_sitter
import tree_sitter_c

RELATIONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<"}
LOGIC = {"&&": "||", "||": "&&"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "|=": "&=", "&=": "|="}
LEFT_ALONE = {"assert", "static_assert", "_Static_assert"}


@dataclasses.dataclass(frozen=True)
class Point:
    """One edit: the bytes [start, end) of a file are replaced. Lines [first_line, line] are where a run of it shows."""
    file: str
    start: int
    end: int
    line: int
    column: int
    operator: str
    before: str
    after: str
    first_line: int
    last_line: int

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}:{self.column}:{self.operator}:{self.after.strip()[:40]}"

    def apply(self, source: bytes) -> bytes:
        lost = source[self.start:self.end].count(b"\n") - self.after.count("\n")
        return source[:self.start] + self.after.encode() + b"\n" * max(0, lost) + source[self.end:]


def text(node) -> str:
    return node.text.decode()


def called(node) -> str:
    function = node.child_by_field_name("function")
    return text(function) if function is not None else ""


def has_string(node) -> bool:
    arguments = node.child_by_field_name("arguments")
    return arguments is not None and any(c.type in ("string_literal", "concatenated_string") for c in arguments.children)


def is_least_or_most(node, condition) -> bool:
    """a < b ? a : b: where they are equal, either will do."""
    if node.type != "conditional_expression" or node.child_by_field_name("condition") != condition:
        return False
    branches = {text(node.child_by_field_name("consequence")), text(node.child_by_field_name("alternative"))}
    return branches == {text(condition.child_by_field_name("left")), text(condition.child_by_field_name("right"))}


class Finder:
    """Walks the tree of one file."""

    def __init__(self, file: str, source: bytes):
        self.file, self.source, self.points = file, source, []
        self.returns = ""
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
        for node in parser.parse(source).root_node.children:
            if node.type == "function_definition":
                self.function(node)

    def function(self, node) -> None:
        declarator = node.child_by_field_name("declarator")
        self.returns = "pointer" if declarator.type == "pointer_declarator" else text(node.child_by_field_name("type"))
        self.walk(node.child_by_field_name("body"), node)

    def add(self, node, operator: str, after: str, statement, whole=None) -> None:
        if text(node) == after:
            return
        row, column = node.start_point
        self.points.append(Point(self.file, node.start_byte, node.end_byte, row + 1, column + 1, operator, text(whole or node),
                                 after, min(statement.start_point[0], row) + 1, node.end_point[0] + 1))

    def walk(self, node, statement) -> None:
        kind = node.type
        if kind == "ERROR" or kind.startswith("preproc") or node.is_missing:
            return
        if kind.endswith("_statement") and kind != "compound_statement" or kind == "declaration":
            statement = node
        if kind == "call_expression" and called(node) in LEFT_ALONE:
            return
        visit = getattr(self, "at_" + kind, None)
        if visit is not None:
            visit(node, statement)
        if kind == "call_expression" and has_string(node):
            return
        if kind in ("array_declarator", "type_descriptor", "sizeof_expression", "enum_specifier"):
            return
        for child in node.children:
            self.walk(child, statement)

    # ---------------------------------------------------------------- expressions

    def at_binary_expression(self, node, statement) -> None:
        operator = node.child_by_field_name("operator")
        sign = text(operator)
        for table, name in ((RELATIONS, "relation"), (ARITHMETIC, "arithmetic"), (LOGIC, "logic")):
            if sign in table and not (name == "relation" and is_least_or_most(node.parent, node)):
                self.add(operator, name, table[sign], statement, node)

    def at_assignment_expression(self, node, statement) -> None:
        operator = node.child_by_field_name("operator")
        if text(operator) in ASSIGNMENTS:
            self.add(operator, "assignment", ASSIGNMENTS[text(operator)], statement, node)

    def at_update_expression(self, node, statement) -> None:
        operator = node.child_by_field_name("operator")
        self.add(operator, "update", "--" if text(operator) == "++" else "++", statement, node)

    def at_number_literal(self, node, statement) -> None:
        number = text(node)
        if number.isdigit():
            self.add(node, "constant", str(int(number) + 1), statement, node.parent)

    def at_conditional_expression(self, node, statement) -> None:
        condition = node.child_by_field_name("condition")
        least = condition.type == "binary_expression" and is_least_or_most(node, condition)
        self.add(condition, "swapped-min-max" if least else "condition", f"!({text(condition)})", statement, node)

    # ---------------------------------------------------------------- statements

    def negate(self, node, statement) -> None:
        condition = node.child_by_field_name("condition")
        if condition is None:
            return
        inner = condition.named_children[0] if condition.type == "parenthesized_expression" else condition
        if inner.type == "binary_expression" and text(inner.child_by_field_name("operator")) in ("==", "!="):
            return
        self.add(inner, "condition", f"!({text(inner)})", node)

    at_while_statement = at_do_statement = at_for_statement = negate

    def at_if_statement(self, node, statement) -> None:
        self.negate(node, statement)
        body = node.child_by_field_name("consequence")
        if body.type not in ("expression_statement", "continue_statement", "break_statement"):
            self.add(body, "dropped-body", ";" if body.type != "compound_statement" else "{}", node)

    def at_expression_statement(self, node, statement) -> None:
        inner = node.named_children[0] if node.named_children else None
        if inner is None or inner.type not in ("assignment_expression", "update_expression", "call_expression"):
            return
        if inner.type != "call_expression" or called(inner) not in LEFT_ALONE:
            self.add(node, "deleted", ";", statement)

    def at_continue_statement(self, node, statement) -> None:
        self.add(node, "deleted", ";", statement)

    at_break_statement = at_continue_statement

    def at_return_statement(self, node, statement) -> None:
        value = node.named_children[0] if node.named_children else None
        if value is None or self.returns == "void":
            return
        if self.returns == "bool":
            after = {"true": "false", "false": "true"}.get(text(value), f"!({text(value)})")
        elif self.returns == "pointer":
            after = "NULL"
        elif self.returns == "berth_status":
            after = "BERTH_OK"
        else:
            after = "0"
        if self.returns.endswith(("item", "event", "size", "window")) and after == "0":
            return
        self.add(value, "return", after, statement)


def points_of(file: str, source: bytes) -> list[Point]:
    return Finder(file, source).points


def sample(points: dict[str, list[Point]], count: int, seed: int) -> list[Point]:
    """`count` points, spread over the files in proportion to what they offer; the same for the same seed and sources."""
    total = sum(len(of_file) for of_file in points.values())

    def rank(point: Point) -> bytes:
        return hashlib.sha256(f"{seed} {point.name}".encode()).digest()

    chosen: list[Point] = []
    carried = 0.0
    for file in sorted(points):
        share = len(points[file]) * count / total + carried
        carried = share - round(share)
        chosen += sorted(points[file], key=rank)[:round(share)]
    return sorted(chosen, key=rank)
