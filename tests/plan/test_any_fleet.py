"""Whatever hosts an inventory has, the linter finds nothing in what is generated for it: promise 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from monogen.build import build, findings
from monogen.catalog import kinds

HARDWARE = {
    "gb10": {"hardware": "gb10"},
    "apple-silicon": {"hardware": "apple-silicon"},
    "nvidia": {"hardware": "nvidia"},
    "linux": {"os": "linux"},
    "darwin": {"os": "darwin"},
}
PLACES = {
    "gb10": ("linux", "gb10"),
    "apple-silicon": ("darwin", "apple-silicon"),
    "nvidia": ("linux", "nvidia"),
    "linux": ("linux", "generic"),
    "darwin": ("darwin", "generic"),
}
VERSIONS = {"node": ("1.3.0", "1.5.0", "1.9.0", "1.11.1"), "dcgm": ("4.5.3", "4.9.0")}


@st.composite
def hosts(draw: st.DrawFn) -> dict[str, Any]:
    """A host of any class with any of the exporters that run there, and some of what can be stated."""
    machine = draw(st.sampled_from(sorted(HARDWARE)))
    possible = [kind.kind for kind in kinds().values() if kind.runs_on(*PLACES[machine])]
    chosen = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=5, unique=True))
    exporters: dict[str, dict[str, Any]] = {kind: {"port": 9000 + i} for i, kind in enumerate(chosen)}
    host: dict[str, Any] = {**HARDWARE[machine], "exporters": exporters}
    for kind in chosen:
        if kind in VERSIONS and draw(st.booleans()):
            exporters[kind]["version"] = draw(st.sampled_from(VERSIONS[kind]))
    if draw(st.booleans()):
        host["availability"] = "intermittent"
    if draw(st.booleans()):
        host["models"] = [{"name": "m", "file": "1GiB", "kv_cache": "1GiB"}]
    if machine in ("gb10", "apple-silicon") and draw(st.booleans()):
        host["reserved"] = "4GiB"
        host["alerts"] = {"ModelHeadroomLow": {"threshold": "1GiB"}}
    return host


@given(st.lists(hosts(), min_size=1, max_size=4))
@settings(max_examples=60)
def test_nothing_is_found_in_what_is_generated(tmp_path_factory: Any, machines: list[dict[str, Any]]) -> None:
    inventory = {
        "fleet": "any",
        "electricity": {"price": 0.3},
        "frontier": {"price": {"input": 3, "output": 15}},
        "hosts": [{"name": f"h{i}", **machine} for i, machine in enumerate(machines)],
    }
    file: Path = tmp_path_factory.mktemp("any") / "hosts.yaml"
    file.write_text(yaml.safe_dump(inventory))
    found = findings(build(file, "operator"), "warning")
    assert [(finding.code, finding.message) for finding in found] == []
