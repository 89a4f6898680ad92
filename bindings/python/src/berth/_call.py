# SPDX-License-Identifier: Apache-2.0
"""One call of the library: its context, its progress callback, its error.

A context is a small allocation and belongs to one thread at a time, so each call makes its own; that is
what lets any number of Python threads use the same inventory.

While C computes, no Python runs, and so no signal handler does. The library calls its progress
callback every 20 ms or so, on the thread that called it; there Python looks at pending signals, and
Ctrl-C becomes a KeyboardInterrupt that ends the call.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, TypeVar

from berth._native import ffi, lib
from berth.errors import OF_STATUS, BerthError, Problem
from berth.tables import OPTION_NUMBERS, Severity, Status

Word = TypeVar("Word", bound=StrEnum)
_STATUSES = tuple(Status)
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long call is.

    Attributes
    ----------
    phase : str
        ``"read"``, ``"solve"``, ``"audit"``, ...
    done, total : int
        Units finished, and in all; `total` is 0 where nobody knows.
    seconds : float
        Since the call began.
    """

    phase: str
    done: int
    total: int
    seconds: float


#: Called every 20 ms or so. Returning False ends the call with its best result so far; what it raises
#: ends the call too, and comes out of it.
ProgressCallback = Callable[[Progress], bool | None]


class _Watch:
    """What the callback needs, and what went wrong in it."""

    def __init__(self, progress: ProgressCallback | None) -> None:
        self.progress = progress
        self.error: BaseException | None = None


def _on_error(kind: type[BaseException], error: BaseException, traceback: TracebackType) -> bool:
    """Whatever is raised in the callback, a KeyboardInterrupt at its first instruction too."""
    watch = ffi.from_handle(traceback.tb_frame.f_locals["user"])
    if watch.error is None:
        watch.error = error
    return False


@ffi.def_extern(name="berth_python_progress", error=False, onerror=_on_error)  # type: ignore[untyped-decorator]
def _progress(user: Any, progress: Any) -> bool:
    watch: _Watch = ffi.from_handle(user)
    if watch.progress is None:
        return watch.error is None
    told = Progress(text(progress.phase), progress.done, progress.total, progress.seconds)
    return watch.progress(told) is not False and watch.error is None


def text(pointer: Any) -> str:
    """A C string, as text; names that are not UTF-8 survive a round trip."""
    return str(ffi.string(pointer).decode("utf-8", "surrogateescape"))


def optional_text(pointer: Any) -> str | None:
    """The same, or None for NULL."""
    return None if pointer == ffi.NULL else text(pointer)


def encode(value: str | os.PathLike[str]) -> bytes:
    """The inverse of `text`; for file names too."""
    data = os.fspath(value).encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError("a text with a null character")
    return data


def number_of(kind: type[Word], word: str) -> int:
    """Number of a word in the library's enumeration.

    Raises
    ------
    ValueError
        Another word; the message lists those there are.
    """
    try:
        return tuple(kind).index(kind(word))
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise ValueError(f"{word!r} is no {kind.__name__}; expected one of: {known}") from None


class Call:
    """A context for one call, or for one object that is used by one thread.

    Parameters
    ----------
    progress : callable, optional
        See `ProgressCallback`.
    """

    def __init__(self, progress: ProgressCallback | None = None) -> None:
        out = ffi.new("berth_context **")
        status = lib.berth_context_new(ffi.NULL, out)
        if status != lib.BERTH_OK:
            raise OF_STATUS[_STATUSES[status]](_STATUSES[status], "no context")
        self.context = ffi.gc(out[0], lib.berth_context_free)
        self._watch = _Watch(progress)
        self._handle = ffi.new_handle(self._watch)
        lib.berth_context_set_progress(self.context, lib.berth_python_progress, self._handle)

    def check(self, status: int) -> None:
        """Raises what the callback raised, or what the status says; nothing if all is well."""
        error = self._watch.error
        if error is not None:
            self._watch.error = None
            raise error
        if status != lib.BERTH_OK:
            raise self.error(status)

    def error(self, status: int) -> BerthError:
        """The exception for a status other than ok."""
        known = _STATUSES[status]
        detail = text(lib.berth_context_detail(self.context)) or text(lib.berth_status_text(status))
        return OF_STATUS.get(known, BerthError)(known, detail, self.problems())

    def problems(self) -> tuple[Problem, ...]:
        """What the last reading, freezing, checking or scenario found."""
        found = []
        for index in range(lib.berth_context_problem_count(self.context)):
            row = lib.berth_context_problem(self.context, index)
            found.append(Problem(_SEVERITIES[row.severity], text(row.text), optional_text(row.position.source),
                                 row.position.line, row.position.column, optional_text(row.code)))
        return tuple(found)


def make(call: Call, kind: str, function: Any, release: Any, *arguments: Any) -> Any:
    """Calls a function whose last parameter gives an object, and owns that object.

    The object is freed also where the call was cancelled with a result.
    """
    out = ffi.new(f"{kind} **")
    status = function(call.context, *arguments, out)
    made = ffi.gc(out[0], release) if out[0] != ffi.NULL else None
    call.check(status)
    return made


def options_of(call: Call, allowed: Iterable[str], given: dict[str, Any]) -> Any:
    """Storage of the options, with those given set.

    Raises
    ------
    TypeError
        An option that the function does not go by.
    ArgumentError
        A value outside its bounds.
    """
    known = set(allowed)
    options = ffi.new("berth_options *")
    lib.berth_options_init(options)
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"{name!r} is no option of this call; it goes by: {', '.join(sorted(known))}")
        if value is not None:
            set_option(call, options, name, value)
    return options


def set_option(call: Call, options: Any, name: str, value: Any) -> None:
    """A number is one of the option's unit, seconds of a duration; text is read as the command does."""
    number = OPTION_NUMBERS[name]
    unit = lib.berth_option_describe(number).unit
    if isinstance(value, str):
        call.check(lib.berth_options_parse(call.context, options, number, encode(value)))
        return
    if unit == lib.BERTH_UNIT_WORD:
        raise TypeError(f"{name} is a word, not {value!r}")
    exact = value * 1000 if unit == lib.BERTH_UNIT_MILLISECONDS else value
    whole = round(exact)
    if unit != lib.BERTH_UNIT_MILLISECONDS and whole != exact:
        raise TypeError(f"{name} is a whole number, not {value!r}")
    if not -(2**63) <= whole < 2**63:
        raise TypeError(f"{name} is {value!r}, which no option holds")
    call.check(lib.berth_options_set(call.context, options, number, max(whole, 1) if 0 < exact < 1 else whole))


# Documents go through pipes rather than files: nothing is left behind, and nothing is synced to disk.


def written(write: Callable[[bytes], None]) -> bytes:
    """What `write` writes to the path that it is given."""
    read_end, write_end = os.pipe()
    chunks: list[bytes] = []

    def drain() -> None:
        with open(read_end, "rb", closefd=True) as source:
            chunks.append(source.read())

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    try:
        write(b"/proc/self/fd/%d" % write_end)
    finally:
        os.close(write_end)
        reader.join()
    return b"".join(chunks)


@contextmanager
def readable(data: bytes) -> Iterator[bytes]:
    """A path from which `data` can be read once."""
    read_end, write_end = os.pipe()

    def fill() -> None:
        try:
            with open(write_end, "wb", closefd=True) as target:
                target.write(data)
        except BrokenPipeError:  # the reader has seen enough
            pass

    writer = threading.Thread(target=fill, daemon=True)
    writer.start()
    try:
        yield b"/proc/self/fd/%d" % read_end
    finally:
        os.close(read_end)
        writer.join()
