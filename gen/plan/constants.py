"""What the inventory states, as series: recording rules of ``vector(number)``.

They are the spine of everything: a host or target that nobody scrapes has no series of its own, so
the inventory's word is recorded and compared with what Prometheus sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monogen.inventory.model import Fleet, Host
from monogen.monitoring import Rule, RuleFile, RuleGroup
from monogen.plan.buckets import split
from monogen.plan.budgets import budget_bytes
from monogen.plan.labels import host_labels

MOST_BYTES = 120_000
"""Of one object. kubectl stores the object once more in an annotation of at most 262,144 bytes."""

MOST_RULES = 2000
"""Of one group; a group is evaluated in sequence."""

MEANINGS = {
    "monogen:target_expected:info": ("info", "Constant 1 for each exporter of the inventory."),
    "monogen:target_on_demand:info": (
        "info",
        "Constant 1 for targets that answer only with a model loaded.",
    ),
    "monogen:host_exclusive:info": ("info", "Constant 1 for hosts meant for one model at a time."),
    "monogen:host_intermittent:info": ("info", "Constant 1 for hosts that may be off or asleep."),
    "monogen:memory_reserved_bytes": ("bytes", "The reservation, where the inventory states one."),
    "monogen:gpu_memory_limit_bytes": ("bytes", "The most the GPU may have of RAM, where stated."),
    "monogen:threshold": ("number", "What an alert compares with on a host, where stated for the host."),
    "monogen:electricity_price_per_kwh": ("currency/kWh", "What a kilowatt hour costs."),
    "monogen:frontier_price_usd_per_million": ("USD", "What a million tokens cost at the frontier model."),
    "host:model_budget_bytes": ("bytes", "Resident size of a model: file + KV cache + overhead."),
}


def constants(fleet: Fleet, usual_jobs: Mapping[str, str]) -> tuple[RuleFile, ...]:
    """The constants of all hosts, bucketed by host; one group a bucket, evaluated once a minute.

    ``usual_jobs`` is the job of a kind of exporter where the inventory gives no other; what the cluster
    scrapes itself keeps it, whatever the inventory calls its own.
    """
    rules = [*_of_fleet(fleet), *(rule for host in fleet.hosts for rule in _of_host(fleet, host, usual_jobs))]
    heaviest_rule = max(map(_weight, rules), default=1)
    buckets = split(rules, _instance, _weight, min(MOST_BYTES, MOST_RULES * heaviest_rule))
    return tuple(
        RuleFile(
            name=f"inventory{bucket.suffix}",
            groups=(RuleGroup(f"inventory{bucket.suffix}", bucket.items, interval="1m"),),
        )
        for bucket in buckets
    )


def _of_fleet(fleet: Fleet) -> Iterator[Rule]:
    everybody = frozenset(host.name for host in fleet.hosts)
    if fleet.electricity is not None:
        labels = {"fleet": fleet.name, "currency": fleet.electricity.currency}
        yield _constant("monogen:electricity_price_per_kwh", fleet.electricity.price, labels, everybody)
    prices = {"input": fleet.frontier.input_price, "output": fleet.frontier.output_price}
    for direction, price in prices.items():
        if price is not None:
            labels = {"fleet": fleet.name, "direction": direction}
            yield _constant("monogen:frontier_price_usd_per_million", price, labels, everybody)


def _of_host(fleet: Fleet, host: Host, usual_jobs: Mapping[str, str]) -> Iterator[Rule]:
    labels = host_labels(fleet, host)
    only = frozenset([host.name])
    for exporter in host.exporters:
        server = {"server": exporter.server} if exporter.server else {}
        jobs = usual_jobs if exporter.cluster else fleet.jobs
        target = {**labels, "job": jobs[exporter.kind], **server}
        yield _constant("monogen:target_expected:info", 1, target, only)
        if exporter.on_demand:
            yield _constant("monogen:target_on_demand:info", 1, target, only)
    if host.intermittent:
        yield _constant("monogen:host_intermittent:info", 1, labels, only)
    if host.exclusive:
        yield _constant("monogen:host_exclusive:info", 1, labels, only)
    if host.unified_memory and host.states_reserved:
        yield _constant("monogen:memory_reserved_bytes", host.system_memory, labels, only)
    if host.unified_memory and host.gpu_memory_limit is not None:
        yield _constant("monogen:gpu_memory_limit_bytes", host.gpu_memory_limit, labels, only)
    for alert, threshold in sorted(host.thresholds.items()):
        yield _constant("monogen:threshold", threshold, {**labels, "alert": alert}, only)
    for model in host.models:
        budget = budget_bytes(model)
        if budget is not None:
            yield _constant("host:model_budget_bytes", budget, {**labels, "model": model.name}, only)


def _constant(record: str, value: float, labels: dict[str, str], hosts: frozenset[str]) -> Rule:
    unit, meaning = MEANINGS[record]
    number = int(value) if value == int(value) else value
    return Rule(
        record=record, expr=f"vector({number!r})", labels=labels, unit=unit, meaning=meaning, hosts=hosts
    )


def _instance(rule: Rule) -> str:
    return rule.labels.get("instance", "")


def _weight(rule: Rule) -> int:
    """About the bytes of the rule in JSON, which is how kubectl stores it."""
    return 60 + len(rule.expr) + sum(len(name) + len(value) + 8 for name, value in rule.labels.items())
