"""Measure the abstract reading of `monogen lint` against real servers, on as many pairs as you like.

    python tests/truth/measure.py --pairs 50000 [--seed 1] [--json numbers.json] [--show 40]

Starts a Prometheus for each host of tests/truth/hosts.yaml (half a minute), asks both for every pair of an
expression and a host, and prints the table: what was claimed, what is, and why what is empty is empty. Each
seed makes up other expressions. Claims that do not hold are printed in full, and so are claims of emptiness
that the attribution cannot explain (--doubts), which may be right and are worth a look. Exit 1 if a claim
does not hold. Takes about a second for a thousand pairs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ("truth", "proof", "prometheus")]

from judgement import Judgement, Pair, Reader, judged, shortest, smallest  # noqa: E402
from monogen.lint.world import World  # noqa: E402
from truth_questions import questions  # noqa: E402
from truth_worlds import Worlds, newest_binary, rule_groups, worlds  # noqa: E402
from vocabulary import vocabulary  # noqa: E402


def main() -> int:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description="Measure the abstract reading against real servers.")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the numbers to this file")
    parser.add_argument("--show", type=int, default=40, help="how many disagreements to print")
    parser.add_argument(
        "--doubts", action="store_true", help="print claims that the attribution cannot explain"
    )
    said = parser.parse_args()
    binary = newest_binary()
    if binary is None:
        print("no Prometheus 3 found: run .ci/get-prometheus", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, worlds(binary, Path(folder)) as running:
        reader = World(running.built.fleet, rule_groups(running.built))
        real = (known.name for known in vocabulary(running.built).everything)
        judgement = judged(running, reader, questions(running, said.pairs, said.seed), real)
        _print(judgement, running, reader, said)
    if said.json:
        judgement.write(said.json)
    return 1 if judgement.violations else 0


def _print(judgement: Judgement, running: Worlds, reader: Reader, said: argparse.Namespace) -> None:
    violations = [smallest(pair, running, reader) for pair in judgement.violations[:1000]]
    doubts = [
        pair for pair in judgement.pairs if pair.claim == "empty" and pair.cause and not pair.cause.follows
    ]
    wrong = [pair for pair in judgement.pairs if pair.claim == "data" and pair.reality == "empty"]
    _show("claimed empty, and there is data", violations, said.show)
    _show("empty for a reason that can be known, and not claimed", judgement.missed, said.show)
    _show("claimed data, and there is none", wrong, said.show)
    if said.doubts:
        _show("claimed empty, and the attribution cannot say why", doubts, said.show)
    for question, error in judgement.unread[: said.show]:
        print(f"not read: {question.expr}: {error}")
    print(judgement.table())


def _show(title: str, pairs: list[Pair], count: int) -> None:
    if pairs:
        print(f"--- {title}: {len(pairs):,}\n{shortest(pairs, count)}\n")


if __name__ == "__main__":
    sys.exit(main())
