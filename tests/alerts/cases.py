"""The cases of cases.yaml: the rule each is about, and its history as samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from fleets import BUDGETED, exporter, fleet, gb10, gpu_server, linux, mac
from monogen.inventory.model import Exporter, Fleet
from monogen.monitoring import Rule
from monogen.plan.labels import host_labels
from monogen.plan.rules import Watch, rule_files
from monogen.plan.selection import HostClasses
from stretches import samples

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text("utf-8"))
WATCHES = [Watch("dcgm", "gb10", ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"))]
ON_SPARK = ("dcgm", "vllm", "llama-server", "blackbox")
START = 1_780_000_200.0
"""Some day in 2026 (UTC), a multiple of the step; blocks of history may be of any age."""


def _fleet(case: Mapping[str, Any]) -> Fleet:
    """All classes of hosts, in a fleet of the case's name: the rules select it, so cases do not mix."""

    def more(name: str) -> dict[str, Any]:
        thresholds = case.get("thresholds", {})
        return {
            "thresholds": {case["alert"]: thresholds[name]} if name in thresholds else {},
            "exclusive": name in case.get("exclusive", []),
            "models": (BUDGETED,) if name in case.get("budget", []) else (),
        }

    def exporters(name: str, *kinds: str) -> tuple[Exporter, ...]:
        params = (("autoload", ("false",)),) if name in case.get("on_demand", []) else ()
        return tuple(
            exporter(kind, name, params=params if kind == "llama-server" else ()) for kind in ("node", *kinds)
        )

    return fleet(
        gb10(
            "spark", exporters=exporters("spark", "dcgm", "vllm", "llama-server", "blackbox"), **more("spark")
        ),
        mac("mac", **more("mac")),
        *([mac("laptop", intermittent=True)] if "laptop" in case["fires"] else []),
        gpu_server("gpu", exporters=exporters("gpu", "dcgm", "nvidia-smi", "vllm"), **more("gpu")),
        linux("nas", exporters=exporters("nas", "litellm"), **more("nas")),
        name=case["name"],
    )


def rule_of(case: Mapping[str, Any]) -> Rule:
    """The alert as monogen writes it for the case's fleet."""
    of = _fleet(case)
    rules = [
        rule for file in rule_files(of, HostClasses(of), WATCHES) for g in file.groups for rule in g.rules
    ]
    (rule,) = [rule for rule in rules if rule.alert == case["alert"]]
    return rule


def open_metrics(cases: list[dict[str, Any]]) -> Iterator[str]:
    """The histories of all cases as one OpenMetrics text; a metric's series stand together, as it wants."""
    by_metric: dict[str, list[str]] = {}
    for case in cases:
        of = _fleet(case)
        labels = {f"@{host.name}": _labels(host_labels(of, host)) for host in of.hosts}
        for series, text in case["series"].items():
            metric, selector = series.rstrip("}").split("{")
            host, *details = re.split(", *", selector)
            written = ",".join([labels[host], *details])
            by_metric.setdefault(metric, []).extend(
                f"{metric}{{{written}}} {value!r} {time:.3f}" for time, value in samples(text, START)
            )
    for metric, lines in by_metric.items():
        yield f"# TYPE {metric} gauge"
        yield from lines
    yield "# EOF"


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())
