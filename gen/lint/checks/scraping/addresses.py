"""What is scraped: addresses that cannot work, and what is scraped twice."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import PurePosixPath

from monogen.inventory.findings import quoted
from monogen.lint.check import FoundThere, check
from monogen.lint.checks.scraping.examples import prometheus, scrape_config
from monogen.lint.checks.scraping.normal import ScrapeConfig, StaticConfig, normal
from monogen.lint.context import Context
from monogen.lint.documents import ScrapeItem
from monogen.lint.model import Found, Keys

HIGHEST_PORT = 65_535

Scraped = tuple[str, str, str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Scheme, address, path, parameters: what makes a request."""


@check(
    "MG502",
    "duplicate-target",
    family="scraping",
    severity="warning",
    on="everything",
    what="The same scheme, address, path and parameters are scraped twice: within one scrape config, in "
    "two of one `prometheus.yml`, or in two ScrapeConfigs of one folder and namespace.",
    why="Every sum and count over these hosts is doubled, and where both carry the same labels, "
    "Prometheus rejects the second sample. An API server refuses an address that stands twice in one "
    "`targets` list. Targets that relabeling chooses or rewrites are not compared.",
    bad=prometheus("""
        scrape_configs:
        - job_name: disks
          static_configs:
          - targets: [nas.lan:9633]
            labels: {instance: nas}
        - job_name: storage
          static_configs:
          - targets: [nas.lan:9633]
            labels: {instance: nas}
    """),
    good=prometheus("""
        scrape_configs:
        - job_name: disks
          static_configs:
          - targets: [nas.lan:9633]
            labels: {instance: nas}
    """),
)
def duplicate_target(context: Context) -> Iterator[FoundThere]:
    """Look for the second time that the same request is made."""
    seen: dict[tuple[object, ...], tuple[ScrapeItem, Keys]] = {}
    for item in context.linted.scrapes:
        config = normal(item)
        for entry in config.static:
            yield from ((item.document, found) for found in _twice_in_a_list(config, entry))
            if config.rewrites_targets:
                continue
            for address, keys in dict(reversed(entry.targets)).items():
                key = (_scope(item), _scraped(config, entry, address))
                first, first_keys = seen.setdefault(key, (item, keys))
                if first is not item or first_keys != keys:
                    yield item.document, _scraped_twice(item, first, address, keys)


def _twice_in_a_list(config: ScrapeConfig, entry: StaticConfig) -> Iterator[Found]:
    seen: set[str] = set()
    for address, keys in entry.targets:
        if address in seen:
            yield Found(
                keys,
                f"{quoted(address)} stands twice in this list",
                "the API server refuses the object; leave one out" if config.operator else "leave one out",
                severity="error" if config.operator else "warning",
            )
        seen.add(address)


def _scope(item: ScrapeItem) -> tuple[object, ...]:
    """What one server loads together, as far as one can tell from files."""
    path = item.document.source.path
    if item.form == "prometheus":
        return ("prometheus", path, item.document.number)
    metadata = item.document.data.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return ("operator", str(PurePosixPath(path).parent), str(namespace))


def _scraped(config: ScrapeConfig, entry: StaticConfig, address: str) -> Scraped:
    labels = entry.labels
    params = {**config.params}
    for name, value in labels.items():
        if name.startswith("__param_"):
            params[name.removeprefix("__param_")] = (value,)
    return (
        labels.get("__scheme__") or config.scheme,
        address.lower(),
        labels.get("__metrics_path__") or config.path,
        tuple(sorted(params.items())),
    )


def _scraped_twice(item: ScrapeItem, first: ScrapeItem, address: str, keys: Keys) -> Found:
    if first is item:
        where = "by this scrape config already"
    elif first.document is item.document:
        where = f"by the job {quoted(first.job)} already"
    else:
        where = f"by the job {quoted(first.job)} in {first.document.source.path} already"
    return Found(keys, f"{quoted(address)} is scraped {where}", "leave one of them out")


@check(
    "MG509",
    "bad-address",
    family="scraping",
    severity="error",
    on="scrape",
    what="A static target that cannot be reached as written: with a scheme or a path in it, a `.local` "
    "name, loopback in a ScrapeConfig, no port, a port that does not exist.",
    why="Prometheus loads the file and drops the target, or asks somewhere else than is meant: `.local` "
    "names are mDNS, which Prometheus does not resolve; `localhost` in a ScrapeConfig is Prometheus' "
    "own pod; without a port it is 80. Targets that relabeling rewrites, as for the blackbox "
    "exporter, are left alone.",
    bad=scrape_config("""
        staticConfigs:
        - targets: ["http://nas.lan:9633/metrics"]
          labels: {instance: nas}
    """),
    good=scrape_config("""
        scheme: HTTP
        metricsPath: /metrics
        staticConfigs:
        - targets: ["nas.lan:9633"]
          labels: {instance: nas}
    """),
)
def bad_address(item: ScrapeItem, _: Context) -> Iterator[Found]:
    """Look at each static address."""
    config = normal(item)
    if config.rewrites_targets:
        return
    for entry in config.static:
        scheme = entry.labels.get("__scheme__") or config.scheme
        for address, keys in entry.targets:
            if found := _refused(config, address, keys) or _misleading(config, address, keys, scheme):
                yield found


def _refused(config: ScrapeConfig, address: str, keys: Keys) -> Found | None:
    """What no scrape can come of."""
    if "://" in address:
        keys_of_their_own = f"{_spelled(config, 'scheme')} and {_spelled(config, 'metrics_path')}"
        hint = f"write host:port only; {keys_of_their_own} are keys of their own"
        return Found(keys, f"the target {quoted(address)} has a scheme", hint)
    if "/" in address:
        hint = f"write host:port only; {_spelled(config, 'metrics_path')} is a key of its own"
        return Found(keys, f"the target {quoted(address)} has a path", hint)
    if any(character.isspace() for character in address):
        return Found(keys, f"the target {quoted(address)} has a space in it", "write host:port only")
    host, port = split_address(address)
    if not address.startswith("[") and ":" in host:
        return Found(
            keys,
            f"the IPv6 address {quoted(address)} has no brackets",
            "write [address]:port, in quotes for YAML",
        )
    if port and (not port.isascii() or not port.isdigit() or int(port) > HIGHEST_PORT):
        return Found(keys, f"{quoted(port)} is no port", f"a number up to {HIGHEST_PORT}")
    return None


def _misleading(config: ScrapeConfig, address: str, keys: Keys, scheme: str) -> Found | None:
    """What is scraped, but hardly where it is meant."""
    host, port = split_address(address)
    if host.lower().rstrip(".").endswith(".local"):
        return Found(
            keys,
            f"{quoted(host)} is an mDNS name, which Prometheus does not resolve",
            "use an IP address or a DNS name, and set the label `instance`",
            severity="warning",
        )
    if config.operator and is_loopback(host):
        return Found(
            keys,
            f"{quoted(address)} is Prometheus' own pod",
            "write an address that the pod can reach, for example host.minikube.internal",
            severity="warning",
        )
    if not port and scheme == "http":
        return Found(
            keys,
            f"the target {quoted(address)} has no port, so port 80 is scraped",
            "add the exporter's port, or :80 if it is meant",
            severity="warning",
        )
    return None


def _spelled(config: ScrapeConfig, name: str) -> str:
    return f"`{config.spelled(name)}`"


def split_address(address: str) -> tuple[str, str]:
    """Host and port of ``host:port``; the port is "" where there is none."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, rest.removeprefix(":")
    host, colon, port = address.rpartition(":")
    return (host, port) if colon else (address, "")


def is_loopback(host: str) -> bool:
    """Whether a host is the machine that asks."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
