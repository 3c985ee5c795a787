"""The numbers at which alerts fire, for the lines and colours that say so on the boards.

A test holds this table against the alert templates. Alerts whose number differs by host by nature
(headroom, GPU clock) have recorded series instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from monogen.dashboards.colours import SEVERITY
from monogen.inventory.model import Fleet

DEFAULTS: dict[str, tuple[float, str]] = {
    "HostTemperatureHigh": (95, "warning"),
    "GpuTemperatureHigh": (85, "warning"),
    "HostDiskFull": (0.95, "critical"),
    "HostInodesLow": (0.95, "warning"),
    "HostCpuSaturated": (0.95, "warning"),
    "HostMemoryStalled": (0.1, "critical"),
}
"""Alert to its default number (base units) and severity."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an alert begins. ``by_host``: some host of the inventory states a number of its own."""

    alert: str
    value: float
    severity: str
    by_host: bool

    @property
    def colour(self) -> str:
        """The colour of the alert's severity."""
        return SEVERITY.get(self.severity, "orange")


def limit(fleet: Fleet, alert: str) -> Limit | None:
    """The alert's number in this fleet; None where the inventory switched the alert off."""
    value, severity = DEFAULTS[alert]
    settings = fleet.alerts.get(alert)
    by_host = any(alert in host.thresholds for host in fleet.hosts)
    if settings is None:
        return Limit(alert, value, severity, by_host)
    if not settings.enabled:
        return None
    stated = value if settings.threshold is None else settings.threshold
    return Limit(alert, stated, settings.severity or severity, by_host)
