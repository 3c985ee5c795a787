"""Measure how fast `monogen lint` is: 10,000 rules beside promtool, a large board; for docs/performance.md.

    python tests/bench/lint.py

promtool is bookworm's, fetched by `.ci/get-prometheus`. Wall times of whole processes, the best of some runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine import found
from page import machine, put, table
from rules import rule_file
from speed import MONOGEN, ROOT, best

RULES = (1_000, 10_000)
RUNS = 5
BOARD_BYTES = 500_000
INVENTORY = ["--inventory", str(ROOT / "hosts" / "fleet.yaml")]


def large_board(size: int) -> str:
    """A board of at least so many bytes: the example's Host board with its panels many times."""
    board: dict[str, Any] = json.loads((ROOT / "out" / "dashboards" / "homelab-host.json").read_text("utf-8"))
    panels = [panel for panel in board["panels"] if panel.get("targets")]
    board["panels"] = []
    while len(json.dumps(board, indent=2)) < size:
        for panel in panels:
            board["panels"].append({**panel, "id": len(board["panels"]) + 1})
    return json.dumps(board, indent=2)


def of_rules(folder: Path) -> list[list[str]]:
    """Rule files of some sizes, beside promtool on the same file in the same run."""
    promtool = found("promtool", "prometheus-2", "prometheus-3")
    rows = []
    for count in RULES:
        file = folder / f"rules-{count}.yaml"
        file.write_text(rule_file(count), encoding="utf-8")
        linted = best([[*MONOGEN, "lint", "--exit-zero", str(file), *INVENTORY]] * RUNS)
        cells = [f"{count:,} rules, {file.stat().st_size / 10**6:.1f} MB", f"{linted.seconds:.2f} s"]
        checked = best([[str(promtool[0]), "check", "rules", str(file)]] * RUNS) if promtool else None
        cells += (
            [f"{checked.seconds:.2f} s", f"{linted.seconds / checked.seconds:.1f}"] if checked else ["", ""]
        )
        rows.append([*cells, f"{linted.peak / 10**6:.0f} MB"])
    return rows


def of_board(folder: Path) -> list[str]:
    """A board of half a megabyte."""
    file = folder / "board.json"
    file.write_text(large_board(BOARD_BYTES), encoding="utf-8")
    linted = best([[*MONOGEN, "lint", "--exit-zero", str(file), *INVENTORY]] * RUNS)
    size = f"a board of {file.stat().st_size / 1000:.0f} kB"
    return [size, f"{linted.seconds:.2f} s", "", "", f"{linted.peak / 10**6:.0f} MB"]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        rows = [*of_rules(Path(name)), of_board(Path(name))]
    head = ["linted", "monogen lint", "promtool check rules", "ratio", "memory of a process"]
    put("lint", f"{machine()}\n\n{table(head, rows)}")


if __name__ == "__main__":
    sys.exit(main())
