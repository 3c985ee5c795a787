"""What a JSON Schema cannot see: how the parts of an inventory fit together.

Each check takes what was built and gives Findings; none of them knows files or lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from monogen.inventory.addresses import is_loopback, is_mdns
from monogen.inventory.building import OS_OF
from monogen.inventory.findings import Finding, Key, nearest_or_all, quoted
from monogen.inventory.kinds import KindLike
from monogen.inventory.model import Exporter, Host, PrometheusSettings
from monogen.quantities import format_duration

# fmt: off
SET_BY_MONOGEN = frozenset(
    {
        "instance", "job", "server", "os", "hardware", "fleet", "gpu", "gpu_name", "gpu_index",
        "metric", "model", "pool", "mountpoint", "fstype", "device", "severity", "alert",
        "driver_version", "pid", "process_name",
    }
)
# fmt: on
"""Labels of the recorded series' own vocabulary."""

# fmt: off
SET_BY_PROMETHEUS = frozenset(
    {
        "alertname", "alertstate", "le", "quantile", "namespace", "pod", "container", "endpoint",
        "service", "prometheus", "prometheus_replica",
    }
)
# fmt: on
"""Labels that Prometheus, Alertmanager or the operator set or give a meaning."""

# fmt: off
SET_BY_EXPORTERS = frozenset(
    {
        "Hostname", "UUID", "build_id", "chip", "chip_name", "collector", "component", "core", "cpu",
        "domainname", "duplex", "err_code", "fan", "governor", "hostname", "id", "index", "interface",
        "label", "machine", "mode", "modelName", "model_name", "name", "nodename", "operstate",
        "package", "path", "pci_bus_id", "power_supply", "release", "rotational", "sensor", "state",
        "sysname", "type", "uuid", "version", "zone",
    }
)
# fmt: on
"""Labels that rules read from the exporters: one of the same name on a target would rename those."""

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LEAST_MEMORY = 256 * 2**20


def check_settings(document: Mapping[str, Any], settings: PrometheusSettings) -> Iterator[Finding]:
    """The fleet's own settings: intervals, labels, names of jobs."""
    for key in ("scrape_interval", "scrape_timeout", "evaluation_interval", "retention"):
        if getattr(settings, key) <= 0:
            yield Finding(("prometheus", key), f"`{key}` must be more than nothing", "write for example 30s")
    if settings.scrape_timeout > settings.scrape_interval:
        yield Finding(
            ("prometheus", "scrape_timeout"),
            f"the timeout of {format_duration(settings.scrape_timeout)} is longer than the interval of "
            f"{format_duration(settings.scrape_interval)}",
            "Prometheus refuses this: shorten `scrape_timeout` or lengthen `scrape_interval`",
        )
    for keys in (("labels",), ("defaults", "labels")):
        mapping: Any = document
        for key in keys:
            mapping = mapping.get(key, {})
        yield from check_label_names(mapping, keys)


def check_label_names(names: Iterable[str], keys: tuple[Key, ...]) -> Iterator[Finding]:
    """Label names that Prometheus refuses, or that mean something else already."""
    for name in names:
        problem = _label_problem(name)
        if problem:
            yield Finding((*keys, name), problem[0], problem[1], on_key=True)


def _label_problem(name: str) -> tuple[str, str] | None:
    if not _LABEL_NAME.fullmatch(name):
        return f"{quoted(name)} cannot be a label's name", "letters, digits and _ only, no digit first"
    if name.startswith("__"):
        return f"the label {quoted(name)} is reserved", "names that begin with __ are internal to Prometheus"
    if name in SET_BY_MONOGEN:
        return f"the label {quoted(name)} is set by monogen", "choose another name"
    if name in SET_BY_PROMETHEUS:
        return f"the label {quoted(name)} is set by Prometheus", "choose another name"
    if name in SET_BY_EXPORTERS or name.startswith("exported_"):
        return (
            f"the label {quoted(name)} is set by exporters, and rules read it",
            f"choose another name, such as `own_{name.removeprefix('exported_')}`",
        )
    return None


def check_kinds(jobs: Iterable[str], kinds: Mapping[str, KindLike]) -> Iterator[Finding]:
    """`jobs` names kinds of exporters."""
    for kind in jobs:
        if kind not in kinds:
            message = f"unknown kind of exporter {quoted(kind)}"
            yield Finding(("jobs", kind), message, nearest_or_all(kind, kinds), on_key=True)


def check_names(hosts: Sequence[Any]) -> Iterator[Finding]:
    """A host's name is the label instance, so it stands for one host only."""
    first: dict[str, int] = {}
    for index, host in enumerate(hosts):
        name = host.get("name") if isinstance(host, dict) else None
        if isinstance(name, str) and first.setdefault(name, index) != index:
            yield Finding(
                ("hosts", index, "name"),
                f"the host {quoted(name)} is given twice",
                "names are unique in the whole inventory: rename or remove one",
                other=("hosts", first[name], "name"),
            )


class HostChecks:
    """Checks host after host; remembers what must be unique in the whole fleet."""

    def __init__(
        self,
        kinds: Mapping[str, KindLike],
        settings: PrometheusSettings,
        jobs: Mapping[str, str],
        hosts: Sequence[Mapping[str, Any]],
    ) -> None:
        """``hosts`` are the raw ones, to name the keys of exporters in lists."""
        self._kinds = kinds
        self._settings = settings
        self._jobs = {kind: jobs.get(kind, header.job) for kind, header in kinds.items()}
        self._hosts = hosts
        self._good_labels: set[str] = set()
        self._fitting: set[tuple[str, str, str]] = set()
        self._targets: dict[tuple[Any, ...], tuple[str, Exporter, tuple[Key, ...]]] = {}

    def check(self, host: Host, index: int) -> Iterator[Finding]:
        """Everything about one host that can be wrong although each key is right."""
        at = ("hosts", index)
        raw = self._hosts[index]
        if OS_OF.get(host.hardware, host.os) != host.os:
            yield _os_and_hardware(host, (*at, "os" if "os" in raw else "hardware"))
        if "memory" in raw or host.reserved is not None or host.gpu_memory_limit is not None:
            yield from _check_memory(host, at)
        if "labels" in raw:
            yield from self._check_labels(raw["labels"], (*at, "labels"))
        if host.models:
            yield from _check_models(host, at)
        yield from self._check_exporters(host, at)

    def _check_labels(self, names: Iterable[str], keys: tuple[Key, ...]) -> Iterator[Finding]:
        for name in names:
            if name not in self._good_labels:
                findings = list(check_label_names([name], keys))
                yield from findings
                if not findings:
                    self._good_labels.add(name)

    def _check_exporters(self, host: Host, at: tuple[Key, ...]) -> Iterator[Finding]:
        identities: dict[tuple[str, str], Exporter] = {}
        several: dict[str, int] = {}
        for exporter in host.exporters:
            kind = exporter.kind
            keys: tuple[Key, ...] = (*at, "exporters", kind)
            if self._is_list(keys, kind):
                several[kind] = several.get(kind, -1) + 1
                keys = (*keys, several[kind])
            if (kind, host.os, host.hardware) not in self._fitting:
                yield from self._check_fit(host, kind, keys)
            identity = (self._jobs[kind], exporter.server)
            if identity in identities:
                yield _same_identity(exporter, identities[identity], identity[0], keys)
            identities[identity] = exporter
            yield from self._check_settings(exporter, keys)
            if not exporter.cluster:
                yield from self._check_target(host, exporter, keys)

    def _is_list(self, keys: tuple[Key, ...], kind: str) -> bool:
        stated = self._hosts[int(keys[1])].get("exporters", {})
        return isinstance(stated.get(kind), list)

    def _check_fit(self, host: Host, kind: str, keys: tuple[Key, ...]) -> Iterator[Finding]:
        header = self._kinds[kind]
        if host.os in header.os and (header.hardware is None or host.hardware in header.hardware):
            self._fitting.add((kind, host.os, host.hardware))
            return
        needs = " or ".join(sorted(header.os))
        if header.hardware is not None:
            needs += f" on {' or '.join(sorted(header.hardware))}"
        fitting = sorted(
            name
            for name, other in self._kinds.items()
            if other.server == header.server
            and host.os in other.os
            and (other.hardware is None or host.hardware in other.hardware)
        )
        yield Finding(
            keys,
            f"{quoted(kind)} cannot run on {quoted(host.name)} ({host.os}, {host.hardware}): needs {needs}",
            f"here can run: {', '.join(fitting)}; `{kind}: false` drops what `defaults` brings in",
            on_key=True,
        )

    def _check_settings(self, exporter: Exporter, keys: tuple[Key, ...]) -> Iterator[Finding]:
        if exporter.interval is not None or exporter.timeout is not None:
            yield from self._check_times(exporter, keys)
        if exporter.tls is not None:
            yield from _check_tls(exporter, keys)
        if exporter.labels:
            yield from self._check_labels(exporter.labels, (*keys, "labels"))

    def _check_times(self, exporter: Exporter, keys: tuple[Key, ...]) -> Iterator[Finding]:
        interval = self._settings.scrape_interval if exporter.interval is None else exporter.interval
        for name, value in (("interval", exporter.interval), ("timeout", exporter.timeout)):
            if value is not None and value <= 0:
                yield Finding((*keys, name), f"`{name}` must be more than nothing", "write for example 30s")
        if exporter.timeout is not None and exporter.timeout > interval > 0:
            whose = "the fleet's interval" if exporter.interval is None else "its interval"
            yield Finding(
                (*keys, "timeout"),
                f"the timeout of {format_duration(exporter.timeout)} is longer than {whose} of "
                f"{format_duration(interval)}",
                "Prometheus refuses this: shorten `timeout` or lengthen `interval`",
            )

    def _check_target(self, host: Host, exporter: Exporter, keys: tuple[Key, ...]) -> Iterator[Finding]:
        target = (exporter.scheme, exporter.address.lower(), exporter.path, exporter.params)
        other = self._targets.setdefault(target, (host.name, exporter, keys))
        # A host that is given twice is told once, by its name.
        same_name = other[0] == host.name and other[2][1] != keys[1]
        if other[1] is not exporter and not same_name:
            yield Finding(
                keys,
                f"{_called(exporter)} of {quoted(host.name)} and {_called(other[1])} of {quoted(other[0])} "
                f"are one target: {exporter.scheme}://{exporter.address}{exporter.path}",
                "everything would be stored twice: mend `port`, `endpoint`, `path` or `params`, or drop one",
                on_key=True,
                other=other[2],
            )


def _called(exporter: Exporter) -> str:
    name = f" {quoted(exporter.server)}" if exporter.server not in ("", exporter.kind) else ""
    return f"`{exporter.kind}`{name}"


def _os_and_hardware(host: Host, keys: tuple[Key, ...]) -> Finding:
    return Finding(
        keys,
        f"{quoted(host.name)} cannot be {host.os}: {host.hardware} runs {OS_OF[host.hardware]}",
        "drop `os`, or state the right `hardware` (generic fits any OS)",
    )


def _check_memory(host: Host, at: tuple[Key, ...]) -> Iterator[Finding]:
    if host.memory is None:
        return
    if host.memory < _LEAST_MEMORY:
        yield Finding(
            (*at, "memory"),
            f"{host.memory} bytes of memory are too few",
            "a number alone is bytes: write 128GB",
        )
        return
    for key, value in (("reserved", host.reserved), ("gpu_memory_limit", host.gpu_memory_limit)):
        if value is not None and value > host.memory:
            message = f"`{key}` ({value / 2**30:.4g} GiB) is more than the memory of {quoted(host.name)}"
            yield Finding((*at, key), message, f"its `memory` is {host.memory / 2**30:.4g} GiB")


def _check_models(host: Host, at: tuple[Key, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, model in enumerate(host.models):
        if model.name in seen:
            yield Finding(
                (*at, "models", index, "name"),
                f"the model {quoted(model.name)} stands twice on {quoted(host.name)}",
                "the name becomes the label `model`: give the second another one",
            )
        seen.add(model.name)


def _check_tls(exporter: Exporter, keys: tuple[Key, ...]) -> Iterator[Finding]:
    if exporter.scheme != "https":
        yield Finding((*keys, "tls"), "`tls` needs `scheme: https`", "add it, or drop `tls`")
    if exporter.tls is not None and (exporter.tls.cert is None) != (exporter.tls.key is None):
        yield Finding((*keys, "tls"), "a client certificate needs both `cert` and `key`")


def _same_identity(exporter: Exporter, other: Exporter, job: str, keys: tuple[Key, ...]) -> Finding:
    if exporter.kind == other.kind:
        return Finding(
            (*keys, "name"),
            f"two {quoted(exporter.kind)} of one host are named {quoted(exporter.server)}",
            "the name becomes the label `server`, which tells them apart",
        )
    return Finding(
        keys,
        f"`{exporter.kind}` and `{other.kind}` share the job {quoted(job)} on one host",
        "their series would collide: give one of them another name in `jobs`",
        on_key=True,
    )


def notes(hosts: Sequence[Host]) -> Iterator[str]:
    """What is worth a word although it is not wrong: addresses that may not lead where they seem to."""
    mdns = [host.name for host in hosts if any(_scraped(e) and is_mdns(e.address) for e in host.exporters)]
    if mdns:
        yield (
            f"{_some(mdns)}: .local addresses are multicast DNS, which Prometheus does not resolve; "
            "state an `address` that your DNS knows, or an IP address"
        )
    loopback = [
        host.name for host in hosts if any(_scraped(e) and is_loopback(e.address) for e in host.exporters)
    ]
    if loopback:
        yield (
            f"{_some(loopback)}: a loopback address is the machine that Prometheus runs on (in Kubernetes "
            "its own pod), not the host"
        )


def _scraped(exporter: Exporter) -> bool:
    return not exporter.cluster


def _some(names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
