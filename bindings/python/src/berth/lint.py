# SPDX-License-Identifier: Apache-2.0
"""What is valid in an inventory and yet probably not meant."""

from berth._call import Call
from berth._native import ffi, lib
from berth.errors import Problem
from berth.inventory import Inventory


def lint(inventory: Inventory, most: int = 10) -> tuple[Problem, ...]:
    """Looks for all that `berth check` warns of, but what reading tells: that is in `inventory.problems`.

    Parameters
    ----------
    inventory : Inventory
    most : int
        Findings told of each kind, then how many more; 0 = all.

    Returns
    -------
    tuple of Problem
        Each with its `code`, a word that stays the same.
    """
    call = Call()
    request = ffi.new("berth_lint_request *")
    lib.berth_lint_request_init_value(request)
    request.most = most
    call.check(lib.berth_lint(call.context, inventory._handle, request))
    call.check(lib.berth_lint_admission(call.context, inventory._handle, request))
    return call.problems()
