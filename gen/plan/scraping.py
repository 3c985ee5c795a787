"""Who is scraped how: targets of one kind and one way of scraping become one scrape job."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from monogen.inventory.model import BasicAuth, BearerToken, Exporter, Fleet, Tls
from monogen.monitoring import ScrapeJob, ScrapeTarget
from monogen.plan.buckets import split
from monogen.plan.labels import host_labels
from monogen.quantities import format_duration
from msgspec import Struct

MOST_BYTES = 120_000
"""Of one object's targets; kubectl's annotation holds at most 262,144 bytes."""

Params = tuple[tuple[str, tuple[str, ...]], ...]


class Way(Struct, frozen=True):
    """What a whole scrape job shares. Paths and single parameters are not in it: target labels do those."""

    kind: str
    scheme: str
    params: Params
    interval: float | None
    timeout: float | None
    auth: BasicAuth | BearerToken | None
    tls: Tls | None


def scrape_jobs(fleet: Fleet) -> tuple[ScrapeJob, ...]:
    """The scrape jobs of the fleet, by kind of exporter; hosts in the order of the inventory.

    The job of the plain way (http, no credentials, the fleet's interval) has the kind's name. Another
    way adds a word and a hash of its settings, so that a new way never renames an old one.
    """
    ways: dict[Way, list[tuple[str, ScrapeTarget]]] = {}
    for host_name, exporter, target in _targets(fleet):
        ways.setdefault(_way(exporter), []).append((host_name, target))
    jobs = [job for way, targets in ways.items() for job in _jobs(fleet, way, targets)]
    return tuple(sorted(jobs, key=lambda job: job.name))


def _targets(fleet: Fleet) -> Iterator[tuple[str, Exporter, ScrapeTarget]]:
    for host in fleet.hosts:
        shared = host_labels(fleet, host)
        for exporter in host.exporters:
            if exporter.cluster:
                continue
            labels = {**shared, **exporter.labels}
            if exporter.server:
                labels["server"] = exporter.server
            if exporter.model:
                labels["model"] = exporter.model
            if exporter.path != "/metrics":
                labels["__metrics_path__"] = exporter.path
            for name, values in exporter.params:
                if not _needs_own_job(exporter.params):
                    labels[f"__param_{name}"] = values[0]
            yield host.name, exporter, ScrapeTarget(exporter.address, labels)


def _needs_own_job(params: Params) -> bool:
    """A target label holds one value and must be a label name; other parameters are the job's."""
    return any(len(values) != 1 or not name.isidentifier() or not name.isascii() for name, values in params)


def _way(exporter: Exporter) -> Way:
    return Way(
        kind=exporter.kind,
        scheme=exporter.scheme,
        params=exporter.params if _needs_own_job(exporter.params) else (),
        interval=exporter.interval,
        timeout=exporter.timeout,
        auth=exporter.auth,
        tls=exporter.tls,
    )


def _jobs(fleet: Fleet, way: Way, targets: list[tuple[str, ScrapeTarget]]) -> Iterator[ScrapeJob]:
    for bucket in split(targets, lambda item: item[0], lambda item: _weight(item[1]), MOST_BYTES):
        yield ScrapeJob(
            name=f"{way.kind}{_variant(way)}{bucket.suffix}",
            job=fleet.jobs[way.kind],
            kind=way.kind,
            targets=tuple(target for _, target in bucket.items),
            scheme=way.scheme,
            params=way.params,
            interval="" if way.interval is None else format_duration(way.interval),
            timeout="" if way.timeout is None else format_duration(way.timeout),
            auth=way.auth,
            tls=way.tls,
        )


def _variant(way: Way) -> str:
    """ "" for the plain way, else a word a person knows it by and six digits of a hash."""
    words = [
        word
        for word, told in (
            ("https", way.scheme == "https"),
            ("auth", way.auth is not None),
            ("params", bool(way.params)),
            (format_duration(way.interval or 0), way.interval is not None),
            ("tls", way.tls is not None and way.scheme != "https"),
            ("timeout", way.timeout is not None and way.interval is None),
        )
        if told
    ]
    if not words:
        return ""
    return f"-{words[0]}-{sha256(repr(way).encode()).hexdigest()[:6]}"


def _weight(target: ScrapeTarget) -> int:
    return 50 + len(target.address) + sum(len(n) + len(v) + 8 for n, v in target.labels.items())
