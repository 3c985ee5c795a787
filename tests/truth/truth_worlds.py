"""The worlds of the truth harness: for each host class a real Prometheus that knows this one host only.

All servers load the rules that monogen writes for the whole fleet of hosts.yaml (without other hosts'
constants), and each scrapes the pages of one host over HTTP, once a second. After ``WARM_UP`` seconds a
moment is chosen for each, scraping and rules are stopped, and every question is asked as of that moment: so
the same question has the same answer however late it is asked, and the machine is free to answer.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from engine import Prometheus, prometheus_binaries, version
from monogen.build import Built, build
from monogen.lint.documents import Document, Expression, GroupItem, RuleItem
from monogen.output.writing import write
from monogen.promql import read
from pages import PageServer

HERE = Path(__file__).parent
PAGES_FOLDER = HERE.parent / "pages"

WARM_UP = 26.0
"""Seconds that a server scrapes: over two of the longest window (10 s), and time for rules upon rules."""

LONGEST_WAIT = 180.0
"""Seconds that it may take until no scrape of a server failed for WINDOW; a busy machine misses some."""

WINDOW = "12s"
"""The longest window that is asked about, and a little more."""

MAJOR = 3
"""Of the server: the abstract reading knows PromQL as Prometheus 3 has it."""

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """What a server says to an expression: the series (their labels), or why it refuses."""

    series: tuple[Labels, ...] = ()
    error: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is an answer, and nothing in it."""
        return not self.series and not self.error


@dataclass(slots=True)
class HostWorld:
    """One host's server at one moment. ``series`` is everything it has then, by name."""

    name: str
    address: str
    moment: float
    series: Mapping[str, Sequence[Labels]] = field(default_factory=dict)
    targets: tuple[Labels, ...] = ()
    asked: int = 0
    _known: dict[str, Result] = field(default_factory=dict)
    _lines: threading.local = field(default_factory=threading.local)

    def ask(self, expr: str) -> Result:
        """The answer to an instant query; asked once."""
        found = self._known.get(expr)
        if found is None:
            found = self._known[expr] = self._asked(expr)
        return found

    def look_around(self) -> None:
        """Learn which series and targets there are."""
        series: dict[str, list[Labels]] = {}
        for labels in self.ask('{__name__=~".+"}').series:
            series.setdefault(labels["__name__"], []).append(labels)
        self.series = series
        self.targets = tuple({k: v for k, v in up.items() if k != "__name__"} for up in series["up"])

    def _asked(self, expr: str) -> Result:
        self.asked += 1
        body = urllib.parse.urlencode({"query": expr, "time": f"{self.moment:.3f}"})
        answer = json.loads(self._posted(body))
        if answer["status"] != "success":
            return Result(error=answer.get("error", "no reason given"))
        data = answer["data"]
        if data["resultType"] in ("scalar", "string"):
            return Result(({},))
        return Result(tuple(series["metric"] for series in data["result"]))

    def _posted(self, body: str) -> bytes:
        """One request on a connection that this thread keeps."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        for attempt in range(3):
            line: http.client.HTTPConnection | None = getattr(self._lines, "line", None)
            if line is None:
                line = self._lines.line = http.client.HTTPConnection(self.address, timeout=60)
            try:
                line.request("POST", "/api/v1/query", body, headers)
                return line.getresponse().read()
            except (http.client.HTTPException, ConnectionError):
                line.close()
                self._lines.line = None
                if attempt == 2:
                    raise
        raise AssertionError("not reached")


@dataclass(slots=True)
class Worlds:
    """All hosts' servers, and what monogen built for the fleet."""

    built: Built
    output: Path
    hosts: dict[str, HostWorld]


def newest_binary() -> Path | None:
    """The newest server of this machine, if it is new enough."""
    numbered = [(tuple(map(int, version(b).split("."))), b) for b in prometheus_binaries()]
    fitting = [pair for pair in numbered if pair[0][0] >= MAJOR]
    return max(fitting)[1] if fitting else None


def pages_of(inventory: str) -> dict[str, Path]:
    """Which page stands at which path of the inventory."""
    hosts = yaml.safe_load(inventory)["hosts"]
    paths = [exporter["path"] for host in hosts for exporter in host["exporters"].values()]
    return {path: PAGES_FOLDER / f"{path.rpartition('/')[2]}.prom" for path in paths}


def built_fleet(folder: Path, port: int) -> Built:
    """What monogen makes of hosts.yaml, with its pages on that port."""
    inventory = folder / "hosts.yaml"
    inventory.write_text((HERE / "hosts.yaml").read_text("utf-8").replace("$PORT", str(port)), "utf-8")
    return build(inventory, "prometheus")


@contextmanager
def worlds(binary: Path, folder: Path, warm_up: float = WARM_UP) -> Iterator[Worlds]:
    """Start everything, let it scrape, stop scraping, and give what can be asked."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (HERE / "hosts.yaml").read_text("utf-8")
    with PageServer(pages_of(text)) as pages, ExitStack() as running:
        built = built_fleet(folder, pages.port)
        output = folder / "out"
        write(built.artifacts, output, built.fleet.name)
        servers: dict[str, Prometheus] = {}
        for host in built.fleet.hosts:
            config = _config_of(output, folder / host.name, host.name)
            flags = ["--web.enable-lifecycle"]
            server = Prometheus(binary, config, folder / host.name / "data", flags)
            servers[host.name] = running.enter_context(server)
        time.sleep(warm_up)
        moments = _moments(servers, folder)
        found = {name: HostWorld(name, _address(servers[name]), moments[name]) for name in servers}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(HostWorld.look_around, found.values()))
        yield Worlds(built, output, found)


def _moments(servers: Mapping[str, Prometheus], folder: Path) -> dict[str, float]:
    """For each server a moment before which every scrape that still counts worked; the last one if none is.

    A server that has its moment falls silent, which leaves more of a busy machine to the others.
    """
    deadline = time.time() + LONGEST_WAIT
    left, found = dict(servers), {}
    while left:
        for name, server in list(left.items()):
            moment = time.time() - 1
            if _scraped_well(server, moment) or moment > deadline:
                _silence(server, folder / name)
                found[name] = moment
                del left[name]
        time.sleep(0.5)
    return found


def _scraped_well(server: Prometheus, moment: float) -> bool:
    return not server.query(f"min_over_time(up[{WINDOW}]) == 0", at=moment)


def _address(server: Prometheus) -> str:
    return server.url.removeprefix("http://")


def _config_of(output: Path, folder: Path, host: str) -> Path:
    """The configuration that monogen wrote, with the targets and constants of one host only."""
    folder.mkdir(parents=True)
    config: dict[str, Any] = yaml.safe_load((output / "prometheus.yml").read_text("utf-8"))
    jobs = []
    for job in config.pop("scrape_configs"):
        (discovery,) = job.pop("file_sd_configs")
        targets = [
            target
            for file in discovery["files"]
            for target in yaml.safe_load((output / file).read_text("utf-8"))
            if target["labels"]["instance"] == host
        ]
        if targets:
            jobs.append({**job, "static_configs": targets})
    (folder / "rules").mkdir()
    for file in (output / "rules").glob("*.yml"):
        rules = _rules_of(yaml.safe_load(file.read_text("utf-8")), host)
        (folder / "rules" / file.name).write_text(yaml.safe_dump(rules))
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump({**config, "rule_files": ["rules/*.yml"], "scrape_configs": jobs}))
    return path


def _rules_of(content: dict[str, Any], host: str) -> dict[str, Any]:
    """The rules without other hosts' constants, every second: a minute is long for a test."""
    for group in content["groups"]:
        group.pop("interval", None)
        group["rules"] = [r for r in group["rules"] if r.get("labels", {}).get("instance", host) == host]
    return content


def _silence(server: Prometheus, folder: Path) -> None:
    """Let the server scrape and evaluate nothing any more."""
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
    line = http.client.HTTPConnection(_address(server), timeout=60)
    line.request("POST", "/-/reload")
    answer = line.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"Prometheus did not reload: {answer.read().decode()}")
    line.close()


def rule_groups(built: Built) -> tuple[GroupItem, ...]:
    """The rules of a build as the linter sees them."""
    groups = []
    for file in built.monitoring.rule_files:
        document = Document(_Nowhere(f"{file.name}.yml"), 0, "rules", {})
        for group in file.groups:
            rules = tuple(
                _rule_item(document, group.name, number, rule) for number, rule in enumerate(group.rules)
            )
            groups.append(GroupItem(document, ("groups", group.name), group.name, rules))
    return tuple(groups)


def _rule_item(document: Document, group: str, index: int, rule: Any) -> RuleItem:
    keys = ("groups", group, "rules", index)
    used = "record" if rule.record else "alert"
    expression = Expression(document, (*keys, "expr"), rule.expr, read(rule.expr), used, rule.name)
    return RuleItem(
        document, keys, index, expression,
        record=rule.record, alert=rule.alert, hold=rule.hold, labels=dict(rule.labels),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Nowhere:
    """A source of rules that were never in a file."""

    path: str
    text: str = ""

    def place(self, *_: Any, **__: Any) -> Any:
        """Nobody asks where they stand."""
        raise NotImplementedError
