"""Targets: those that are missing, down, carry other labels, or that the inventory does not have.

They are taken from ``/api/v1/targets``. Where the server does not offer that (it stores and evaluates, and
others scrape), the series ``up`` tells as much, but for addresses and for why a scrape fails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monogen.inventory.model import Fleet
from monogen.live.prometheus import NotOfferedError, Prometheus, Sample, Target
from monogen.live.verify.model import Count, Finding, Reason, ReasonKind, by_host
from monogen.live.verify.planned import Key, Planned
from monogen.live.verify.words import counted, scrape_failure
from monogen.promql.writing import quoted
from msgspec import Struct, field

MOST_NAMES = 200
"""Instances that one question names."""

State = str
"""How a planned target is: "up", "down", "missing", "labels", "waiting" (not scraped yet), or "unsteady"."""

STEADY = 4
"""Scrapes in a row that must have worked."""

DISCOVERY = 15.0
"""Seconds after its configuration was loaded until a server knows its targets: it collects them every 5 s."""

NEAR_TIMEOUT = 0.8
"""The part of its timeout that a scrape may take."""


class Scraped(Struct):
    """What is known of the targets: the state of each planned one, and what is wrong.

    ``of_fleet`` says whether any target carries the fleet's label, ``last`` when the last scrape was that
    the server tells of (seconds since 1970).
    """

    states: dict[tuple[str, str, str], State] = field(default_factory=dict)
    reasons: dict[tuple[str, str, str], Reason] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    of_fleet: bool = False
    last: float = 0.0

    def state(self, target: Planned) -> State:
        """How a target is."""
        return self.states[identity(target)]

    def reason(self, target: Planned) -> Reason | None:
        """Why nothing of the target can be there; None where it answers."""
        return self.reasons.get(identity(target))


def identity(target: Planned) -> tuple[str, str, str]:
    """Host, kind and server: unique in an inventory."""
    return target.host.name, target.kind, target.exporter.server


def look(server: Prometheus, fleet: Fleet, planned: Sequence[Planned], loaded: float | None) -> Scraped:
    """Compare the targets of the server with the planned ones.

    ``loaded`` is how many seconds ago the server loaded its configuration, None where nobody knows.
    """
    result = Scraped()
    try:
        live = _of_api(server)
    except NotOfferedError:
        live = []
    if not live:
        # A server that scrapes nothing itself: its series of `up` come from those who do.
        live = _of_up(server.query(f"up{{fleet={quoted(fleet.name)}}}"))
        if live:
            result.unchecked.append(
                "why a scrape fails, and at which address: this server does not tell its targets, they are "
                "known by their series `up`"
            )
            live += _others(server, fleet, planned, live)
    result.of_fleet = any(target.labels.get("fleet") == fleet.name for target in live)
    result.last = max((target.last_scrape for target in live), default=0.0)
    matching = _Matching(fleet, live)
    unsteady = _unsteady(server, fleet)
    for target in planned:
        _judge(target, matching, result, loaded)
        if result.state(target) == "up" and target.key in unsteady:
            _tell(target, result, "unsteady", f"some of its last {STEADY} scrapes failed")
    result.findings += _left_over(fleet, planned, live, matching.taken)
    result.findings += _near_timeout(server, fleet, planned)
    up = [target.host.name for target in planned if result.state(target) == "up"]
    quiet = sum(1 for target in planned if target.quiet and result.state(target) == "down")
    note = f"{counted(quiet, 'target')} may be down" if quiet else ""
    of = "targets up, with the labels of the plan"
    shares = by_host(up, (target.host.name for target in planned))
    result.counts.append(Count("targets", len(up), len(planned), of, note, shares))
    return result


def _of_api(server: Prometheus) -> list[Target]:
    return list(server.targets())


def _of_up(samples: Iterable[Sample]) -> list[Target]:
    return [
        Target(
            {name: value for name, value in sample.labels.items() if name != "__name__"},
            {}, "", "", "up" if sample.value else "down", "", sample.time,
        )
        for sample in samples
    ]  # fmt: skip


def _unsteady(server: Prometheus, fleet: Fleet) -> frozenset[Key]:
    """Targets that answer now, and did not a moment ago: their data has holes."""
    window = max(STEADY * fleet.prometheus.scrape_interval, 10)
    labels = f"fleet={quoted(fleet.name)}"
    expr = f"group by (instance, job, server) (min_over_time(up{{{labels}}}[{round(window)}s]) == 0)"
    return frozenset(_key(sample.labels) for sample in server.query(expr))


def _near_timeout(server: Prometheus, fleet: Fleet, planned: Sequence[Planned]) -> Iterator[Finding]:
    """Targets whose last scrape took nearly as long as it may: the next may be too slow."""
    default = fleet.prometheus.scrape_timeout
    limits = {one.key: one.exporter.timeout or default for one in planned if one.address}
    if not limits:
        return
    least = NEAR_TIMEOUT * min(limits.values())
    expr = f"scrape_duration_seconds{{fleet={quoted(fleet.name)}}} > {least:g}"
    took = {_key(sample.labels): sample.value for sample in server.query(expr)}
    for one in planned:
        limit, seconds = limits.get(one.key, 0.0), took.get(one.key, 0.0)
        # What takes longer than that was given up, and is told to be down.
        if limit and NEAR_TIMEOUT * limit < seconds < limit:
            yield Finding(
                "targets", "near-timeout", one.kind,
                f"the scrape of {one.title} takes more than {NEAR_TIMEOUT:.0%} of its timeout",
                (one.host.name,), f"{seconds:.1f} s of {limit:g} s",
                "give it more time (`timeout:` in the inventory), or switch off what it need not tell",
                gap=False,
            )  # fmt: skip


def _key(labels: Mapping[str, str]) -> Key:
    return labels.get("instance", ""), labels.get("job", ""), labels.get("server", "")


def _others(
    server: Prometheus, fleet: Fleet, planned: Sequence[Planned], live: Iterable[Target]
) -> list[Target]:
    """Targets that carry the name or the address of a missing host, whatever else they carry."""
    known = {target.labels.get("instance") for target in live}
    missing = [target for target in planned if target.host.name not in known]
    names = sorted({name for one in missing for name in (one.host.name, one.address) if name})
    found: list[Target] = []
    for start in range(0, len(names), MOST_NAMES):
        pattern = "|".join(map(escaped, names[start : start + MOST_NAMES]))
        expr = f"up{{fleet!={quoted(fleet.name)}, instance=~{quoted(pattern)}}}"
        found += _of_up(server.query(expr))
    return found


def escaped(text: str) -> str:
    """A text within a regular expression."""
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$" else c for c in text)


class _Matching:
    """Finds the live target that a planned one became."""

    def __init__(self, fleet: Fleet, live: Iterable[Target]) -> None:
        self.taken: set[int] = set()
        self.jobs: set[str] = set()
        """The jobs of the fleet's targets."""
        self._by_key: dict[Key, list[Target]] = defaultdict(list)
        self._by_address: dict[str, list[Target]] = defaultdict(list)
        self._by_instance: dict[str, list[Target]] = defaultdict(list)
        for target in live:
            labels = target.labels
            key = _key(labels)
            if labels.get("fleet") == fleet.name:
                self._by_key[key].append(target)
                self.jobs.add(key[1])
            self._by_instance[key[0]].append(target)
            if address := target.discovered.get("__address__"):
                self._by_address[address].append(target)

    def with_key(self, planned: Planned) -> list[Target]:
        """Targets with the instance, job and server of the plan."""
        return self._by_key.get(planned.key, [])

    def elsewhere(self, planned: Planned) -> list[Target]:
        """Targets of the same address and page, or of the host's name or address, labelled otherwise."""
        at = [t for t in self._by_address.get(planned.address, []) if _same_page(t, planned)]
        if at and planned.address:
            return at
        named = [
            *self._by_instance.get(planned.host.name, []),
            *(self._by_instance.get(planned.address, []) if planned.address else []),
        ]
        job = planned.labels["job"]
        return [t for t in named if not t.discovered and t.labels.get("job") in (job, None)]


def _same_page(live: Target, planned: Planned) -> bool:
    if live.discovered.get("__metrics_path__", "/metrics") != planned.path:
        return False
    return all(live.discovered.get(f"__param_{name}") == value for name, value in planned.params.items())


def _judge(target: Planned, matching: _Matching, result: Scraped, loaded: float | None) -> None:
    """The state of one planned target, and the finding where it is not up."""
    found = matching.with_key(target)
    matching.taken.update(map(id, found))
    differing = [one for one in found if differences(target, one.labels)]
    if found and not differing:
        _address(target, found, result)
        _health(target, found, result)
        return
    if not found:
        found = differing = matching.elsewhere(target)
        matching.taken.update(map(id, found))
    if found:
        words = differences(target, differing[0].labels)
        _tell(target, result, "labels", f"carries other labels: {words}")
        return
    # Targets of one job come together: where others are known, this one is not among them.
    if loaded is not None and loaded < DISCOVERY and target.labels["job"] not in matching.jobs:
        _tell(target, result, "waiting", f"the server loaded its configuration {loaded:.0f} s ago")
        return
    where = f", expected at {target.address}" if target.address else ", the cluster was to scrape it"
    _tell(target, result, "missing", f"no target of it is known to the server{where}")


def _address(target: Planned, found: Sequence[Target], result: Scraped) -> None:
    """A target with the right labels at another address: the host has moved, or is played by a simulation."""
    addresses = sorted({one.discovered.get("__address__", "") for one in found} - {""})
    if target.address and addresses and target.address not in addresses:
        message = "targets are scraped at other addresses than planned"
        detail = f"{target.title} at {addresses[0]}, not {target.address}"
        hint = "is the scrape configuration of the last build loaded?"
        host = (target.host.name,)
        finding = Finding("targets", "address", target.kind, message, host, detail, hint, gap=False)
        result.findings.append(finding)


def _health(target: Planned, found: Sequence[Target], result: Scraped) -> None:
    if len({one.pool for one in found}) > 1:
        pools = " and ".join(sorted({f"`{one.pool}`" for one in found}))
        result.findings.append(
            Finding(
                "targets", "twice", target.kind, f"{target.title} is scraped twice", (target.host.name,),
                f"by {pools}", "remove one of the scrape configurations: their samples clash",
            )
        )  # fmt: skip
    if any(one.health == "up" for one in found):
        result.states[identity(target)] = "up"
        return
    if all(one.health == "unknown" for one in found):
        _tell(target, result, "waiting", "has not been scraped yet")
        return
    down = next(one for one in found if one.health != "unknown")
    _tell(target, result, "down", _why(target, down))


def _why(target: Planned, live: Target) -> str:
    if not live.discovered:
        return "the server does not say why"
    return scrape_failure(live.error, live.discovered.get("__address__", target.address))


_WORDS: dict[State, tuple[ReasonKind, str]] = {
    "down": ("down", "{title} is down"),
    "missing": ("missing", "{title} is not scraped"),
    "labels": ("labels", "{title} carries other labels than planned"),
    "unsteady": ("down", "{title} answers only now and then"),
    "waiting": ("waiting", "{title} has not been scraped yet"),
}
_HINTS = {
    "missing": "is the scrape configuration of the last build loaded?",
    "labels": "the scrape configuration that is loaded is not that of the last build, or relabels",
    "waiting": "run it again in a minute",
    "unsteady": "it was just started, is overloaded, or is slower than the scrape timeout",
}


def _tell(target: Planned, result: Scraped, state: State, detail: str) -> None:
    kind, words = _WORDS[state]
    message = words.format(title=target.title)
    result.states[identity(target)] = state
    may = state in ("down", "unsteady") and target.quiet
    gap = not may and state != "waiting"
    result.reasons[identity(target)] = Reason(kind, message, target.kind, gap)
    detail = f"{detail}; {target.quiet}" if may else detail
    result.findings.append(
        Finding(
            "targets", state, target.kind, message, (target.host.name,), detail, _HINTS.get(state, ""),
            gap,
        )
    )  # fmt: skip


def differences(target: Planned, labels: Mapping[str, str]) -> str:
    """The labels that are not as planned, "" where all are."""
    known = {*target.labels, "server", "model"}
    words = []
    for name in sorted(known, key=lambda name: (name not in target.labels, name)):
        wanted, found = target.labels.get(name, ""), labels.get(name, "")
        if wanted != found:
            words.append(f"{name} is {_shown(found)}, not {_shown(wanted)}")
    return ", ".join(words)


def _shown(value: str) -> str:
    return f"`{value}`" if value else "missing"


def _left_over(
    fleet: Fleet, planned: Sequence[Planned], live: Iterable[Target], taken: set[int]
) -> Iterator[Finding]:
    """Targets of this fleet that the inventory does not have (any more)."""
    hosts = {host.name for host in fleet.hosts}
    known = {target.key for target in planned}
    for target in live:
        labels = target.labels
        key = _key(labels)
        if labels.get("fleet") != fleet.name or id(target) in taken or key in known:
            continue
        who = "a host" if key[0] not in hosts else f"`{key[1]}`"
        address = target.discovered.get("__address__")
        message = f"{who} is scraped for this fleet that the inventory does not have"
        detail = f"job `{key[1]}`" + (f" at {address}" if address else "")
        hint = "the scrape configuration of an older build is loaded"
        yield Finding("targets", "left-over", key[1], message, (key[0],), detail, hint)
