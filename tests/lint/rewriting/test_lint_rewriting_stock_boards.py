"""Stock boards on a real Prometheus with a Linux host, a Mac and a GB10: what is empty is named, and mended.

Every expression of every panel is asked for each host in turn, as Grafana would with that host chosen, before
and after `monogen lint --fix --unsafe`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine import Prometheus
from monogen.build import build
from monogen.dashboards.interpolation import fill
from monogen.lint.command import Options, lint
from monogen.output.writing import write
from msgspec.structs import replace
from pages import PageServer

BOARDS = Path(__file__).parent.parent / "boards"
PAGES = Path(__file__).parent.parent.parent / "pages"
HOSTS = ("linux", "mac", "spark")

SERVED = {
    "/linux/node": "linux_node",
    "/mac/node": "darwin_arm64_node",
    "/mac/macmon": "macmon",
    "/spark/node": "gb10_node",
    "/spark/dcgm": "gb10_dcgm",
    "/gpu/node": "nvidia_node",
    "/gpu/dcgm": "nvidia_dcgm",
}

INVENTORY = """\
fleet: stock
prometheus: {scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}
hosts:
  - name: linux
    os: linux
    exporters: {node: {endpoint: "127.0.0.1:$PORT", path: /linux/node}}
  - name: mac
    hardware: apple-silicon
    exporters:
      node: {endpoint: "127.0.0.1:$PORT", path: /mac/node}
      macmon: {endpoint: "127.0.0.1:$PORT", path: /mac/macmon}
  - name: spark
    hardware: gb10
    exporters:
      node: {endpoint: "127.0.0.1:$PORT", path: /spark/node}
      dcgm: {endpoint: "127.0.0.1:$PORT", path: /spark/dcgm, version: "4.5.3"}
"""

GPU = """\
  - name: gpu
    hardware: nvidia
    exporters:
      node: {endpoint: "127.0.0.1:$PORT", path: /gpu/node}
      dcgm: {endpoint: "127.0.0.1:$PORT", path: /gpu/dcgm}
"""
"""A host that has a framebuffer; the server has it, the inventory that is linted with at first has not."""

OUTSIDE = {"node-exporter": "/linux/node", "dcgm-exporter": "/gpu/dcgm"}
"""What the server scrapes of a node of the cluster that no inventory knows: pages, by the jobs that the
inventory's own exporters have, too."""

MENDED = {
    "stock_node.json": {
        ("RAM used", ""): ("mac",),
        ("RAM total", ""): ("mac",),
        ("Swap total", ""): ("mac",),
        ("Memory stack", "used"): ("mac",),
        ("Memory stack", "cache"): ("mac",),
        ("Memory stack", "free"): ("mac",),
        ("Swap", "used"): ("mac",),
        ("Swap", "total"): ("mac",),
        ("Disk latency", "{{device}} read"): ("mac",),
        ("Disk latency", "{{device}} write"): ("mac",),
        ("Disk throughput", "{{device}} read"): ("mac",),
        ("Disk throughput", "{{device}} written"): ("mac",),
        ("Temperatures", "{{chip_name}} {{sensor}}"): ("mac",),
    },
    "stock_dcgm.json": {
        ("Framebuffer used", "GPU {{gpu}}"): ("mac", "spark"),
        ("Framebuffer free", "GPU {{gpu}}"): ("mac", "spark"),
        ("Framebuffer in use", ""): ("mac", "spark"),
    },
}
"""What is rewritten, by panel and legend, and the hosts that have data from then on."""

EMPTY = {
    ("CPU by mode", "iowait"): "macOS does not count waiting for disks",
    ("CPU by mode", "interrupts"): "macOS counts no time in interrupts",
    ("Steal and IO wait", "steal"): "macOS counts no stolen time",
    ("Steal and IO wait", "iowait"): "macOS does not count waiting for disks",
    ("Memory stack", "buffers"): "a Mac has no buffers; its cache is in `cache`",
    ("Swapping", "in"): "macOS counts page-ins of all kinds, no swap-ins",
    ("Swapping", "out"): "macOS counts page-outs of all kinds, no swap-outs",
    ("Swapping", "major faults"): "macOS does not count them",
    ("Pressure stall", "CPU some"): "macOS has no pressure stall information",
    ("Pressure stall", "memory some"): "macOS has no pressure stall information",
    ("Pressure stall", "memory full"): "macOS has no pressure stall information",
    ("Pressure stall", "IO some"): "macOS has no pressure stall information",
    ("Pressure stall", "IO full"): "macOS has no pressure stall information",
    ("Disk utilisation", "{{device}}"): "macOS has no utilisation; latency is another unit",
    ("Disk queue", "{{device}}"): "macOS has no queue length; latency is another unit",
    ("Network errors", "{{device}} sent"): "macOS does not count packets dropped on the way out",
    ("File descriptors", "open"): "macOS does not tell",
    ("File descriptors", "limit"): "macOS does not tell",
    ("Connection tracking", "entries"): "macOS has no connection tracking",
    ("Connection tracking", "limit"): "macOS has no connection tracking",
    ("Processes", "running"): "macOS does not tell",
    ("Processes", "blocked"): "macOS does not tell",
    ("Forks and switches", "forks"): "macOS does not count them",
    ("Forks and switches", "context switches"): "macOS does not count them",
    ("Forks and switches", "interrupts"): "macOS does not count them",
    ("Paging", "in"): "counted in other units, and with other things",
    ("Paging", "out"): "counted in other units, and with other things",
    ("Paging", "OOM kills"): "macOS has no OOM killer",
    ("TCP connections", "established"): "macOS does not tell",
    ("TCP connections", "time wait"): "macOS does not tell",
}
"""What stays empty on the Mac, and why nothing says the same there."""

NO_GPU_PROFILING = {
    ("Tensor cores active", "GPU {{gpu}}"),
    ("Graphics engine and DRAM", "engine {{gpu}}"),
    ("Graphics engine and DRAM", "DRAM {{gpu}}"),
    ("NVLink and PCIe", "PCIe received {{gpu}}"),
    ("NVLink and PCIe", "PCIe sent {{gpu}}"),
}
"""What stays empty on the GB10: DCGM has no profiling module for it."""


@dataclass(frozen=True)
class Query:
    """An expression of a board, and the panel and the legend that tell which."""

    panel: str
    legend: str
    expr: str

    @property
    def name(self) -> tuple[str, str]:
        return self.panel, self.legend


@dataclass(frozen=True)
class Stock:
    """The server, and the boards as they were and as they are mended; ``told`` is what lint said before."""

    server: Prometheus
    folder: Path
    told: list[dict[str, Any]]

    def queries(self, board: str, *, mended: bool) -> list[Query]:
        folder = self.folder if mended else BOARDS
        return list(queries(json.loads((folder / board).read_text())))

    def values(self, query: Query, host: str) -> list[float]:
        """What Grafana would draw with that host chosen, sorted."""
        values = {
            "job": "node-exporter",
            "instance": [host],
            "gpu": ["0"],
            "diskdevices": "[a-z]+|nvme[0-9]+n[0-9]+|mmcblk[0-9]+",
            "__rate_interval": "10s",
        }
        found = self.server.query(fill(query.expr, values))
        return sorted(float(series["value"][1]) for series in found)

    def series(self, expr: str) -> set[frozenset[tuple[str, str]]]:
        """The labels of each series that an expression gives."""
        return {frozenset(found["metric"].items()) for found in self.server.query(expr)}

    def named(self, board: str, panel: str) -> str:
        """Everything that lint said about the panel being empty, before it was mended."""
        return "; ".join(
            one["message"]
            for one in self.told
            if one["path"].endswith(board)
            and one["code"] in ("MG110", "MG111")
            and one["message"].startswith(f"`{panel}` is empty")
        )


def queries(board: dict[str, Any]) -> Iterator[Query]:
    for panel in board["panels"]:
        yield from queries({"panels": panel.get("panels", [])})
        for target in panel.get("targets", []):
            legend = target.get("legendFormat", "")
            yield Query(panel["title"], legend, target["expr"])


@pytest.fixture(scope="module")
def stock(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    folder = tmp_path_factory.mktemp("stock")
    with PageServer({path: PAGES / f"{name}.prom" for path, name in SERVED.items()}) as pages:
        inventory = folder / "hosts.yaml"
        inventory.write_text(INVENTORY.replace("$PORT", str(pages.port)))
        everything = folder / "everything.yaml"
        everything.write_text((INVENTORY + GPU).replace("$PORT", str(pages.port)))
        built = build(everything, "prometheus")
        write(built.artifacts, folder / "out", built.fleet.name)
        for file in (folder / "out" / "rules").glob("*-inventory*.yml"):
            file.write_text(file.read_text().replace("interval: 1m", "interval: 1s"))
        boards = [Path(shutil.copy(BOARDS / name, folder)) for name in MENDED]
        report = folder / "report.json"
        lint(Options(tuple(boards), inventory, form="json", output=report))
        told = json.loads(report.read_text())["findings"]
        lint(Options(tuple(boards), inventory, fix=True, unsafe=True, output=folder / "after.txt"))
        with_gpu = folder / "with-gpu"
        with_gpu.mkdir()
        board = Path(shutil.copy(BOARDS / "stock_dcgm.json", with_gpu))
        lint(Options((board,), everything, fix=True, unsafe=True, output=folder / "after-gpu.txt"))
        _scrape_outside(folder / "out" / "prometheus.yml", pages.port)
        with Prometheus(prometheus_binary, folder / "out" / "prometheus.yml", folder / "data") as server:
            server.wait_for(f"count(host:state:worst) == {len(HOSTS) + 1}")
            server.wait_for(
                "count(host:model_headroom_bytes) == 3 and count(host:temperature_celsius:max) > 1"
            )
            server.wait_for("min(count_over_time(host:memory_used:ratio[1m])) > 5")
            server.wait_for('count(count_over_time(up{node="k3s-1"}[1m]) > 5) == 2')
            yield Stock(server, folder, told)


def _scrape_outside(config: Path, port: int) -> None:
    data = yaml.safe_load(config.read_text())
    for job, path in OUTSIDE.items():
        labels = {"instance": "10.0.0.9:9100", "cluster": "prod", "node": "k3s-1"}
        scrape = {
            "job_name": f"outside-{job}",
            "metrics_path": path,
            "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": labels}],
            "relabel_configs": [{"target_label": "job", "replacement": job}],
        }
        data["scrape_configs"].append(scrape)
    config.write_text(yaml.safe_dump(data))


@pytest.mark.prometheus
@pytest.mark.parametrize("host", ["mac", "spark"])
def test_what_is_empty_on_the_server_is_named(stock: Stock, host: str) -> None:
    """The Mac runs no dcgm-exporter: of that board only what is empty everywhere is told."""
    boards = ["stock_node.json"] if host == "mac" else list(MENDED)
    unnamed = [
        (board, query.name)
        for board in boards
        for query in stock.queries(board, mended=False)
        if not stock.values(query, host)
        and f"`{host}`" not in (named := stock.named(board, query.panel))
        and "on every host" not in named
    ]
    assert unnamed == []


@pytest.mark.prometheus
def test_what_is_named_is_empty_on_the_server(stock: Stock) -> None:
    empty = {
        query.panel
        for board in MENDED
        for query in stock.queries(board, mended=False)
        for host in HOSTS
        if not stock.values(query, host)
    }
    named = {
        one["message"].split("`")[1]
        for one in stock.told
        if one["code"] in ("MG110", "MG111") and one["keys"][0] != "templating"
    }
    assert named
    assert named <= empty


@pytest.mark.prometheus
@pytest.mark.parametrize("board", list(MENDED))
def test_mended_panels_have_data_on_more_hosts(stock: Stock, board: str) -> None:
    gained: dict[tuple[str, str], tuple[str, ...]] = {}
    pairs = zip(stock.queries(board, mended=False), stock.queries(board, mended=True), strict=True)
    for old, new in pairs:
        if old != new:
            gained[old.name] = tuple(
                host for host in HOSTS if stock.values(new, host) and not stock.values(old, host)
            )
    assert gained == MENDED[board]


@pytest.mark.prometheus
def test_mended_panels_of_the_node_board_have_data_on_every_host(stock: Stock) -> None:
    new = stock.queries("stock_node.json", mended=True)
    missing = [
        (query.name, host)
        for query in new
        if query.name in MENDED["stock_node.json"]
        for host in HOSTS
        if not stock.values(query, host)
    ]
    assert missing == []


@pytest.mark.prometheus
@pytest.mark.parametrize("board", list(MENDED))
def test_who_had_data_sees_the_same_values(stock: Stock, board: str) -> None:
    """Whatever was rewritten: Linux hosts see what they saw. Rates are asked a moment apart."""
    pairs = zip(stock.queries(board, mended=False), stock.queries(board, mended=True), strict=True)
    compared = 0
    for old, new in pairs:
        for host in HOSTS:
            before = stock.values(old, host)
            if old != new and before:
                assert stock.values(new, host) == pytest.approx(before, rel=0.02), (old.name, host)
                compared += 1
    assert compared or board == "stock_dcgm.json"


@pytest.mark.prometheus
@pytest.mark.parametrize("board", list(MENDED))
def test_a_host_that_no_inventory_knows_loses_nothing(stock: Stock, board: str) -> None:
    compared = 0
    pairs = zip(stock.queries(board, mended=False), stock.queries(board, mended=True), strict=True)
    for old, new in pairs:
        if old != new:
            before = stock.values(old, "10.0.0.9:9100")
            assert stock.values(new, "10.0.0.9:9100") == pytest.approx(before, rel=0.02), old.name
            compared += len(before)
    assert compared


RULES = [
    ("node_memory_MemTotal_bytes", "mac"),
    ('node_memory_MemAvailable_bytes{job="node-exporter"}', "mac"),
    ("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "mac"),
    ('100 - (node_memory_MemFree_bytes{job=~"node.*"} / node_memory_MemTotal_bytes * 100) > 1', "mac"),
    ("max_over_time(node_memory_MemFree_bytes[5s])", "mac"),
    ("max_over_time(node_memory_MemFree_bytes[5s:1s])", "mac"),
    ("node_memory_SwapTotal_bytes - node_memory_SwapFree_bytes", "mac"),
    ("node_memory_SwapTotal_bytes", "mac"),
    ("node_memory_Cached_bytes / node_memory_MemTotal_bytes", "mac"),
    ("node_memory_MemTotal_bytes * on (instance) group_left (nodename) node_uname_info", "mac"),
    ("max by (instance, sensor) (node_hwmon_temp_celsius)", "mac"),
    ("DCGM_FI_DEV_FB_USED * 1024 * 1024", "spark"),
    ("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)", "spark"),
]
"""Expressions of rules, each with a host that has it only when it is rewritten."""

KEPT = [
    'node_memory_MemTotal_bytes{node="k3s-1"}',
    'node_memory_MemTotal_bytes{cluster="prod"}',
    'node_memory_MemTotal_bytes{cluster!="prod"}',
    'node_memory_MemTotal_bytes{job="node"}',
    "sum by (node) (node_memory_MemTotal_bytes)",
    "sum by (instance, job) (node_memory_MemTotal_bytes)",
]
"""Expressions that mean some machines, or tell them apart, by what only scraping knows."""


@pytest.mark.prometheus
def test_rules_lose_no_series_of_anybody(stock: Stock) -> None:
    """Every series that a rule gave it still gives, with all its labels, whoever is scraped."""
    file = stock.folder / "rules.yaml"
    exprs = [*(expr for expr, _ in RULES), *KEPT]
    rules = [{"record": f"a:r{number}:b", "expr": expr} for number, expr in enumerate(exprs)]
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    options = Options((file,), stock.folder / "hosts.yaml", fix=True, unsafe=True, select=("MG110", "MG111"))
    lint(replace(options, output=stock.folder / "rules.txt"))
    mended = [rule["expr"] for rule in json.loads(file.read_text())["groups"][0]["rules"]]
    for old, new in zip(exprs, mended, strict=True):
        before, after = stock.series(old), stock.series(new)
        assert before <= after, old
        gained = {dict(labels).get("instance") for labels in after - before}
        assert gained >= {host for expr, host in RULES if expr == old}, old
        assert gained <= {"mac", "spark"}, old
    assert mended[len(RULES) :] == KEPT


@pytest.mark.prometheus
def test_the_values_that_are_new_are_right(stock: Stock) -> None:
    """As the Mac's page has them, in the unit that the panel had before."""

    def value(board: str, name: tuple[str, str], host: str) -> float:
        query = next(query for query in stock.queries(board, mended=True) if query.name == name)
        (only,) = stock.values(query, host)
        return only

    total = value("stock_node.json", ("RAM total", ""), "mac")
    used = value("stock_node.json", ("Memory stack", "used"), "mac")
    cache = value("stock_node.json", ("Memory stack", "cache"), "mac")
    free = value("stock_node.json", ("Memory stack", "free"), "mac")
    assert total == 64 * 2**30
    assert used + cache + free == pytest.approx(total)
    assert value("stock_node.json", ("RAM used", ""), "mac") == pytest.approx(100 * used / total)
    assert value("stock_node.json", ("Swap total", ""), "mac") == 4 * 2**30
    # The framebuffer's unit is MiB: a GB10 has 128 GB, of which models can have about 114 GiB.
    held = value("stock_dcgm.json", ("Framebuffer used", "GPU {{gpu}}"), "spark")
    left = value("stock_dcgm.json", ("Framebuffer free", "GPU {{gpu}}"), "spark")
    assert 100 * 1024 < held + left < 120 * 1024
    percent = value("stock_dcgm.json", ("Framebuffer in use", ""), "spark")
    assert percent == pytest.approx(100 * held / (held + left))


@pytest.mark.prometheus
def test_a_discrete_gpu_keeps_its_framebuffer(stock: Stock) -> None:
    """With such a host in the inventory both are asked: what it shows stays, the others have data too."""
    board = json.loads((stock.folder / "with-gpu" / "stock_dcgm.json").read_text())
    changed = [
        (old, new)
        for old, new in zip(stock.queries("stock_dcgm.json", mended=False), queries(board), strict=True)
        if old != new
    ]
    assert {old.name for old, _ in changed} == set(MENDED["stock_dcgm.json"])
    for old, new in changed:
        assert len(stock.values(old, "gpu")) == 1
        assert stock.values(new, "gpu") == stock.values(old, "gpu")
        only = {query.name: query for query in stock.queries("stock_dcgm.json", mended=True)}[old.name]
        for host in ("mac", "spark"):
            assert stock.values(new, host) == stock.values(only, host) != []


@pytest.mark.prometheus
def test_what_stays_empty_is_known_and_why(stock: Stock) -> None:
    left = {
        host: {query.name for query in stock.queries(board, mended=True) if not stock.values(query, host)}
        for host, board in (("mac", "stock_node.json"), ("spark", "stock_dcgm.json"))
    }
    assert left == {"mac": set(EMPTY), "spark": NO_GPU_PROFILING}
    assert not [q.name for q in stock.queries("stock_node.json", mended=True) if not stock.values(q, "spark")]


@pytest.mark.prometheus
def test_the_list_of_hosts_has_the_mac(stock: Stock) -> None:
    board = json.loads((stock.folder / "stock_node.json").read_text())
    variable = next(one for one in board["templating"]["list"] if one["name"] == "instance")
    assert variable["definition"] == variable["query"]["query"]
    selector = variable["query"]["query"].removeprefix("label_values(").removesuffix(", instance)")
    listed = {series["metric"]["instance"] for series in stock.server.query(selector)}
    assert listed == {*HOSTS, "gpu", "10.0.0.9:9100"}


def test_the_file_keeps_its_layout(tmp_path: Path) -> None:
    """Only lines with expressions are other ones, and of those only the expression."""
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text(INVENTORY.replace("$PORT", "9100"))
    for name in MENDED:
        board = Path(shutil.copy(BOARDS / name, tmp_path))
        before = board.read_text().splitlines()
        lint(Options((board,), inventory, fix=True, unsafe=True, output=tmp_path / "after.txt"))
        after = board.read_text().splitlines()
        assert len(before) == len(after)
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert changed
        for old, new in changed:
            assert old.split(": ")[0] == new.split(": ")[0]
            assert old.split(": ")[0].strip() in ('"expr"', '"query"', '"definition"')
