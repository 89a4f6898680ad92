# SPDX-License-Identifier: Apache-2.0
"""What can go wrong: one exception for each status code of libberth.

Each is a `BerthError`, and of the kind of Python's own exceptions that fits it, so that
``except LookupError`` does what it says.
"""

from dataclasses import dataclass

from berth.tables import Severity, Status


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about an input.

    Attributes
    ----------
    severity : Severity
        Errors refuse the input; warnings and notes do not.
    text : str
        What is wrong, and what was expected.
    source : str or None
        File name, ``"-"`` for standard input.
    line, column : int
        From 1; 0 = unknown. Columns count bytes.
    code : str or None
        Stable word of its kind, of findings that have one.
    """

    severity: Severity
    text: str
    source: str | None = None
    line: int = 0
    column: int = 0
    code: str | None = None

    def __str__(self) -> str:
        place = ":".join([self.source or ""] + [str(at) for at in (self.line, self.column) if at])
        return f"{place}: {self.text}" if place else self.text


class BerthError(Exception):
    """A call of libberth failed.

    Attributes
    ----------
    status : Status
        The code.
    detail : str
        One line: file, line and column as far as known, what is wrong, what was expected.
    problems : tuple of Problem
        All that was found about the input, errors and warnings alike; empty where nothing was read.
    """

    status: Status
    detail: str
    problems: tuple[Problem, ...]

    def __init__(self, status: Status, detail: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(detail or status.value)
        self.status = status
        self.detail = detail
        self.problems = problems

    def __reduce__(self) -> tuple[type["BerthError"], tuple[Status, str, tuple[Problem, ...]]]:
        return type(self), (self.status, self.detail, self.problems)


class NoMemoryError(BerthError, MemoryError):
    """An allocation failed."""


class ArgumentError(BerthError, ValueError):
    """A parameter is outside its documented range."""


class InvalidError(BerthError, ValueError):
    """The input breaks the rules of its format or of the model; `problems` has all of them."""


class NotFoundError(BerthError, LookupError):
    """No object has this id or name."""


class AmbiguousError(BerthError, LookupError):
    """A name fits several objects; use an id."""


class TooLargeError(BerthError, OverflowError):
    """A number is beyond what berth computes with."""


class LimitError(BerthError, ValueError):
    """An input is larger than the limits."""


class ReadError(BerthError, OSError):
    """An input cannot be opened or read."""


class OpenOutputError(BerthError, OSError):
    """An output cannot be created."""


class WriteError(BerthError, OSError):
    """An output cannot be written completely."""


class CancelledError(BerthError):
    """The progress callback asked to stop, and there is no result to give."""


class UnsupportedError(BerthError, NotImplementedError):
    """berth knows this but does not do it."""


class InternalError(BerthError, RuntimeError):
    """berth contradicts itself; please report it."""


OF_STATUS: dict[Status, type[BerthError]] = {
    Status.OUT_OF_MEMORY: NoMemoryError,
    Status.ARGUMENT: ArgumentError,
    Status.INVALID: InvalidError,
    Status.NOT_FOUND: NotFoundError,
    Status.AMBIGUOUS: AmbiguousError,
    Status.OVERFLOW: TooLargeError,
    Status.LIMIT: LimitError,
    Status.READ: ReadError,
    Status.OPEN_OUTPUT: OpenOutputError,
    Status.WRITE: WriteError,
    Status.CANCELLED: CancelledError,
    Status.UNSUPPORTED: UnsupportedError,
    Status.INTERNAL: InternalError,
}
