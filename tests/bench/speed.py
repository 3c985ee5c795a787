"""Measure how fast monogen is and what memory it takes: ``make bench`` writes docs/performance.md.

Wall times are those of whole processes, from start to end, files written; the best of some runs, so that
what else the machine does counts least. PyYAML's C loader is measured in the same run, on the same file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from inventories import inventory
from page import machine, put, table

ROOT = Path(__file__).parent.parent.parent
MONOGEN = [sys.executable, "-m", "monogen"]
LOAD = "import sys, yaml; yaml.load(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader)"
SIZES = (10, 100, 1_000, 10_000, 100_000)
LARGE = 10_000
"""From this size on three runs are enough, and one above it."""


class Cost(NamedTuple):
    """Wall time in seconds and the most memory held, in bytes, of one process."""

    seconds: float
    peak: int


# As on people's machines: what was compiled once is kept (the first of several runs does it).
ENVIRONMENT = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: list[str]) -> Cost:
    """One run of a command that must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_maxrss * unit)


def best(commands: list[list[str]]) -> Cost:
    """The least of each over runs that do the same work."""
    costs = [run(command) for command in commands]
    return Cost(min(c.seconds for c in costs), min(c.peak for c in costs))


def build(file: Path, folder: Path, runs: int) -> Cost:
    """Building into a folder that is not there yet: everything is written."""
    outputs = [folder / f"{file.stem}-{i}" for i in range(runs)]
    return best([[*MONOGEN, "build", str(file), "--quiet", "-o", str(output)] for output in outputs])


def start_up(folder: Path) -> str:
    """The time of the shortest command and of the example fleet."""
    help_text = best([[*MONOGEN, "--help"]] * 20)
    example = build(ROOT / "hosts" / "fleet.yaml", folder, 10)
    rows = [
        ["`monogen --help`", f"{help_text.seconds:.3f} s", "0.15 s"],
        ["`monogen build hosts/fleet.yaml`", f"{example.seconds:.3f} s", "0.7 s"],
    ]
    return table(["command", "time", "limit"], rows)


def by_size(folder: Path, sizes: list[int]) -> str:
    """Time and memory of builds, beside the C loader on the same file in the same run."""
    rows = []
    for size in sizes:
        file = folder / f"hosts-{size}.yaml"
        file.write_text(inventory(size))
        runs = 10 if size < LARGE else 3 if size == LARGE else 1
        built = build(file, folder, runs)
        loaded = best([[sys.executable, "-c", LOAD, str(file)]] * runs)
        rows.append(
            [
                f"{size:,}",
                f"{file.stat().st_size / 2**20:.2f} MiB",
                f"{built.seconds:.2f} s",
                f"{built.seconds / size * 1000:.2f} ms",
                f"{loaded.seconds:.2f} s",
                f"{built.seconds / loaded.seconds:.2f}",
                f"{built.peak / 10**6:.0f} MB",
            ]
        )
    head = ["hosts", "inventory", "build", "a host", "PyYAML's C loader", "ratio", "memory"]
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest fleet to build")
    sizes = [size for size in SIZES if size <= parser.parse_args().most]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = [start_up(folder), by_size(folder, sizes)]
    put("speed", "\n\n".join([machine(), *tables]))


if __name__ == "__main__":
    main()
