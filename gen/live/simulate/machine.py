"""A host that moves: one small model from which all its exporters tell, so that their numbers hang together.

What a host does at a moment is a function of time, of the scenarios and of a seed; counters are its
integral over steps of a second, and between two steps they go on at the last rate. So counters never fall,
except those of a model server that starts anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from monogen.live.simulate.bodies import GIB, Body
from monogen.live.simulate.distribution import Distribution
from monogen.live.simulate.memory import memory
from monogen.live.simulate.noise import fixed, noise
from monogen.live.simulate.serving import Serving, serving
from monogen.live.simulate.staging import Levers
from msgspec import Struct, field

STEP = 1.0
"""Seconds of one step."""

MODES = ("user", "system", "iowait", "irq", "softirq", "nice", "steal")
_PAST_OF_SERVERS = 100_000.0
"""Seconds that a model server has served when the simulation starts, at most."""
_PART_OF_DRIVER = 0.015
"""Of a framebuffer that the driver keeps for itself."""
_CONTEXT = 300 * 2**20
"""Bytes of a framebuffer that are in use without any model."""

Scopes = dict[str, dict[str, float]]


class Moment(Struct):
    """What a host does at a moment: gauges and rates by scope ("host", "gpu/0", "disk/sda", ...).

    ``observed`` are observations of histograms: (scope, name) with how many a second and their mean.
    """

    gauges: Scopes = field(default_factory=lambda: defaultdict(dict))
    rates: Scopes = field(default_factory=lambda: defaultdict(dict))
    observed: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    up: dict[str, bool] = field(default_factory=dict)


class View(Struct, frozen=True):
    """The quantities of a host at one moment, as pages ask for them."""

    scopes: Mapping[str, Mapping[str, float]]
    distributions: Mapping[tuple[str, str], Distribution]

    def value(self, scope: str, quantity: str) -> float:
        """The quantity in its scope, else the host's, else 0."""
        found = self.scopes.get(scope, {}).get(quantity)
        return self.scopes["host"].get(quantity, 0.0) if found is None else found


class Machine:
    """One host. Not safe for several threads at once: who asks holds a lock."""

    def __init__(self, body: Body, seed: int, started: float, levers: Callable[[float], Levers]) -> None:
        """``started`` is the unix time of second 0; ``levers`` gives what scenarios do at a second."""
        self.body = body
        self._name = f"{seed}/{body.host.name}"
        self._started = started
        self._levers = levers
        self._at = 0.0
        self._heat = {gpu.index: 45.0 for gpu in body.gpus}
        self._counters: Scopes = defaultdict(lambda: defaultdict(float))
        self._distributions: dict[tuple[str, str], Distribution] = defaultdict(Distribution)
        self._up: dict[str, bool] = {}
        self._weights = self._cpu_weights()
        self._os_number = float(body.facts["os_number"])
        self._begin()

    def view(self, elapsed: float) -> View:
        """Everything ``elapsed`` seconds after the start; never earlier than what was asked before."""
        self._advance(elapsed)
        moment = self._moment(max(elapsed, self._at))
        rest = max(elapsed - self._at, 0.0)
        scopes: Scopes = {scope: dict(gauges) for scope, gauges in moment.gauges.items()}
        for scope, counters in self._counters.items():
            rates = moment.rates.get(scope, {})
            told = scopes.setdefault(scope, {})
            told |= {name: value + rest * rates.get(name, 0.0) for name, value in counters.items()}
        self._add_cpus(scopes, max(elapsed, self._at))
        return View(scopes, self._distributions)

    def share(self, place: int, elapsed: float) -> float:
        """How much of the model at that place is in memory, 0 to 1."""
        return self._share(place, self._levers(elapsed))

    def _begin(self) -> None:
        """The counters that the host has from the time before the simulation."""
        quiet = self._moment(0.0, Levers())
        actual = self._moment(0.0)
        self._up = dict(actual.up)
        for scope, rates in quiet.rates.items():
            past = self.body.uptime
            if scope.startswith("server/"):
                past = min(past, _PAST_OF_SERVERS) if actual.up[scope] else 0.0
            for name, rate in rates.items():
                self._counters[scope][name] = rate * past
        for (scope, name), (rate, mean) in quiet.observed.items():
            past = min(self.body.uptime, _PAST_OF_SERVERS) if actual.up.get(scope, True) else 0.0
            self._distributions[scope, name].observe(rate * past, mean)

    def _advance(self, elapsed: float) -> None:
        while self._at + STEP <= elapsed:
            moment = self._moment(self._at)
            for scope, up in moment.up.items():
                if up and not self._up.get(scope):
                    self._restart(scope)
                self._up[scope] = up
            for scope, rates in moment.rates.items():
                counters = self._counters[scope]
                for name, rate in rates.items():
                    counters[name] += rate * STEP
            for key, (rate, mean) in moment.observed.items():
                self._distributions[key].observe(rate * STEP, mean)
            for gpu in self.body.gpus:
                wanted = moment.gauges[f"gpu/{gpu.index}"]["heat"]
                self._heat[gpu.index] += (wanted - self._heat[gpu.index]) * STEP / 40
            self._at += STEP

    def _restart(self, scope: str) -> None:
        """A server that starts counts from 0."""
        self._counters[scope] = defaultdict(float)
        for key in list(self._distributions):
            if key[0] == scope:
                self._distributions[key] = Distribution()

    def _share(self, place: int, levers: Levers) -> float:
        base = 1.0 if place in self.body.loaded else 0.0
        return levers.number(f"resident {place + 1}", base)

    def _moment(self, elapsed: float, levers: Levers | None = None) -> Moment:
        now = self._levers(elapsed) if levers is None else levers
        before = self._levers(elapsed - STEP) if levers is None else levers
        shares = [self._share(place, now) for place in range(len(self.body.models))]
        earlier = [self._share(place, before) for place in range(len(self.body.models))]
        moment = Moment()
        served = self._serve(moment, elapsed, now, shares)
        busy = self._gpus(moment, elapsed, now, shares, served)
        tokens = self._tokens(moment, now, served)
        self._models(moment, shares, served)
        loading = sum(
            max(share - last, 0) / STEP * model.file
            for share, last, model in zip(shares, earlier, self.body.models, strict=True)
        )
        pressure = self._memory(moment, elapsed, now, shares)
        filling = self._filesystems(moment, elapsed, now, before)
        arriving = now.number("network_receive", 0.0)
        reading = loading + now.number("disk_read", 0.0) + 2e8 * pressure
        self._disks(moment, elapsed, reading, filling + arriving + 1e8 * pressure)
        self._nics(moment, elapsed, arriving, tokens)
        requests = sum(one.running for one in served.values())
        self._host(moment, elapsed, now, _Load(requests, busy, loading, pressure))
        self._tiers(moment, elapsed)
        return moment

    def _serve(
        self, moment: Moment, elapsed: float, levers: Levers, shares: list[float]
    ) -> dict[str, Serving]:
        """What each server has to do; a server without its model has nothing."""
        served = {}
        for server in self.body.servers:
            scope = f"server/{server.name}"
            there = shares[server.model] >= 1
            moment.up[scope] = there
            name = f"{self._name}/{server.name}"
            served[server.name] = Serving.wanted(name, elapsed, levers) if there else Serving(0)
        return served

    def _gpus(
        self, moment: Moment, elapsed: float, levers: Levers, shares: list[float], served: dict[str, Serving]
    ) -> float:
        """Utilisation, clock, power, heat and framebuffer of each GPU; the busiest one's utilisation."""
        most = 0.0
        for gpu in self.body.gpus:
            scope = f"gpu/{gpu.index}"
            drift = noise(f"{self._name}/{scope}", elapsed, 45)
            busy = self._busy(gpu.index, shares, served, drift)
            busy = min(max(levers.number("gpu_busy", busy), 0.0), 1.0)
            most = max(most, busy)
            free_clock = gpu.idle_clock + (gpu.clock * (1 - 0.04 * busy) - gpu.idle_clock) * min(4 * busy, 1)
            clock = min(free_clock * (1 + 0.004 * drift), levers.number("gpu_clock", gpu.top_clock))
            relative = clock / gpu.clock
            power = gpu.idle_watts + (gpu.watts - gpu.idle_watts) * busy * min(relative, 1) ** 1.5
            gauges = {
                "gpu_utilization": round(busy, 2),
                "gpu_memory_utilization": round(0.55 * busy, 2),
                "gpu_clock": round(clock / 1e6) * 1e6,
                "gpu_power": power,
                "gpu_temperature": round(self._heat[gpu.index]),
                "heat": 36 + 42 * power / gpu.watts,
                "gpu_idle": float(round(busy, 2) == 0),
                "gpu_limit": gpu.watts,
                "gpu_top_clock": gpu.top_clock,
                "index": float(gpu.index),
                "gpu_slow": min(relative, 1.0),
            }
            gauges |= self._framebuffer(gpu.index, shares)
            moment.gauges[scope] = gauges
            moment.rates[scope] = {"gpu_energy": power}
        return most

    def _busy(self, index: int, shares: list[float], served: dict[str, Serving], drift: float) -> float:
        """How busy a GPU is: by the requests of its models, and a little by itself where nobody serves."""
        here = [
            served[server.name].running
            for server in self.body.servers
            if index in self.body.models[server.model].gpus
        ]
        if here:
            running = sum(here)
            return min(0.97, 0.5 + 0.12 * running + 0.04 * drift) if running else 0.0
        holds = any(
            share >= 1 and index in model.gpus for share, model in zip(shares, self.body.models, strict=True)
        )
        return 0.45 + 0.25 * drift if holds else 0.01 + 0.01 * drift

    def _framebuffer(self, index: int, shares: list[float]) -> dict[str, float]:
        """Used, free and kept by the driver add up to the size. On unified memory that is the RAM."""
        gpu = self.body.gpus[index]
        size = gpu.memory or self.body.memory
        kept = _PART_OF_DRIVER * size if gpu.memory else 0.0
        held = _CONTEXT + sum(
            share * model.size / len(model.gpus)
            for share, model in zip(shares, self.body.models, strict=True)
            if index in model.gpus
        )
        used = min(held, size - kept - 2**20)
        return {
            "gpu_memory_total": float(size),
            "gpu_memory_reserved": float(round(kept)),
            "gpu_memory_used": float(round(used)),
            "gpu_memory_free": float(size - round(kept) - round(used)),
        }

    def _tokens(self, moment: Moment, levers: Levers, served: dict[str, Serving]) -> float:
        """Tokens, requests and latencies of each server; all its tokens a second together."""
        total = 0.0
        for server in self.body.servers:
            scope = f"server/{server.name}"
            model = self.body.models[server.model]
            slow = min(
                (moment.gauges[f"gpu/{index}"]["gpu_slow"] for index in model.gpus), default=1.0
            ) * levers.number("slower", 1.0)
            told = serving(served[server.name], self.body.tokens_per_second * slow, model.size)
            moment.gauges[scope] = told.gauges
            moment.rates[scope] = told.rates
            moment.observed |= {(scope, name): seen for name, seen in told.observed.items()}
            total += told.rates["tokens_generated"]
        return total

    def _models(self, moment: Moment, shares: list[float], served: dict[str, Serving]) -> None:
        """What is held of each model, and who works with it."""
        busy = {server.model for server in self.body.servers if served[server.name].running}
        for place, (share, model) in enumerate(zip(shares, self.body.models, strict=True)):
            moment.gauges[f"model/{place}"] = {
                "loaded": float(share >= 1),
                "generating": float(place in busy),
                "held": float(round(share * model.size / max(len(model.gpus), 1))),
                "size": float(model.size),
                "file": float(model.file),
            }
        moment.gauges["host"]["loaded_models"] = float(sum(share >= 1 for share in shares))
        moment.gauges["host"]["known_models"] = float(len(shares))
        for gpu in self.body.gpus:
            there = sum(
                share > 0 and gpu.index in model.gpus
                for share, model in zip(shares, self.body.models, strict=True)
            )
            moment.gauges[f"gpu/{gpu.index}"]["processes"] = float(there)

    def _memory(self, moment: Moment, elapsed: float, levers: Levers, shares: list[float]) -> float:
        """The RAM. Models are in it unless GPUs have memory of their own; how short it is, 0 to 1."""
        held = sum(
            share * (1.2 * GIB if self.body.discrete else model.size)
            for share, model in zip(shares, self.body.models, strict=True)
        )
        drift = noise(f"{self._name}/memory", elapsed, 90)
        told = memory(self.body, held, levers.number("memory_taken", 0.0), drift)
        moment.gauges["host"] |= told.gauges
        moment.gauges["host"] |= {f"memory_{name}": told.gauges[name] for name in ("swap_total", "swap_used")}
        moment.rates["host"] |= told.rates
        return told.pressure

    def _filesystems(self, moment: Moment, elapsed: float, levers: Levers, before: Levers) -> float:
        """Sizes and what is left; the bytes a second that fill the main one."""
        filling = 0.0
        for row in self.body.filesystems:
            base = row["used"] + 0.002 * noise(f"{self._name}/{row['mountpoint']}", elapsed, 3600)
            used, last = base, base
            if row.get("main"):
                used = min(max(levers.number("disk_used", base), 0.0), 1.0)
                last = min(max(before.number("disk_used", base), 0.0), 1.0)
                filling = max(filling, (used - last) / STEP * row["size"])
            left = float(round(row["size"] * (1 - used)))
            moment.gauges[f"filesystem/{row['mountpoint']}"] = {
                "size": float(row["size"]),
                "available": left,
                "free": min(left + 0.02 * row["size"], float(row["size"])),
                "files": float(row["files"]),
                "files_free": float(round(row["files"] * (1 - 0.1 * used))),
                "readonly": float(row.get("readonly", 0)),
                "purgeable": round(left * 1.03) if self.body.host.os == "darwin" and row.get("main") else 0.0,
            }
        return filling

    def _disks(self, moment: Moment, elapsed: float, reading: float, writing: float) -> None:
        for place, row in enumerate(self.body.disks):
            scope = f"disk/{row['device']}"
            drift = noise(f"{self._name}/{scope}", elapsed, 60)
            read = 3e5 * (1 + 0.5 * drift) + (reading if place == 0 else 0.0)
            written = 4e5 * (1 + 0.5 * drift) + (writing if place == 0 else 0.0)
            reads, writes = read / 131072 + 1, written / 131072 + 2
            moment.rates[scope] = {
                "read_bytes": read,
                "written_bytes": written,
                "reads": reads,
                "writes": writes,
                "read_time": 0.0002 * reads,
                "write_time": 0.0005 * writes,
                "io_time": min((read + written) / 3e9 + 0.002, 0.99),
                "flushes": 0.3,
            }

    def _nics(self, moment: Moment, elapsed: float, arriving: float, tokens: float) -> None:
        for row in self.body.nics:
            scope = f"nic/{row['device']}"
            drift = noise(f"{self._name}/{scope}", elapsed, 50)
            share = row["share"]
            received = share * (4e4 * (1 + 0.4 * drift) + 30 * tokens + arriving)
            sent = share * (3e4 * (1 + 0.4 * drift) + 60 * tokens + arriving / 60)
            if row.get("virtual"):
                received = sent = 2e4 * (1 + 0.4 * drift)
            moment.rates[scope] = {
                "received": received,
                "sent": sent,
                "packets_received": received / 900,
                "packets_sent": sent / 900,
                "bytes_recv": received,
                "bytes_sent": sent,
            }
            moment.gauges[scope] = {
                "mtu": float(row["mtu"]),
                "speed": float(row.get("speed", -1)),
                "link": float(not row.get("virtual")),
            }

    def _host(self, moment: Moment, elapsed: float, levers: Levers, load: _Load) -> None:
        """The CPUs, the load, the heat and the clock."""
        drift = noise(f"{self._name}/cpu", elapsed, 40)
        cpus = self.body.cpus
        busy = 0.05 + 0.02 * drift + 0.7 * load.requests / cpus + (0.08 if load.loading else 0.0)
        busy = min(max(levers.number("cpu_busy", busy + 0.25 * load.pressure), 0.01), 0.88)
        waiting = 0.004 + min(load.loading / 4e10, 0.04) + 0.05 * load.pressure
        shares = {"user": 0.76, "system": 0.2, "irq": 0.01, "softirq": 0.02, "nice": 0.01, "steal": 0.0}
        rates = moment.rates["host"]
        rates |= {f"cpu_{mode}": busy * share for mode, share in shares.items()}
        rates |= {
            "cpu_iowait": waiting,
            "cpu_seconds_of_exporter": 0.002,
            "context_switches": 4000 + 60_000 * busy,
            "interrupts": 3000 + 30_000 * busy,
            "forks": 2 + 10 * busy,
            "waiting_for_cpu": 0.01 + max(busy - 0.6, 0),
            "waiting_for_io": waiting,
            "events": 0.2,
            "polls_success": 1 / 30,
            "seconds": 1.0,
        }
        temperature = 36 + 34 * busy + 10 * load.gpu
        now = self._started + elapsed
        moment.gauges["host"] |= {
            "cpu_utilization": busy,
            "cpu_clock": 8e8 + 2.4e9 * min(2 * busy, 1),
            "cpu_power": 4 + 40 * busy,
            "load1": cpus * busy * 1.05,
            "load5": cpus * (0.06 + 0.6 * busy),
            "load15": cpus * (0.07 + 0.5 * busy),
            "load_1m": cpus * busy * 1.05,
            "load_5m": cpus * (0.06 + 0.6 * busy),
            "load_15m": cpus * (0.07 + 0.5 * busy),
            "os_number": self._os_number,
            "ping": 1.0,
            "procs_running": 1.0 + round(cpus * busy),
            "procs_blocked": float(round(3 * load.pressure)),
            "temperature": temperature,
            "fan_speed": 1100 + 30 * (temperature - 36),
            "time": now,
            "boot_time": self._started - self.body.uptime,
            "start_time": self._started - min(self.body.uptime, _PAST_OF_SERVERS),
            "gpu_count": float(len(self.body.gpus)),
            "sockets": 140 + 20 * drift,
            "requests_running": float(load.requests),
        }
        for place, row in enumerate(self.body.sensors):
            moment.gauges[f"sensor/{place}"] = {"temperature": round(temperature + row["above"], 1)}
        self._powers(moment)

    def _powers(self, moment: Moment) -> None:
        """The parts of a Mac's power, which add up."""
        host = moment.gauges["host"]
        gpu = moment.gauges["gpu/0"]["gpu_power"] if self.body.gpus else 0.0
        memory_power = 2 + 0.12 * gpu
        host |= {
            "power_cpu": host["cpu_power"],
            "power_gpu": gpu,
            "power_ane": 0.0,
            "power_dram": memory_power,
            "power_gpu_sram": 0.02 * gpu,
            "power_package": host["cpu_power"] + gpu,
            "power_total": host["cpu_power"] + gpu + memory_power,
            "power_system": 1.15 * (host["cpu_power"] + gpu + memory_power) + 8,
            "bandwidth_read": 2.4 * gpu * 1e9,
            "bandwidth_write": 0.8 * gpu * 1e9,
            "bandwidth_combined": 3.2 * gpu * 1e9,
            "speed_download": moment.rates.get(f"nic/{self._main_nic()}", {}).get("received", 0.0),
            "speed_upload": moment.rates.get(f"nic/{self._main_nic()}", {}).get("sent", 0.0),
        }
        disk = moment.rates[f"disk/{self.body.disks[0]['device']}"]
        host |= {
            "speed_read": disk["read_bytes"],
            "speed_write": disk["written_bytes"],
            "operations_read": disk["reads"],
            "operations_write": disk["writes"],
        }

    def _main_nic(self) -> str:
        return next((str(row["device"]) for row in self.body.nics if row["share"]), "")

    def _tiers(self, moment: Moment, elapsed: float) -> None:
        """What a proxy in front of the models routes: most of it to local ones."""
        if not self.body.host.has("litellm"):
            return
        for tier, usual in (("local", 0.06), ("frontier", 0.012)):
            requests = usual * (1 + 0.5 * noise(f"{self._name}/{tier}", elapsed, 75))
            moment.rates[f"tier/{tier}"] = {
                "requests": requests,
                "tokens_in": 3000 * requests,
                "tokens_out": 600 * requests,
                "tokens": 3600 * requests,
                "spend": requests * (3000 * 3 + 600 * 15) / 1e6 if tier == "frontier" else 0.0,
            }
            moment.observed[f"tier/{tier}", "request_time"] = (requests, 9.0)
            moment.observed[f"tier/{tier}", "ttft"] = (requests, 0.9)
            moment.observed[f"tier/{tier}", "token_time"] = (requests, 0.02)
            moment.observed[f"tier/{tier}", "overhead"] = (requests, 0.03)

    def _cpu_weights(self) -> list[float]:
        """How much of the work each CPU does, 1 in the mean."""
        raw = [0.92 + 0.16 * fixed(f"{self._name}/cpu/{number}") for number in range(self.body.cpus)]
        mean = sum(raw) / len(raw)
        return [weight / mean for weight in raw]

    def _add_cpus(self, scopes: Scopes, elapsed: float) -> None:
        """Each CPU's modes, which add up to the time since boot."""
        host = scopes["host"]
        up = self.body.uptime + elapsed
        busy = host["cpu_utilization"]
        for number, weight in enumerate(self._weights):
            modes = {f"cpu_{mode}": weight * host[f"cpu_{mode}"] for mode in MODES}
            modes["cpu_idle"] = up - sum(modes.values())
            modes["cpu_utilization"] = min(weight * busy, 1.0)
            modes["packets"] = 30 * up / 10
            scopes[f"cpu/{number}"] = modes


class _Load(Struct, frozen=True):
    """What the CPUs have to do with: requests, the busiest GPU's utilisation, bytes a second, shortage."""

    requests: float
    gpu: float
    loading: float
    pressure: float
