# SPDX-License-Identifier: Apache-2.0
"""One question about many inventories. One that cannot be answered does not stop the rest."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Unpack

from berth.audit import audit
from berth.errors import BerthError, Problem
from berth.inventory import Inventory
from berth.plan import plan
from berth.scenario import Scenario
from berth.tables import Domain, Goal, Options, Severity

_OF_AUDIT = ("time_limit", "threads", "exact_limit")


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What came of one inventory.

    Attributes
    ----------
    index : int
        Its place among the inputs, from 0.
    file : str
    status : str
        Of a plan its `Outcome`, of an audit its worst `Verdict`; else the `Status` of the error.
    document : dict or None
        The plan (schema berth-plan/1) or the audit (berth-audit/1).
    error : str or None
        Why there is none.
    problems : tuple of Problem
        Errors and warnings of the reading.
    """

    index: int
    file: str
    status: str
    document: dict[str, Any] | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is asked of each inventory. It can be pickled; an answer depends on it and the inventory only, as far
    as no time limit ends a search.

    Attributes
    ----------
    ask : str
        ``"plan"`` or ``"audit"``.
    goal : Goal or str, optional
        Of a plan; by default what each inventory suggests.
    failures, domain
        Of an audit; see `audit`.
    scenario : Scenario, optional
        Made to happen in each inventory first.
    options : dict
        See `Options`. One thread for each inventory, unless `threads` says otherwise.
    """

    ask: str = "plan"
    goal: Goal | str | None = None
    failures: int = 1
    domain: Domain | str = Domain.HOST
    scenario: Scenario | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.ask not in ("plan", "audit"):
            raise ValueError(f"a question for {self.ask!r}; there is plan and audit")
        if self.ask == "audit" and set(self.options) - set(_OF_AUDIT):
            raise TypeError(f"an audit goes by {', '.join(_OF_AUDIT)}")

    def answer(self, index: int, path: str, document: bytes | None = None) -> BatchAnswer:
        """Asks about the inventory at `path`, or the one that `document` is."""
        problems: tuple[Problem, ...] = ()
        try:
            inventory = Inventory.read(path if document is None else document)
            problems = tuple(one for one in inventory.problems if one.severity != Severity.NOTE)
            status, found = self._ask(inventory)
            return BatchAnswer(index, path, status, found, None, problems)
        except BerthError as error:
            told = tuple(one for one in error.problems if one.severity != Severity.NOTE)
            return BatchAnswer(index, path, error.status.value, None, error.detail, told or problems)

    def _ask(self, inventory: Inventory) -> tuple[str, dict[str, Any]]:
        options = {"threads": 1, **self.options}
        if self.ask == "plan":
            made = plan(inventory, self.goal, self.scenario, **options)
            return made.status.value, made.to_dict()
        changed = inventory if self.scenario is None else self.scenario.apply(inventory)
        found = audit(changed, self.failures, self.domain, **options)
        return found.worst.value, found.to_dict()


def batch(paths: Iterable[str | os.PathLike[str]], ask: str = "plan", *, goal: Goal | str | None = None,
          failures: int = 1, domain: Domain | str = Domain.HOST, scenario: Scenario | None = None,
          jobs: int | None = None, **options: Unpack[Options]) -> Iterator[BatchAnswer]:
    """Answers one question about many inventories, in their order.

    The command `berth batch` does the same, keeps a journal, and can be resumed.

    Parameters
    ----------
    paths : iterable of path
        Files, or folders that are one inventory each.
    ask, goal, failures, domain, scenario
        See `Question`.
    jobs : int, optional
        Inventories at the same time, in threads of this process; by default one for each core.
    **options
        See `Options`; `time_limit` is that of each inventory.

    Yields
    ------
    BatchAnswer
    """
    question = Question(ask, goal, failures, domain, scenario, dict(options))
    return _answers(question, [os.fspath(path) for path in paths], jobs or os.cpu_count() or 1)


def _answers(question: Question, paths: list[str], jobs: int) -> Iterator[BatchAnswer]:
    """No more than a few answers wait to be taken."""
    asked = enumerate(paths)
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(question.answer, index, path) for index, path in islice(asked, 4 * jobs)]
        try:
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(question.answer, index, path) for index, path in islice(asked, 1)]
        finally:
            for future in waiting:
                future.cancel()
