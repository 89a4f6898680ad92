# SPDX-License-Identifier: Apache-2.0
"""What if: an ordered list of changes to an inventory."""

import os
from typing import Any

from berth._call import Call, encode, make, number_of, optional_text
from berth._native import ffi, lib
from berth.inventory import Inventory
from berth.tables import EventType

_TYPES = tuple(EventType)
_TEXTS = ("host", "vm", "like", "id", "cluster", "chassis", "rack", "site", "attribute", "value", "storage")
_NUMBERS = ("at", "count", "cpu_mhz", "memory_mib", "after")


class Scenario:
    """Changes that are made to an inventory before it is planned for, in the order they were added.

    Hosts and VMs are named by id or name, and looked up only when the scenario is applied, so that later
    changes see earlier ones. Every method returns the scenario itself. It can be pickled.

    Parameters
    ----------
    name : str, optional

    Examples
    --------
    >>> import berth
    >>> inventory = berth.Inventory.read("datasets/fragmentation.xml")
    >>> berth.Scenario().fail("esx01").apply(inventory).hosts["esx01"].state.value
    'failed'
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.events: list[dict[str, Any]] = []

    def _add(self, event: EventType, **fields: Any) -> "Scenario":
        self.events.append({"event": event, **{key: value for key, value in fields.items() if value is not None}})
        return self

    def fail(self, host: str | None = None, *, chassis: str | None = None, rack: str | None = None,
             site: str | None = None, at: int | None = None) -> "Scenario":
        """A host fails, or all of a chassis, rack or site. `at`: second, on a timeline."""
        return self._add(EventType.FAIL, host=host, chassis=chassis, rack=rack, site=site, at=at)

    def maintenance(self, host: str, *, at: int | None = None) -> "Scenario":
        """A host is to be emptied."""
        return self._add(EventType.MAINTENANCE, host=host, at=at)

    def standby(self, host: str, *, at: int | None = None) -> "Scenario":
        """An empty host sleeps."""
        return self._add(EventType.STANDBY, host=host, at=at)

    def online(self, host: str, *, at: int | None = None) -> "Scenario":
        """A host serves."""
        return self._add(EventType.ONLINE, host=host, at=at)

    def add_host(self, like: str, count: int = 1) -> "Scenario":
        """Hosts are bought; they are called ``<like>+1``, ``<like>+2``, ..."""
        return self._add(EventType.ADD_HOST, like=like, count=count)

    def remove_host(self, host: str) -> "Scenario":
        """An empty host goes."""
        return self._add(EventType.REMOVE_HOST, host=host)

    def power_on(self, vm: str) -> "Scenario":
        """A VM waits to be placed."""
        return self._add(EventType.POWER_ON, vm=vm)

    def add_vm(self, like: str, count: int = 1) -> "Scenario":
        """VMs like another, in its rules and groups, wait to be placed."""
        return self._add(EventType.ADD_VM, like=like, count=count)

    def set(self, attribute: str, value: str | int, *, vm: str | None = None, host: str | None = None) -> "Scenario":
        """An attribute of a host or VM changes, named as in the XML dialect: ``memoryReservationMib``."""
        return self._add(EventType.SET, vm=vm, host=host, attribute=attribute, value=str(value))

    def drop_rule(self, id: str) -> "Scenario":
        """A rule no longer counts."""
        return self._add(EventType.DROP_RULE, id=id)

    def add_flavour(self, cpu_mhz: int, memory_mib: int, count: int = 1, *, cluster: str | None = None) -> "Scenario":
        """VMs of a size, in MHz and MiB reserved, wait to be placed; called ``flavour+1``, ..."""
        return self._add(EventType.ADD_FLAVOUR, cluster=cluster, cpu_mhz=cpu_mhz, memory_mib=memory_mib, count=count)

    def isolate(self, host: str, *, storage: str | None = None, at: int | None = None) -> "Scenario":
        """A host loses its network; `storage`: ``"reachable"`` or ``"lost"``. For timelines."""
        return self._add(EventType.ISOLATE, host=host, storage=storage, at=at)

    def recover(self, host: str, *, at: int | None = None) -> "Scenario":
        """A host comes back. For timelines."""
        return self._add(EventType.RECOVER, host=host, at=at)

    def ack(self, vm: str, after: int, *, at: int | None = None) -> "Scenario":
        """A guest acknowledges `after` so many seconds. For simulations."""
        return self._add(EventType.ACK, vm=vm, after=after, at=at)

    def reboot(self, vm: str, *, at: int | None = None) -> "Scenario":
        """A VM reboots. For timelines."""
        return self._add(EventType.REBOOT, vm=vm, at=at)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Scenario":
        """Reads a scenario document. Raises ReadError or InvalidError."""
        call = Call()
        handle = make(call, "berth_scenario", lib.berth_read_scenario, lib.berth_scenario_free, encode(path), ffi.NULL)
        return cls._of(handle)

    @classmethod
    def _of(cls, handle: Any) -> "Scenario":
        """From a scenario of the library."""
        made = cls(optional_text(lib.berth_scenario_name(handle)) or "")
        for index in range(lib.berth_scenario_count(handle)):
            row = lib.berth_scenario_event(handle, index)
            fields: dict[str, Any] = {name: optional_text(getattr(row, name)) for name in _TEXTS}
            fields.update({name: getattr(row, name) for name in _NUMBERS if getattr(row, name) != lib.BERTH_UNSET})
            made._add(_TYPES[row.type], **fields)
        return made

    def _made(self, call: Call) -> Any:
        """The library's object, owned by the caller."""
        handle = make(call, "berth_scenario", lib.berth_scenario_new, lib.berth_scenario_free)
        if self.name:
            call.check(lib.berth_scenario_set_name(call.context, handle, encode(self.name)))
        for event in self.events:
            row = ffi.new("berth_event *")
            lib.berth_event_init_value(row)
            row.type = number_of(EventType, event["event"])
            strings = {name: ffi.new("char[]", encode(event[name])) for name in _TEXTS if name in event}
            for name, value in strings.items():
                setattr(row, name, value)
            for name in _NUMBERS:
                if name in event:
                    setattr(row, name, event[name])
            call.check(lib.berth_scenario_add(call.context, handle, row))
        return handle

    def apply(self, inventory: Inventory) -> Inventory:
        """The inventory after all changes.

        Raises
        ------
        InvalidError
            An object that is not there, a host in standby with VMs, ...; `problems` has all of them.
        UnsupportedError
            A change that only timelines and simulations understand.
        """
        call = Call()
        handle = make(call, "const berth_inventory", lib.berth_scenario_apply, lib.berth_inventory_release,
                      inventory._handle, self._made(call))
        return Inventory(handle, call.problems())

    def __repr__(self) -> str:
        return f"<berth.Scenario {self.name!r}: {len(self.events)} events>"
