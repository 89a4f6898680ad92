# SPDX-License-Identifier: Apache-2.0
"""The examples of docstrings and of the manual say what is true."""

import doctest
import importlib

import pytest

import berth
from conftest import SOURCE


@pytest.fixture(autouse=True)
def in_the_sources(monkeypatch):
    monkeypatch.chdir(SOURCE)


# `berth.plan` is the function; its module is found by name.
@pytest.mark.parametrize("name", ["inventory", "plan", "scenario", "session"])
def test_docstrings(name, fragmentation):
    module = importlib.import_module(f"berth.{name}")
    found = doctest.testmod(module, globs={"berth": berth, "inventory": fragmentation})
    assert found.attempted > 0 and found.failed == 0


def test_the_manual():
    path = SOURCE / "docs" / "manual" / "python.md"
    found = doctest.testfile(str(path), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 10 and found.failed == 0
