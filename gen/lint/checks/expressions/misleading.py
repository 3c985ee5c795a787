"""Series that are there and mislead: constant zeros on some hardware, sizes that are told several times."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.catalog import Metric
from monogen.lint.check import check
from monogen.lint.checks.expressions.emptiness import names
from monogen.lint.checks.expressions.examples import FLEET, record
from monogen.lint.checks.expressions.parts import found, parts_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.lint.world import World
from monogen.lint.world.hosts import HostClass
from monogen.promql.tree import Aggregation, Call, Selector, bare, selectors

SHARED_SPACE = frozenset(
    {
        "node_filesystem_size_bytes",
        "node_filesystem_avail_bytes",
        "node_filesystem_free_bytes",
        "node_filesystem_purgeable_bytes",
    }
)
"""What every APFS volume tells of its whole container (node_exporter, filesystem_macos.go)."""


@check(
    "MG114",
    "constant-zero",
    family="expressions",
    severity="warning",
    on="expression",
    needs_inventory=True,
    what="A metric that is a constant 0 on hardware of the inventory.",
    why="The panel shows a calm line and the alert never fires, because nothing is measured there. On a GB10 "
    "that holds for much of what DCGM tells of a GPU with memory of its own.",
    bad=record("DCGM_FI_DEV_MEM_COPY_UTIL / 100", "instance:gpu_copy:ratio", FLEET),
    good=record("host:gpu_utilization:ratio", "instance:gpu_busy:ratio", FLEET),
)
def constant_zero(expression: Expression, context: Context) -> Iterator[Found]:
    """Only where a host that runs the exporter is on that hardware, and is not left out by a matcher."""
    world = context.world
    if world is None:
        return
    for selector in parts_of(expression).selectors:
        for kind, metric in world.metrics(selector.name):
            for hosts, vector in world.vectors(selector) if metric.zero_on else ():
                why = metric.zero_on.get(hosts.likeness.hardware)
                runs = any(target.kind == kind for target in hosts.likeness.targets)
                if why and runs and vector.shapes:
                    message = f"`{selector.name}` is always 0 on {names(hosts.names)}: {why}"
                    yield found(expression, selector.start, selector.name_end, message, _better(metric))


def _better(metric: Metric) -> str:
    instead = next((stated.instead for stated in metric.presence.values() if stated.instead), "")
    return f"use `{instead}`" if instead else "leave those hosts out, or show what is measured there"


@check(
    "MG115",
    "sum-of-what-repeats",
    family="expressions",
    severity="warning",
    on="expression",
    needs_inventory=True,
    what="A sum or an average over file systems that takes in all volumes of a Mac.",
    why="Every APFS volume tells the size and the free space of its whole container: five volumes of a "
    "500 GB disk add up to 2.5 TB. One of them, `/System/Volumes/Data`, speaks for the container.",
    bad=record("sum by (instance) (node_filesystem_size_bytes)", "instance:filesystem_size:sum", FLEET),
    good=record("max by (instance) (host:filesystem_size_bytes)", "instance:filesystem_size:max", FLEET),
)
def sum_of_what_repeats(expression: Expression, context: Context) -> Iterator[Found]:
    """Only what is told several times: nothing that a matcher narrows down to a volume."""
    world = context.world
    if world is None or not any(series.hosts.likeness.os == "darwin" for series in world.classes):
        return
    for aggregation in parts_of(expression).aggregations:
        if aggregation.op not in ("sum", "avg") or _keeps_volumes(aggregation):
            continue
        for selector in _summed(aggregation):
            macs = [name for hosts in _with_several_volumes(selector, world) for name in hosts.names]
            if macs:
                message = f"every volume of {names(macs)} tells `{selector.name}` of its whole container"
                hint = "use `host:filesystem_size_bytes` and `host:filesystem_available_bytes`, by mountpoint"
                yield found(expression, aggregation.start, aggregation.operator.end, message, hint)
                break


def _keeps_volumes(aggregation: Aggregation) -> bool:
    kept = {word.text for word in aggregation.labels} & {"mountpoint", "device"}
    return bool(kept) != aggregation.without


def _summed(aggregation: Aggregation) -> Iterator[Selector]:
    """The sizes that are added up, by way of arithmetic and functions but of no further aggregation."""
    below = bare(aggregation.expr)
    if isinstance(below, Aggregation):
        return
    if isinstance(below, Call) and below.name.startswith("absent"):
        return
    yield from (selector for selector in selectors(below) if selector.name in SHARED_SPACE)


def _with_several_volumes(selector: Selector, world: World) -> Iterator[HostClass]:
    """The Macs on which the selector takes in more than one volume."""
    for hosts, vector in world.vectors(selector):
        volumes = [shape.label("mountpoint") for shape in vector.shapes]
        if hosts.likeness.os == "darwin" and any(
            not isinstance(volume, frozenset) or len(volume) > 1 for volume in volumes
        ):
            yield hosts
