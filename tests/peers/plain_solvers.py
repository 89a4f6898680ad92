#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The solvers that the plain model is handed to: GLPK and CBC as commands (MPS), HiGHS and CP-SAT as Python modules.

solve(program, objective, start, seconds, threads) minimises one level. `start` is a solution in hand or None; all but
glpsol take it. All objectives are integers, so each may stop when less than 1 is between solution and bound. The time
is that of the solver (a command reads its file in it), not that of building the model."""

import importlib.util
import math
import os
import re
import shutil
import tempfile
import time
from array import array
from dataclasses import dataclass

import peer_run

GRACE = 15  # seconds past its limit after which a command is ended


@dataclass
class Outcome:
    """Seconds taken, the best solution as a list of 0 and 1 (or None), the bound without the constant (or None)."""

    seconds: float
    solution: list = None
    bound: int = None


def rounded(bound):
    """A bound of an integer objective, rounded up with some room for floating point."""
    return None if bound is None or not math.isfinite(bound) else math.ceil(bound - 1e-4)


# ------------------------------------------------------------------------------------- commands


def mps_entry(name, row, amount):
    return f"    {name:<8}  {row:<8}  {amount:>12}\n"


def write_mps(program, objective, path):
    """Fixed MPS: fields begin in columns 2, 5, 15 and 25. CBC misreads the free form."""
    entries = [[] for _ in range(program.count)]
    for column, coefficient in zip(objective.columns, objective.coefficients):
        entries[column].append(mps_entry(f"C{column}", "COST", coefficient))
    for number, (linear, _, _) in enumerate(program.rows):
        for column, coefficient in zip(linear.columns, linear.coefficients):
            entries[column].append(mps_entry(f"C{column}", f"R{number}", coefficient))
    with open(path, "w", encoding="ascii") as out:
        out.write("NAME          PLAIN\nROWS\n N  COST\n")
        for number, (_, low, high) in enumerate(program.rows):
            out.write(f" {'E' if low == high else 'G' if high is None else 'L'}  R{number}\n")
        out.write("COLUMNS\n    M1        'MARKER'                 'INTORG'\n")
        for column, lines in enumerate(entries):
            out.writelines(lines or [mps_entry(f"C{column}", "COST", 0)])
        out.write("    M2        'MARKER'                 'INTEND'\nRHS\n")
        for number, (_, low, high) in enumerate(program.rows):
            out.write(mps_entry("RHS", f"R{number}", low if high is None else high))
        out.write("BOUNDS\n")
        out.writelines(f" UP BND       C{column:<7}  {1:>12}\n" for column in range(program.count))
        out.write("ENDATA\n")


def solve_glpk(program, objective, _start, seconds, _threads):
    with tempfile.TemporaryDirectory() as folder:
        model, found = os.path.join(folder, "plain.mps"), os.path.join(folder, "found")
        write_mps(program, objective, model)
        run = peer_run.run_limited(["glpsol", "--mps", model, "--tmlim", max(1, math.ceil(seconds)), "--cuts",
                                    "--write", found], seconds + GRACE)
        outcome = Outcome(run.seconds)
        if not os.path.exists(found):
            return outcome
        with open(found, encoding="ascii") as source:
            lines = [line.split() for line in source]
    status = next(fields for fields in lines if fields[0] == "s")
    if status[4] in ("o", "f"):
        outcome.solution = [int(fields[2]) for fields in lines if fields[0] == "j"]
        outcome.bound = int(status[5]) if status[4] == "o" else glpk_bound(run.out)
    return outcome


def glpk_bound(text):
    """The last global bound in the log of the tree search."""
    bounds = re.findall(r"mip =\s+\S+\s+>=\s+(\S+)", text)
    return rounded(float(bounds[-1])) if bounds and bounds[-1] != "-inf" else None


def solve_cbc(program, objective, start, seconds, threads):
    with tempfile.TemporaryDirectory() as folder:
        model, found = os.path.join(folder, "plain.mps"), os.path.join(folder, "found")
        first = os.path.join(folder, "first")
        write_mps(program, objective, model)
        command = ["cbc", model, "-timeMode", "elapsed", "-sec", f"{seconds:.1f}", "-threads",
                   threads if threads > 1 else 0, "-ratioGap", 0, "-allowableGap", 0.99]
        if start is not None:
            with open(first, "w", encoding="ascii") as out:
                out.write("Stopped on iterations - objective value 0\n")
                out.writelines(f"{column} C{column} {value} 0\n" for column, value in enumerate(start) if value)
            command += ["-mipstart", first]
        run = peer_run.run_limited([*command, "-solve", "-solu", found], seconds + GRACE)
        outcome = Outcome(run.seconds)
        text = open(found, encoding="ascii").read() if os.path.exists(found) else ""
    head, _, body = text.partition("\n")
    if head.startswith("Optimal") or (head.startswith("Stopped") and "no integer solution" not in run.out.lower()):
        solution = [0] * program.count
        for line in body.splitlines():
            fields = line.replace("**", " ").split()
            solution[int(fields[1][1:])] = round(float(fields[2]))
        outcome.solution = solution
        if head.startswith("Optimal"):
            outcome.bound = objective.value(solution) - objective.constant
    if outcome.bound is None:
        bounds = re.findall(r"^Lower bound:\s+(\S+)", run.out, re.MULTILINE)
        outcome.bound = rounded(float(bounds[-1])) if bounds else None
    return outcome


# -------------------------------------------------------------------------------------- modules


def highs_model(program, objective):
    import highspy
    import numpy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = program.count, len(program.rows)
    cost = numpy.zeros(program.count)
    numpy.add.at(cost, numpy.array(objective.columns, numpy.int32), numpy.array(objective.coefficients, numpy.int64))
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = numpy.zeros(program.count), numpy.ones(program.count)
    model.row_lower_ = numpy.array([-highspy.kHighsInf if low is None else low for _, low, _ in program.rows], float)
    model.row_upper_ = numpy.array([highspy.kHighsInf if high is None else high for _, _, high in program.rows], float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lengths = [0] + [len(linear.columns) for linear, _, _ in program.rows]
    model.a_matrix_.start_ = numpy.cumsum(lengths)
    columns, coefficients = array("i"), array("q")
    for linear, _, _ in program.rows:
        columns.extend(linear.columns)
        coefficients.extend(linear.coefficients)
    model.a_matrix_.index_ = numpy.array(columns, numpy.int32)
    model.a_matrix_.value_ = numpy.array(coefficients, float)
    model.integrality_ = [highspy.HighsVarType.kInteger] * program.count
    return model


def solve_highs(program, objective, start, seconds, threads):
    import highspy

    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("time_limit", float(seconds)), ("threads", threads),
                          ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.99)):
        solver.setOptionValue(option, value)
    solver.passModel(highs_model(program, objective))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = [float(value) for value in start]
        solver.setSolution(solution)
    begin = time.monotonic()
    solver.run()
    outcome = Outcome(time.monotonic() - begin)
    info = solver.getInfo()
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        outcome.solution = [round(value) for value in solver.getSolution().col_value]
    outcome.bound = rounded(info.mip_dual_bound)
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal and outcome.solution is not None:
        outcome.bound = objective.value(outcome.solution) - objective.constant
    return outcome


def solve_cp_sat(program, objective, start, seconds, threads):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    columns = [model.new_bool_var("") for _ in range(program.count)]
    for linear, low, high in program.rows:
        if low == high == 1 and all(coefficient == 1 for coefficient in linear.coefficients):
            model.add_exactly_one(columns[column] for column in linear.columns)
            continue
        form = cp_model.LinearExpr.weighted_sum([columns[column] for column in linear.columns],
                                                list(linear.coefficients))
        model.add_linear_constraint(form, cp_model.INT_MIN if low is None else low,
                                    cp_model.INT_MAX if high is None else high)
    model.minimize(cp_model.LinearExpr.weighted_sum([columns[column] for column in objective.columns],
                                                    list(objective.coefficients)))
    for column, value in enumerate(start or ()):
        model.add_hint(columns[column], bool(value))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = threads
    begin = time.monotonic()
    status = solver.solve(model)
    outcome = Outcome(time.monotonic() - begin)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        outcome.solution = [solver.value(column) for column in columns]
        outcome.bound = rounded(solver.best_objective_bound)
    return outcome


SOLVERS = {"glpk": solve_glpk, "cbc": solve_cbc, "highs": solve_highs, "cp-sat": solve_cp_sat}
COMMANDS = {"glpk": "glpsol", "cbc": "cbc"}
MODULES = {"highs": "highspy", "cp-sat": "ortools"}


def missing(name):
    """Why a solver cannot be used here, or None."""
    if name in COMMANDS and not shutil.which(COMMANDS[name]):
        return f"command {COMMANDS[name]} is not installed"
    if name in MODULES and not importlib.util.find_spec(MODULES[name]):
        return f"Python module {MODULES[name]} is not installed"
    return None
