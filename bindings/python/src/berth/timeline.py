# SPDX-License-Identifier: Apache-2.0
"""What high availability does, second by second, when hosts fail, are isolated and come back."""

import json
from typing import Any

from berth._call import Call, ProgressCallback, make, number_of, options_of, written
from berth._native import ffi, lib
from berth.inventory import Inventory
from berth.scenario import Scenario
from berth.tables import OPTION_NUMBERS, StorageProtection


class Timeline:
    """What happened, when, and for how long each VM was down. Made by `timeline`."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    @property
    def end(self) -> int:
        """The second of the last event, or the one that was asked for."""
        return int(lib.berth_timeline_end(self._handle))

    @property
    def down(self) -> int:
        """VMs that are down at the end, but for those that nobody restarts."""
        return int(lib.berth_timeline_down(self._handle))

    def to_dict(self) -> dict[str, Any]:
        """The document of `berth simulate --format json`, schema berth-timeline/1, parsed: events, outages, figures."""
        document: dict[str, Any] = json.loads(written(self._write))
        return document

    def _write(self, path: bytes) -> None:
        call = Call()
        call.check(lib.berth_write_timeline(call.context, self._handle, lib.BERTH_FORMAT_JSON, ffi.NULL, path))


def timeline(inventory: Inventory, scenario: Scenario, *, until: int | None = None, approve: int | None = None,
             storage_protection: StorageProtection | str = StorageProtection.OFF,
             progress: ProgressCallback | None = None, time_limit: float | str | None = None,
             threads: int | None = None) -> Timeline:
    """Lets a scenario happen to clusters with high availability.

    Parameters
    ----------
    inventory : Inventory
    scenario : Scenario
        Its events happen at their `at`, in seconds; fail, isolate, recover and reboot without one at second 0.
    until : int, optional
        Stop at this second; by default when all has happened.
    approve : int, optional
        A person agrees so many seconds after being asked; by default nobody does.
    storage_protection : str
        What component protection does on a host whose storage is lost: ``"off"``, ``"apd"``, ``"pdl"``.
    progress : callable, optional
        See `ProgressCallback`.
    time_limit, threads
        See `Options`; the time limit, in seconds, is that of each single placement.

    Raises
    ------
    InvalidError, NotFoundError, AmbiguousError, UnsupportedError
        An event that does not fit.
    """
    call = Call(progress)
    request = ffi.new("berth_timeline_request *")
    lib.berth_timeline_request_init_value(request)
    stored = options_of(call, OPTION_NUMBERS, {"time_limit": time_limit, "threads": threads})
    events = scenario._made(call)
    request.scenario, request.options = events, stored
    request.storage_protection = number_of(StorageProtection, storage_protection)
    if until is not None:
        request.until = until
    if approve is not None:
        request.approve = approve
    return Timeline(make(call, "berth_timeline", lib.berth_timeline_run, lib.berth_timeline_free, inventory._handle,
                         request))
