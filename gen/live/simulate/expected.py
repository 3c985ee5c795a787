"""Which alerts a scenario can make fire on its host: those planned there, and what the others need."""

from __future__ import annotations

from monogen.inventory.model import Host
from monogen.live.simulate import scenarios
from monogen.live.simulate.staging import Stage
from monogen.monitoring import Monitoring
from monogen.plan.budgets import budget_bytes

_OVER_BUDGET = "ModelOverBudget"
_NEEDS = {
    "ModelsResidentTogether": "`exclusive: true` and an nvidia-smi exporter",
    _OVER_BUDGET: "a budget (`file` and `kv_cache`) of one of two models",
}
"""What to write into the inventory, for alerts that most hosts do not have."""


def expected(stage: Stage, host: Host, monitoring: Monitoring) -> str:
    """What to watch for, as the end of a sentence; "" where the scenario is not about alerts.

    Alerts of people's own scenarios are named as they are: their rules may run elsewhere.
    """
    alerts = stage.scenario.alerts
    if not alerts:
        return ""
    if scenarios.known().get(stage.scenario.name) is not stage.scenario:
        return f"watch for {' or '.join(alerts)}"
    can_fire = [alert for alert in alerts if _can_fire(alert, host, monitoring)]
    if can_fire:
        return f"watch for {' or '.join(can_fire)}"
    needs = [f"{alert} needs {_NEEDS[alert]}" for alert in alerts if alert in _NEEDS]
    none = f"no alert of this inventory watches {host.name} for it"
    return f"{none}: {', '.join(needs)}" if needs else f"{none} ({', '.join(alerts)})"


def _can_fire(alert: str, host: Host, monitoring: Monitoring) -> bool:
    """Whether the alert is planned for the host; two models that both have a budget are within it."""
    planned = any(
        rule.alert == alert and (not rule.hosts or host.name in rule.hosts) for rule in monitoring.rules
    )
    budgeted = sum(1 for model in host.models if budget_bytes(model) is not None)
    return planned and not (alert == _OVER_BUDGET and budgeted > 1)
