"""The labels that every series of a host carries, and how PromQL names them."""

from __future__ import annotations

from collections.abc import Iterable

from monogen.inventory.model import Fleet, Host

HOST_LABELS = ("instance", "os", "hardware", "fleet")


def host_labels(fleet: Fleet, host: Host) -> dict[str, str]:
    """instance, os, hardware, fleet and the inventory's own labels, in that order."""
    return {
        "instance": host.name,
        "os": host.os,
        "hardware": host.hardware,
        "fleet": fleet.name,
        **host.labels,
    }


def label_list(fleet: Fleet, without: Iterable[str] = ()) -> str:
    """The host labels as they stand in ``by (...)``: "instance, os, hardware, fleet, rack"."""
    left_out = set(without)
    return ", ".join(name for name in (*HOST_LABELS, *fleet.label_names) if name not in left_out)
