"""Measure the YAML emitter beside PyYAML's dumpers: ``python tests/bench/yaml_speed.py`` prints seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

import yaml
from monogen.output.flow import Flow
from monogen.output.yamltext import document


def targets(count: int) -> list[dict[str, object]]:
    return [
        {
            "targets": [f"host-{i}.lan:9100"],
            "labels": {
                "instance": f"host-{i}",
                "os": "linux",
                "hardware": "gb10",
                "fleet": "homelab",
                "rack": f"r{i % 50}",
            },
        }
        for i in range(count)
    ]


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The best of some rounds: what the work costs when nobody else uses the processor."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    entries = targets(10_000)
    lines = [Flow(entry) for entry in entries]
    works: dict[str, Callable[[], object]] = {
        "monogen, one line each": lambda: document(lines),
        "monogen, blocks": lambda: document(entries),
        "PyYAML CSafeDumper": lambda: yaml.dump(entries, Dumper=yaml.CSafeDumper, sort_keys=False),
        "PyYAML SafeDumper": lambda: yaml.dump(entries, Dumper=yaml.SafeDumper, sort_keys=False),
    }
    for name, work in works.items():
        print(f"{seconds(work):7.3f} s  {name}")


if __name__ == "__main__":
    main()
