"""The targets that the inventory plans: whoever scrapes them, and the labels they must carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from monogen import catalog
from monogen.catalog import ExporterKind
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.monitoring import Monitoring, ScrapeTarget
from monogen.plan.labels import host_labels
from msgspec import Struct

Key = tuple[str, str, str]
"""instance, job and server of a target: what the boards and alerts know it by."""


class Planned(Struct, frozen=True):
    """One exporter of one host.

    ``address`` is "" where the cluster scrapes it: nobody but the cluster knows where. ``quiet`` says why it
    may be down, "" where it may not.
    """

    host: Host
    exporter: Exporter
    header: ExporterKind
    address: str
    path: str
    params: Mapping[str, str]
    labels: Mapping[str, str]
    quiet: str = ""

    @property
    def key(self) -> Key:
        """See Key."""
        return self.labels["instance"], self.labels["job"], self.labels.get("server", "")

    @property
    def kind(self) -> str:
        """The catalog's name for the exporter."""
        return self.exporter.kind

    @property
    def title(self) -> str:
        """The exporter as people know it, with its server's name where a host may have several."""
        server = self.exporter.server
        return f"{self.header.title} `{server}`" if server and server != self.kind else self.header.title


def planned_targets(
    fleet: Fleet, monitoring: Monitoring, kinds: Mapping[str, ExporterKind]
) -> tuple[Planned, ...]:
    """Every target of the inventory, in its order."""
    scraped = _scraped(monitoring)
    return tuple(_targets(fleet, scraped, kinds))


def _scraped(monitoring: Monitoring) -> dict[tuple[str, str, str], tuple[str, ScrapeTarget]]:
    """The plan's targets by instance, kind and server, with their job."""
    return {
        (target.labels["instance"], job.kind, target.labels.get("server", "")): (job.job, target)
        for job in monitoring.scrape_jobs
        for target in job.targets
    }


def _targets(
    fleet: Fleet,
    scraped: Mapping[tuple[str, str, str], tuple[str, ScrapeTarget]],
    kinds: Mapping[str, ExporterKind],
) -> Iterator[Planned]:
    for host in fleet.hosts:
        for exporter in host.exporters:
            header = kinds[exporter.kind]
            quiet = "its host may be off or asleep" if host.intermittent else ""
            if exporter.on_demand:
                quiet = "it answers only while its model is loaded"
            found = scraped.get((host.name, exporter.kind, exporter.server))
            if exporter.cluster or found is None:
                server = {"server": exporter.server} if exporter.server else {}
                labels = {**host_labels(fleet, host), "job": header.job, **server}
                yield Planned(host, exporter, header, "", "", {}, labels, quiet)
                continue
            job, target = found
            labels = {name: value for name, value in target.labels.items() if not name.startswith("__")}
            params = {
                name.removeprefix("__param_"): value
                for name, value in target.labels.items()
                if name.startswith("__param_")
            }
            path = target.labels.get("__metrics_path__", "/metrics")
            yield Planned(host, exporter, header, target.address, path, params, {**labels, "job": job}, quiet)


def kinds_of(fleet: Fleet) -> Mapping[str, ExporterKind]:
    """The kinds of exporters that the fleet knows, its own catalogs included."""
    return catalog.kinds(tuple(map(Path, fleet.catalogs)))
