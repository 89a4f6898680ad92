# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: running it in a folder of its own, and the inventories they use."""

import os
import pathlib
import subprocess
import tempfile
import unittest

COMMAND = os.environ["BERTH_COMMAND"]
SOURCE = pathlib.Path(os.environ["BERTH_SOURCE_DIR"])
DATASETS = SOURCE / "datasets"

# esx01 has failed; db needs 8 GiB, of which esx02 has exactly that much left.
FAILOVER = """<inventory xmlns="urn:berth:1" name="east">
  <cluster id="prod">
    <host id="host-1" name="esx01" cpuMhz="10000" memoryMib="16384" state="failed"/>
    <host id="host-2" name="esx02" cpuMhz="10000" memoryMib="16384"/>
    <host id="host-3" name="esx03" cpuMhz="10000" memoryMib="16384"/>
    <vm id="vm-1" name="db" host="host-1" memoryMib="8192" memoryReservationMib="8192"/>
    <vm id="vm-2" name="web" host="host-2" memoryMib="8192" memoryReservationMib="8192"/>
  </cluster>
</inventory>
"""


class CommandCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write("east.xml", FAILOVER)

    def write(self, name, content):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def berth(self, *arguments, status=None, stdin=None, stdout=subprocess.PIPE, environment=None):
        """Runs the command in the test's folder; with `status`, expects it."""
        variables = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(environment or {})}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"):
            if name in os.environ:
                variables[name] = os.environ[name]
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=variables,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
        done.out = (done.stdout or b"").decode()
        done.err = done.stderr.decode()
        if status is not None:
            self.assertEqual(done.returncode, status, f"{arguments}\n{done.out}\n{done.err}")
        return done

    def complaint(self, *arguments, status, **more):
        """Standard error of a run that must fail with `status` and print nothing else."""
        done = self.berth(*arguments, status=status, **more)
        self.assertEqual(done.out, "")
        return done.err
