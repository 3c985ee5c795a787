"""Labels of targets: names that cannot be, labels that vanish, and those that others look for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from monogen.inventory.findings import quoted
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.lint.check import check
from monogen.lint.checks.scraping.addresses import split_address
from monogen.lint.checks.scraping.examples import scrape_config
from monogen.lint.checks.scraping.normal import Relabeling, ScrapeConfig, StaticConfig, normal
from monogen.lint.context import Context
from monogen.lint.documents import ScrapeItem
from monogen.lint.model import Found, Keys
from monogen.promql.regex import RegexError, full_match

CLASSIC_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
"""A label name that every version takes and PromQL reads without quotes."""

_REFERENCE = re.compile(r"\$(?:\{\w+\}|\w+)")

UTF8_NAMES = (3, 0)
"""The version from which any text may be a label name."""

_UNDERSTOOD = frozenset(
    {"__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"}
)
NODE_JOB = "node-exporter"
NODE_PORT = "9100"


@check(
    "MG503",
    "bad-target-label",
    family="scraping",
    severity="error",
    on="scrape",
    what="A static label whose name is not valid, or that no series will carry: names that begin with `__`"
    " and that nothing reads, and labels that `jobName` or a relabeling always overwrites.",
    why="Up to 2.x Prometheus refuses such a name, and the operator drops the whole ScrapeConfig without "
    "a word to you; from 3.0 on it is taken, but PromQL has to quote it. What begins with `__` is "
    "gone once the target is known.",
    bad=scrape_config("""
        jobName: node-exporter
        staticConfigs:
        - targets: [nas.lan:9100]
          labels: {instance: nas, job: node}
    """),
    good=scrape_config("""
        jobName: node-exporter
        staticConfigs:
        - targets: [nas.lan:9100]
          labels: {instance: nas, room: cellar}
    """),
)
def bad_target_label(item: ScrapeItem, context: Context) -> Iterator[Found]:
    """Look at each static label."""
    config = normal(item)
    for entry in config.static:
        for name in entry.labels:
            keys = entry.label_keys(name)
            if found := _bad_name(name, keys, context) or _vanishes(config, entry, name, keys):
                yield found
    if context.prometheus.version < UTF8_NAMES:
        for step in config.steps:
            yield from _bad_relabeling(step)


def _bad_name(name: str, keys: Keys, context: Context) -> Found | None:
    if CLASSIC_NAME.match(name):
        return None
    hint = "use letters, digits and _, and no digit first"
    if not name:
        return Found(keys, "a label without a name", "give it one, or leave it out", on_key=True)
    if context.prometheus.version < UTF8_NAMES:
        return Found(keys, f"{quoted(name)} is no label name", hint, on_key=True)
    return Found(
        keys,
        f'the label {quoted(name)} must be quoted in PromQL: {{"{name}"="..."}}',
        hint,
        on_key=True,
        severity="warning",
    )


def _bad_relabeling(step: Relabeling) -> Iterator[Found]:
    """Names that a relabeling reads or sets, for a version that knows classic names only."""
    hint = "use letters, digits and _, and no digit first"
    for index, name in enumerate(step.source_labels):
        if not CLASSIC_NAME.match(name):
            yield Found((*step.key("source_labels"), index), f"{quoted(name)} is no label name", hint)
    target = _REFERENCE.sub("a", step.target_label) if step.action == "replace" else step.target_label
    if target and not CLASSIC_NAME.match(target):
        yield Found(step.key("target_label"), f"{quoted(step.target_label)} is no label name", hint)


def _vanishes(config: ScrapeConfig, entry: StaticConfig, name: str, keys: Keys) -> Found | None:
    """A label that is written and does not reach the series."""
    if name == "__address__":
        message, hint = "the label `__address__` is overwritten by each target's address", "leave it out"
    elif name.startswith("__") and name not in _UNDERSTOOD and not name.startswith("__param_"):
        if any(_reads(step, name) for step in config.relabelings) or config.get("scrape_class"):
            return None
        message = f"the label {quoted(name)} is dropped before anything is stored, and no relabeling reads it"
        hint = "use a name that does not begin with __"
    elif (
        name == "job" and config.operator and config.get("job_name") and entry.labels[name] != config.item.job
    ):
        message = f"`jobName` makes the label `job` {quoted(config.item.job)}, whatever stands here"
        hint = "leave one of them out"
    elif step := _overwriting(config, name):
        message = f"a relabeling always overwrites the label {quoted(name)}"
        hint = f"leave it out here, or the relabeling to {quoted(step.target_label)}"
    else:
        return None
    return Found(keys, message, hint, on_key=True, severity="warning")


def _overwriting(config: ScrapeConfig, name: str) -> Relabeling | None:
    """The step that sets a label whatever it was, and that no step before has read."""
    for step in config.relabelings:
        if _reads(step, name):
            return None
        if step.target_label == name and step.always_replaces:
            return step
    return None


def _reads(step: Relabeling, label: str) -> bool:
    if step.action in ("labelmap", "labeldrop", "labelkeep"):
        try:
            return full_match(step.regex, label)
        except RegexError:
            return True
    return label in step.source_labels or (
        step.action in ("keepequal", "dropequal") and step.target_label == label
    )


_INVENTORY = """\
fleet: lab
kubernetes: {labels: {release: kube-prometheus-stack}}
hosts:
- {name: nas, address: nas.lan, os: linux}
"""


@check(
    "MG506",
    "job-and-instance",
    family="scraping",
    severity="warning",
    on="scrape",
    what="Targets whose `instance` is not the host's name of the inventory, several targets that share one"
    " `instance`, and a node_exporter whose `job` is not the one that dashboards ask for.",
    why="Host, GPU and server series join on `instance`; where one of them says `nas.lan:9100` and "
    "another `nas`, nothing matches. The dashboards and rules of kube-prometheus-stack ask for "
    '`job="node-exporter"` and are empty for any other. Two targets of one job with the same '
    "`instance` write the same series.",
    bad=scrape_config(
        """
        jobName: node
        staticConfigs:
        - targets: [nas.lan:9100]
        """,
        inventory=_INVENTORY,
    ),
    good=scrape_config(
        """
        jobName: node-exporter
        staticConfigs:
        - targets: [nas.lan:9100]
          labels: {instance: nas}
        """,
        inventory=_INVENTORY,
    ),
)
def job_and_instance(item: ScrapeItem, context: Context) -> Iterator[Found]:
    """Compare what the targets will be called with what others call them."""
    config = normal(item)
    if config.rewrites_targets:
        return
    known = _targets_of(context.fleet) if context.fleet else {}
    for entry in config.static:
        if not config.may_relabel("instance"):
            yield from _instance(config, entry, known)
    if not config.may_relabel("job"):
        # Once: who forgets the job of one target forgets it for all.
        yield from islice(_jobs(config, known, context.fleet), 1)


def _targets_of(fleet: Fleet) -> dict[str, tuple[Host, Exporter]]:
    return {exporter.address.lower(): (host, exporter) for host in fleet.hosts for exporter in host.exporters}


def _instance(
    config: ScrapeConfig, entry: StaticConfig, known: dict[str, tuple[Host, Exporter]]
) -> Iterator[Found]:
    stated = entry.labels.get("instance")
    if stated and len({address for address, _ in entry.targets}) > 1 and not _told_apart(config):
        yield Found(
            entry.label_keys("instance"),
            f"{len(entry.targets)} targets share the instance {quoted(stated)}, and so all their labels",
            "give each host an entry of its own",
        )
        return
    for address, keys in entry.targets:
        host = known[address.lower()][0] if address.lower() in known else None
        if host is None or (stated or address) == host.name:
            continue
        message = f"{quoted(address)} is the inventory's host {quoted(host.name)}, but its instance will be "
        if stated:
            yield Found(
                entry.label_keys("instance"), message + quoted(stated), f"write `instance: {host.name}`"
            )
        else:
            hint = f"add `labels: {{instance: {host.name}}}`; the series of a host join on it"
            yield Found(keys, message + "the address", hint)


def _told_apart(config: ScrapeConfig) -> bool:
    """Whether relabeling makes a label of the address."""
    return any("__address__" in step.source_labels for step in config.relabelings)


def _jobs(
    config: ScrapeConfig, known: dict[str, tuple[Host, Exporter]], fleet: Fleet | None
) -> Iterator[Found]:
    """Targets of node_exporter, by the inventory or by their port, whose job is not the usual one."""
    expected = fleet.jobs.get("node", NODE_JOB) if fleet else NODE_JOB
    for entry in config.static:
        job = config.job_of(entry)
        for address, keys in entry.targets if job != expected else ():
            found = known.get(address.lower())
            by_port = config.operator and split_address(address)[1] == NODE_PORT
            if found[1].kind == "node" if found else by_port:
                yield Found(
                    keys,
                    f"the job of {quoted(address)} will be {quoted(job)}; "
                    f"dashboards for node_exporter ask for {quoted(expected)}",
                    f"add `jobName: {expected}`" if config.operator else f"add the label `job: {expected}`",
                    severity="info",
                )
