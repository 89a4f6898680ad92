# SPDX-License-Identifier: Apache-2.0
"""The copy of the library's tables is true, every status has its exception, and every module its types."""

import subprocess
import sys
from pathlib import Path

import berth
from berth.errors import OF_STATUS

FOLDER = Path(__file__).resolve().parents[1]


def test_tables_are_those_of_the_library():
    done = subprocess.run([sys.executable, "-B", FOLDER / "write_tables.py"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (FOLDER / "src" / "berth" / "tables.py").read_text(encoding="utf-8"), \
        "the library's tables have changed: python3 write_tables.py > src/berth/tables.py"


def test_every_status_has_an_exception():
    assert set(OF_STATUS) == set(berth.Status) - {berth.Status.OK}
    assert all(issubclass(kind, berth.BerthError) for kind in OF_STATUS.values())
    assert len(set(OF_STATUS.values())) == len(OF_STATUS)


def test_everything_public_has_a_docstring():
    for name in berth.__all__:
        thing = getattr(berth, name)
        if callable(thing) and name != "ProgressCallback":
            assert thing.__doc__, name
            if isinstance(thing, type):
                for member, value in vars(thing).items():
                    if callable(value) and not member.startswith("_"):
                        assert value.__doc__, f"{name}.{member}"
