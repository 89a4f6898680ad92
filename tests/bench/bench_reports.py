#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Size of the pages of generated clusters, how long writing them takes beside the same run without a page, and how long a
headless browser takes to lay them out, beside an empty page. Prints a Markdown table. Fails if a page reaches 5 MB or is not
well-formed."""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from xml.etree import ElementTree

CLUSTERS = [(30, 500), (1000, 20000), (10000, 200000)]
COMMANDS = {
    "plan": ["plan"],
    "audit": ["audit"],
    "capacity": ["capacity", "--flavour=cpu=1000,memory=8192", "--migrations=0", "--keep-failures=1", "--time-limit=10"],
    "power": ["power", "--time-limit=10"],
}
MOST = 5_000_000


def seconds_of(arguments, statuses):
    began = time.monotonic()
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if done.returncode not in statuses:
        sys.exit(f"{arguments} ended with {done.returncode}")
    return time.monotonic() - began


def opening(browser, folder, page):
    """Seconds from the start of the browser to the finished page."""
    return seconds_of([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom", "--window-size=1280,900",
                       f"--user-data-dir={folder / 'profile'}", page.resolve().as_uri()], {0})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("berth", help="the command")
    parser.add_argument("--browser", default=shutil.which("chromium"))
    parser.add_argument("--keep", type=pathlib.Path, help="keep the pages in this folder")
    arguments = parser.parse_args()
    print("| hosts | VMs | page | bytes | run, s | with the page, s | opens in, s |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        empty = folder / "empty.html"
        empty.write_text("<!DOCTYPE html><title>empty</title>")
        for hosts, vms in CLUSTERS:
            inventory = folder / "inventory.xml"
            subprocess.run([arguments.berth, "generate", f"--hosts={hosts}", f"--vms={vms}", f"--failed={max(1, hosts // 100)}",
                            f"--standby={hosts // 50}", "--load-percent=70", "-o", inventory], check=True)
            for word, command in COMMANDS.items():
                page = (arguments.keep or folder) / f"{word}-{hosts}.html"
                run = [arguments.berth, *command, inventory, "-o", "/dev/null"]
                alone, beside = seconds_of(run, {0, 1, 2}), seconds_of([*run, f"--report={page}"], {0, 1, 2})
                ElementTree.parse(page)
                size = page.stat().st_size
                shown = "-"
                if arguments.browser:
                    shown = f"{max(0, opening(arguments.browser, folder, page) - opening(arguments.browser, folder, empty)):.1f}"
                print(f"| {hosts:,} | {vms:,} | {word} | {size:,} | {alone:.2f} | {beside:.2f} | {shown} |", flush=True)
                if size >= MOST:
                    sys.exit(f"{page} has {size} bytes")


if __name__ == "__main__":
    main()
