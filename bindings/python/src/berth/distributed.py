# SPDX-License-Identifier: Apache-2.0
"""The same questions on many machines: a batch, or one large audit, on a Dask cluster.

    from berth import distributed

    audit = distributed.audit(inventory, failures=2, client=client)
    for answer in distributed.batch(paths, client=client):
        ...

Everything between machines is Dask's: who computes what, what is done again when a worker is lost, what
is sent where. Without a client a `LocalCluster` is started for the call, a process for each core.
Workers need this package and libberth, of the same version.
"""

import gzip
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Unpack

from berth._call import Progress, ProgressCallback
from berth.audit import Audit, merge
from berth.audit import audit as local_audit
from berth.batch import BatchAnswer, Question
from berth.errors import CancelledError
from berth.inventory import Inventory
from berth.scenario import Scenario
from berth.tables import Dialect, Domain, Goal, Options, Status

if TYPE_CHECKING:
    from distributed import Client

_PARTS_OF_WORKER = 4  # so that none is long without work at the end
_FILES_OF_TASK = 32
_RETRIES = 3


@contextmanager
def _cluster(client: "Client | None") -> Iterator["Client"]:
    """The client that is given, or one for a cluster of this machine that ends with the call."""
    if client is not None:
        yield client
        return
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster) as own:
            yield own


def _threads(client: "Client") -> int:
    """How much runs at the same time; at least 1, since workers may still come."""
    return max(1, sum(int(count) for count in client.nthreads().values()))


class _Course:
    """Tells the caller how far it is, and stops if that is wanted."""

    def __init__(self, phase: str, total: int, progress: ProgressCallback | None) -> None:
        self._phase, self._total, self._progress = phase, total, progress
        self._done, self._began = 0, time.monotonic()

    def go_on(self, done: int) -> None:
        """So many more are done."""
        self._done += done
        told = Progress(self._phase, self._done, self._total, time.monotonic() - self._began)
        if self._progress is not None and self._progress(told) is False:
            raise CancelledError(Status.CANCELLED, "the progress callback asked to stop")


# ------------------------------------------------------------------------ audit


def _inventory(document: bytes) -> Inventory:
    """On a worker. Another one has it from there; if all that had it are lost, it is made again."""
    return Inventory.read(gzip.decompress(document), dialect=Dialect.NATIVE)


def _part(inventory: Inventory, failures: int, domain: Domain | str, part: tuple[int, int],
          options: dict[str, Any]) -> Audit:
    """On a worker."""
    return local_audit(inventory, failures, domain, part=part, **options)


def audit(inventory: Inventory, failures: int = 1, domain: Domain | str = Domain.HOST, *,
          client: "Client | None" = None, parts: int | None = None, progress: ProgressCallback | None = None,
          time_limit: float | str | None = None, threads: int = 1, exact_limit: int | None = None) -> Audit:
    """What `berth.audit` does, its failure sets shared among workers. The result is the same.

    Parameters
    ----------
    inventory, failures, domain
        See `berth.audit`.
    client : distributed.Client, optional
        Of any cluster; by default one of this machine, for the call.
    parts : int, optional
        Shares of the failure sets; by default 4 for each thread of the cluster.
    progress : callable, optional
        Called when a part is done; `done` and `total` are parts. If it returns False, `CancelledError` is
        raised.
    time_limit : float or str, optional
        Of each part, in seconds; 60 by default. What was not reached is undecided.
    threads : int
        Of each part.
    exact_limit : int, optional
        See `Options`.

    Notes
    -----
    When a worker is lost, its parts are done by others. A part whose workers were lost more often than Dask's
    configuration allows (``distributed.scheduler.allowed-failures``, 3) raises ``distributed.KilledWorker``.
    """
    from distributed import as_completed
    options = {"time_limit": time_limit, "threads": threads, "exact_limit": exact_limit}
    with _cluster(client) as cluster:
        count = parts or _PARTS_OF_WORKER * _threads(cluster)
        course = _Course("audit", count, progress)
        document = gzip.compress(inventory.to_xml(), 6)
        shared = cluster.submit(_inventory, document, pure=False, retries=_RETRIES)
        futures = [cluster.submit(_part, shared, failures, domain, (index, count), options, pure=False,
                                  retries=_RETRIES) for index in range(count)]
        try:
            found: dict[Any, Audit] = {}
            for future, part in as_completed(futures, with_results=True):
                found[future.key] = part
                course.go_on(1)
            return merge([found[future.key] for future in futures])
        finally:
            cluster.cancel([shared, *futures])


# ------------------------------------------------------------------------ batch


def _answer(question: Question, items: list[tuple[int, str, bytes | None]]) -> list[BatchAnswer]:
    """On a worker."""
    return [question.answer(*item) for item in items]


def _lost(items: list[tuple[int, str, bytes | None]], error: BaseException) -> list[BatchAnswer]:
    """Workers died of them, or something was raised that the library knows nothing of."""
    return [BatchAnswer(index, path, type(error).__name__, None, str(error)) for index, path, _ in items]


def _items(paths: list[str], ship: bool) -> list[tuple[int, str, bytes | None]]:
    def content(path: str) -> bytes | None:
        try:
            with open(path, "rb") as source:
                return source.read()
        except OSError:
            return None  # the worker tells why
    return [(index, path, content(path) if ship else None) for index, path in enumerate(paths)]


def batch(paths: Iterable[str | os.PathLike[str]], ask: str = "plan", *, client: "Client | None" = None,
          goal: Goal | str | None = None, failures: int = 1, domain: Domain | str = Domain.HOST,
          scenario: Scenario | None = None, ship: bool = False, progress: ProgressCallback | None = None,
          **options: Unpack[Options]) -> list[BatchAnswer]:
    """What `berth.batch` does, on the workers of a cluster. The answers are the same, in the order of the inputs.

    Parameters
    ----------
    paths, ask, goal, failures, domain, scenario, **options
        See `berth.batch`.
    client : distributed.Client, optional
        Of any cluster; by default one of this machine, for the call.
    ship : bool
        Files are read here and sent. Otherwise workers read them under the same paths.
    progress : callable, optional
        Called when some are done; `done` and `total` are inventories. If it returns False, `CancelledError` is raised.

    Notes
    -----
    When a worker is lost, others do what it had. If that happens again and again with the same inventories, those
    have the status ``"KilledWorker"``, and the rest goes on.
    """
    question = Question(ask, goal, failures, domain, scenario, dict(options))
    names = [os.fspath(path) if ship else os.path.abspath(path) for path in paths]
    with _cluster(client) as cluster:
        course = _Course("batch", len(names), progress)
        share = max(1, min(_FILES_OF_TASK, len(names) // (_PARTS_OF_WORKER * _threads(cluster))))
        items = _items(names, ship)
        tasks = [items[at:at + share] for at in range(0, len(items), share)]
        return _run(cluster, question, tasks, course)


def _run(cluster: "Client", question: Question, tasks: list[list[tuple[int, str, bytes | None]]],
         course: _Course) -> list[BatchAnswer]:
    """Tasks that killed their workers are tried once more, an inventory at a time."""
    from distributed import as_completed
    futures = {cluster.submit(_answer, question, items, pure=False, retries=_RETRIES): items for items in tasks}
    answers: list[BatchAnswer] = []
    alone: list[list[tuple[int, str, bytes | None]]] = []
    try:
        for future in as_completed(futures):
            items, error = futures[future], future.exception()
            if error is not None and len(items) > 1:
                alone += [[item] for item in items]
                continue
            answers += future.result() if error is None else _lost(items, error)
            course.go_on(len(items))
    finally:
        cluster.cancel(list(futures))
    if alone:
        answers += _run(cluster, question, alone, course)
    return sorted(answers, key=lambda answer: answer.index)
