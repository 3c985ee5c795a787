"""docs/servers.md: its entries load, and no server is left out."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from monogen import inventory
from monogen.catalog import kinds

PAGE = (Path(__file__).parents[2] / "docs/servers.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
INVENTORY = """fleet: homelab
hosts:
  - name: spark-1
    os: linux
    hardware: gb10
    memory: 128GB
    exporters:
"""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.split(":")[0])
def test_entries_load_as_they_stand(entry: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(INVENTORY + textwrap.indent(entry, " " * 6), encoding="utf-8")
    (host,) = inventory.load(file, kinds).hosts
    told = {line.split(":")[0] for line in entry.splitlines() if not line.startswith(" ")}
    assert told <= {exporter.kind for exporter in host.exporters}


def test_every_server_and_its_port_is_in_the_table() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    assert rows == {kind.kind: str(kind.port) for kind in kinds().values() if kind.server}


def test_every_server_has_an_entry() -> None:
    entered = {line.split(":")[0] for entry in ENTRIES for line in entry.splitlines()}
    assert {kind.kind for kind in kinds().values() if kind.server or kind.remote} <= entered


def test_ports_that_clash_are_told() -> None:
    by_port: dict[int, list[str]] = {}
    for kind in kinds().values():
        by_port.setdefault(kind.port, []).append(kind.kind)
    told = PAGE.split("## Ports that clash")[1]
    for port, found in by_port.items():
        if len(found) > 1:
            assert f"| {port} |" in told, found


def test_router_entries_never_load_a_model() -> None:
    entry = next(entry for entry in ENTRIES if "params" in entry and "llama-server" in entry)
    targets = [line for line in entry.splitlines() if "name:" in line]
    assert targets
    assert all('autoload: ["false"]' in line for line in targets)
