"""A fleet that is not there: every exporter of an inventory on a port of loopback, with scenarios."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from monogen import catalog
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.live.simulate import bodies, layout, manners, staging
from monogen.live.simulate.bodies import Body
from monogen.live.simulate.layout import Family, Place
from monogen.live.simulate.machine import Machine
from monogen.live.simulate.manners import Manner
from monogen.live.simulate.page import page as write_page
from monogen.live.simulate.serve import LOOPBACK, Answer, Fault, Key, Ports, bound
from monogen.live.simulate.staging import Levers, Stage, name_of
from monogen.live.simulate.tables import Shape, server_rows, tables
from msgspec.structs import replace

PLAIN = "text/plain; charset=utf-8"
_DRIVER = "driver"


class Simulation:
    """The exporters of a fleet on loopback, from ``with`` on; a context manager.

    The same fleet, seed and moment give the same numbers. Scenarios run ``speed`` times as fast; everything
    else keeps real time, so that rates stay right. ``port_from`` 0 lets the system choose the ports.
    Raises SimulationError where a port is taken, InputError where a model's file cannot be used.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        stages: Sequence[Stage | str] = (),
        seed: int = 0,
        speed: float = 1.0,
        port_from: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is opened yet. ``stages`` are scenarios, as data or as ``name[:host][@start]``."""
        own = tuple(map(Path, fleet.catalogs))
        self._kinds = catalog.kinds(own)
        self._catalogs = {kind: catalog.exporter(kind, own) for kind in _kinds_of(fleet)}
        self._remote = frozenset(kind for kind, header in self._kinds.items() if header.remote)
        self._asked = fleet
        self._speed = speed
        self._port_from = port_from
        self._clock = clock
        self._lock = threading.RLock()
        self._stages = tuple(self._stage(stage) for stage in stages)
        self._seed = seed
        self._exporters: dict[Key, tuple[Host, Exporter]] = {
            (host.name, name_of(exporter)): (host, exporter)
            for host in fleet.hosts
            for exporter in host.exporters
        }
        self._bodies: dict[str, Body] = {host.name: bodies.body(host) for host in fleet.hosts}
        self._begin()
        self._layouts: dict[tuple[Key, Shape], tuple[Family, ...]] = {}
        self._families: dict[Family, Family] = {}
        self._ports: Ports | None = None

    def __enter__(self) -> Self:
        """Open the ports; time begins now."""
        sockets = bound(self._port_from, len(self._exporters))
        named = dict(zip(self._exporters, sockets, strict=True))
        self._begin()
        self._ports = Ports(named, self._answer, self._fault)
        self._ports.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        if self._ports is not None:
            self._ports.stop()
            self._ports = None

    @property
    def addresses(self) -> Mapping[Key, str]:
        """``127.0.0.1:port`` by host and exporter (the server's name, else the kind)."""
        if self._ports is None:
            raise RuntimeError("the simulation has no ports outside of `with`")
        return MappingProxyType({key: f"{LOOPBACK}:{port}" for key, port in self._ports.ports.items()})

    @property
    def fleet(self) -> Fleet:
        """The fleet as it can be scraped here: each exporter at its port, by plain HTTP without credentials.

        Hosts that the cluster scrapes are targets too, since there is no cluster.
        """
        hosts = tuple(
            replace(host, exporters=tuple(self._served(host, exporter) for exporter in host.exporters))
            for host in self._asked.hosts
        )
        return replace(self._asked, hosts=hosts)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The scenarios, in the order they were given."""
        return self._stages

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return max(self._clock() - self._started, 0.0)

    @property
    def story(self) -> float:
        """Seconds of the scenarios' time."""
        return self._story(self.elapsed)

    def _story(self, elapsed: float) -> float:
        return elapsed * self._speed

    def url(self, host: str, exporter: str) -> str:
        """The address of an exporter's page."""
        query = self._exporters[host, exporter][1].params
        shown = "&".join(f"{name}={value}" for name, values in query for value in values)
        address = self.addresses[host, exporter]
        return f"http://{address}{self._exporters[host, exporter][1].path}" + (f"?{shown}" if shown else "")

    def start(self, scenario: Stage | str) -> Stage:
        """Let a scenario begin now (or so much later as ``@start`` says). Raises InputError."""
        stage = self._stage(scenario)
        now = self.story
        shifted = replace(stage, start=stage.start + now, end=None if stage.end is None else stage.end + now)
        with self._lock:
            self._stages = (*self._stages, shifted)
        return shifted

    def stop(self, scenario: str, host: str = "") -> None:
        """End a scenario, on one host or on all; the host is at once as it would be without it."""
        with self._lock:
            self._stages = tuple(
                stage for stage in self._stages
                if stage.scenario.name != scenario or (host and stage.host != host)
            )  # fmt: skip

    def page(self, host: str, exporter: str) -> str:
        """What the exporter's page says now, whatever fault it has. KeyError where there is none."""
        return self._page((host, exporter))

    def _begin(self) -> None:
        """Second 0 is now."""
        self._started = self._clock()
        self._machines = {
            name: Machine(body, self._seed, self._started, self._levers_of(name))
            for name, body in self._bodies.items()
        }

    def _stage(self, scenario: Stage | str) -> Stage:
        if isinstance(scenario, str):
            return staging.from_text(scenario, self._asked, self._remote)
        place = f"{staging.ARGUMENT} {scenario.scenario.name}"
        return staging.placed(scenario, self._asked, place, self._remote)

    def _served(self, host: Host, exporter: Exporter) -> Exporter:
        address = self.addresses[host.name, name_of(exporter)]
        return replace(exporter, address=address, scheme="http", auth=None, tls=None, cluster=False)

    def _levers_of(self, host: str) -> Callable[[float], Levers]:
        return lambda elapsed: staging.levers(self._stages, host, self._story(elapsed))

    def _fault(self, key: Key) -> Fault:
        exporter = self._exporters[key][1]
        told = staging.fault(self._stages, *key, exporter.kind in self._remote, self.story)
        if told in ("refuses", "hangs"):
            return "refuses" if told == "refuses" else "hangs"
        unloaded = manners.manner(exporter.kind).unloaded == 0 and not self._loaded(key)
        return "refuses" if unloaded else ""

    def _loaded(self, key: Key) -> bool:
        """Whether the model that a server serves is in memory; True for what is no server."""
        body = self._bodies[key[0]]
        with self._lock:
            machine = self._machines[key[0]]
            return all(
                machine.share(server.model, self.elapsed) >= 1
                for server in body.servers
                if server.name == key[1]
            )

    def _answer(self, key: Key, target: str) -> Answer:
        exporter = self._exporters[key][1]
        manner = manners.manner(exporter.kind)
        path = urlsplit(target).path
        if path == exporter.path:
            return self._metrics(key, manner, parse_qs(urlsplit(target).query))
        if manner.redirect and path == manner.redirect:
            return Answer(307, PLAIN, "", exporter.path)
        if manner.models_path and path == manner.models_path:
            return Answer(200, "application/json", self._served_models(key))
        if path == "/":
            title = self._kinds[exporter.kind].title
            return Answer(200, PLAIN, f"{title}, simulated by monogen; its metrics are at {exporter.path}\n")
        return Answer(404, PLAIN, "404 page not found\n")

    def _metrics(self, key: Key, manner: Manner, query: Mapping[str, Sequence[str]]) -> Answer:
        if not self._loaded(key) and manner.unloaded:
            # A router that may not load the model says so; a plain server, that it is not ready yet.
            asleep = query.get("autoload") == ["false"]
            message = "model is not loaded" if asleep else "Loading model"
            body = json.dumps({"error": {"code": 400 if asleep else manner.unloaded, "message": message}})
            return Answer(400 if asleep else manner.unloaded, "application/json; charset=utf-8", body)
        return Answer(200, manner.content_type, self._page(key))

    def _served_models(self, key: Key) -> str:
        """The answer of /v1/models: what this server serves; of a proxy, every model of the fleet."""
        body = self._bodies[key[0]]
        names = [body.models[server.model].name for server in body.servers if server.name == key[1]]
        if not names:
            names = [model.name for host in self._asked.hosts for model in host.models]
        models = [{"id": name, "object": "model", "owned_by": "simulated"} for name in names]
        return json.dumps({"object": "list", "data": models}) + "\n"

    def _page(self, key: Key) -> str:
        host, exporter = self._exporters[key]
        with self._lock:
            elapsed = self.elapsed
            shape = self._shape(host.name, elapsed)
            families = self._layouts.get((key, shape))
            if families is None:
                families = self._layouts[key, shape] = self._layout(host, exporter, shape)
            view = self._machines[host.name].view(elapsed)
            return write_page(families, manners.manner(exporter.kind).style, view)

    def _shape(self, host: str, elapsed: float) -> Shape:
        body, machine = self._bodies[host], self._machines[host]
        levers = staging.levers(self._stages, host, self._story(elapsed))
        shares = [machine.share(place, elapsed) for place in range(len(body.models))]
        return Shape(
            driver=levers.text(_DRIVER) or body.facts.get(_DRIVER, ""),
            appeared=levers.number("appears", 0.0) >= 1,
            held=frozenset(place for place, share in enumerate(shares) if share > 0),
            whole=frozenset(place for place, share in enumerate(shares) if share >= 1),
        )

    def _layout(self, host: Host, exporter: Exporter, shape: Shape) -> tuple[Family, ...]:
        body = self._bodies[host.name]
        manner = manners.manner(exporter.kind)
        name = name_of(exporter)
        version = exporter.version or manner.version
        serves = any(server.name == name for server in body.servers)
        facts = {**body.facts, "version": ".".join(map(str, version)) if version else ""}
        place = Place(
            os=host.os,
            hardware=host.hardware,
            version=version,
            collectors=exporter.collectors,
            tables={**tables(body, self._asked, shape), "server": server_rows(body, name)},
            facts=facts,
            scope=f"server/{name}" if serves else "host",
            appeared=shape.appeared,
        )
        families = layout.layout(self._catalogs[exporter.kind], manner, place)
        # Most families of a big fleet's pages are alike, so they are kept once.
        return tuple(self._families.setdefault(family, family) for family in families)


def _kinds_of(fleet: Fleet) -> set[str]:
    return {exporter.kind for host in fleet.hosts for exporter in host.exporters}
