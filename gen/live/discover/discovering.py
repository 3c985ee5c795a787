"""From hosts that a person names to a report: look, tell what they are, hold them against the inventory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from monogen.inventory.model import Fleet
from monogen.live.discover import known as knowing
from monogen.live.discover.asking import Asked, asked
from monogen.live.discover.entry import Entry, entry
from monogen.live.discover.known import Known
from monogen.live.discover.looking import Progress, look
from monogen.live.discover.probing import OLLAMA
from monogen.live.discover.recognising import Recogniser
from monogen.live.discover.seen import Found, Odd, Seen, Silent
from monogen.live.settings import Connection
from msgspec import Struct
from msgspec.structs import replace


class Trouble(Struct, frozen=True):
    """A sentence about a port or a host that gave nothing, and a hint."""

    message: str
    hint: str = ""


class HostReport(Struct, frozen=True):
    """What was learnt of one host. ``entry`` is None where it gave nothing."""

    asked: Asked
    found: tuple[Found, ...]
    entry: Entry | None
    troubles: tuple[Trouble, ...]
    known: Known = knowing.NEW


class Report(Struct, frozen=True):
    """All hosts, in the order they were named."""

    hosts: tuple[HostReport, ...]

    @property
    def new(self) -> tuple[HostReport, ...]:
        """The hosts that gave an entry which the inventory does not have."""
        return tuple(host for host in self.hosts if host.entry and host.known.state == "new")

    @property
    def complete(self) -> bool:
        """Whether every host gave an entry, and none has another's name."""
        return all(host.entry and host.known.state != "taken" for host in self.hosts)


def discover(
    texts: Sequence[str], connection: Connection, *, ports: Sequence[int] = (), name: str = "",
    into: Path | None = None, progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Look at the hosts. Raises InputError for what is no host, and for an inventory that cannot be used."""
    fleet = knowing.fleet_of(into) if into else None
    recogniser = Recogniser([Path(path) for path in fleet.catalogs] if fleet else ())
    hosts = asked(texts, [*recogniser.ports(), OLLAMA], ports)
    seen = look(hosts, connection, recogniser, progress)
    reports = [
        _host(host, all_, recogniser, connection, name) for host, all_ in zip(hosts, seen, strict=True)
    ]
    reports = list(_each_once(reports))
    if fleet and into:
        reports = [_held_against(report, fleet, into) for report in reports]
    return Report(tuple(reports))


def _host(
    host: Asked, seen: Sequence[Seen], recogniser: Recogniser, connection: Connection, name: str
) -> HostReport:
    found = tuple(one for one in seen if isinstance(one, Found))
    made = entry(host.address, found, recogniser, connection, name=name) if found else None
    troubles = [Trouble(one.message, one.hint) for one in seen if isinstance(one, Odd)]
    troubles += _silence(host, [one for one in seen if isinstance(one, Silent)], len(seen))
    if made is None:
        # With an entry these are its notes.
        troubles += [Trouble(note) for one in found for note in one.notes]
        if not troubles:
            troubles.append(Trouble(f"{host.address}: nothing that can be scraped"))
    return HostReport(host, found, made, tuple(troubles))


def _silence(host: Asked, silent: Sequence[Silent], ports: int) -> Iterator[Trouble]:
    """Silence of ports that were named, and of a whole host; at other ports it is what one expects."""
    unknown = next((one for one in silent if one.why == "unknown host"), None)
    if unknown:
        hint = unknown.hint
        yield Trouble(f"{host.address}: the name is not known", hint)
        return
    named = [one for one in silent if one.port.named]
    yield from (Trouble(one.message, one.hint) for one in named)
    if named or len(silent) < ports:
        return
    reasons = [one.why for one in silent]
    if "refused" in reasons:
        message = f"{host.address}: it is up, and nobody listens at the {ports} usual ports of exporters"
        yield Trouble(message, "run an exporter on it, or name its port: HOST:PORT")
    else:
        message = f"{host.address}: no answer at any of the {ports} usual ports of exporters"
        yield Trouble(message, "is the host up, its address right, and no firewall between?")


def _each_once(reports: Sequence[HostReport]) -> Iterator[HostReport]:
    """The reports, one for a machine that was named twice, and no name for two machines."""
    machines: dict[tuple[str, float], str] = {}
    names: set[str] = set()
    for report in reports:
        made = report.entry
        if made is None:
            yield report
            continue
        identity = _identity(report)
        if identity and identity in machines:
            yield replace(report, known=Known("there", "", machines[identity]))
            continue
        if identity:
            machines[identity] = made.name
        if made.name in names:
            made = made.named(made.address, "its short name is another host's")
        if made.name in names:
            yield replace(report, known=Known("taken", "", made.name))
            continue
        names.add(made.name)
        yield replace(report, entry=made)


def _identity(report: HostReport) -> tuple[str, float] | None:
    """What only one machine has: its own name and the moment it was booted."""
    for one in report.found:
        if one.kind == "node" and one.page:
            boot = one.page.value("node_boot_time_seconds")
            nodename = one.page.label("node_uname_info", "nodename")
            return (nodename, boot) if boot and nodename else None
    return None


def _held_against(report: HostReport, fleet: Fleet, into: Path) -> HostReport:
    if report.entry is None or report.known.state != "new":
        return report
    return replace(report, known=knowing.known(report.entry, report.found, report.asked, fleet, into))
