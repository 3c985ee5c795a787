"""The variables (drop-down lists) at the top of a board."""

from __future__ import annotations

from typing import Any

from grafanalib import core
from monogen.dashboards.view import View

DATASOURCE: dict[str, str] = {"type": "prometheus", "uid": "${datasource}"}
"""Every panel asks the data source that is chosen at the top."""


def datasource() -> core.Template:
    """The Prometheus server to ask."""
    return core.Template(
        name="datasource", label="Data source", type="datasource", query="prometheus", refresh=1
    )


def _selector(recorded: tuple[str, ...], matchers: str) -> str:
    """Any of these series, with the matchers."""
    if len(recorded) == 1:
        return f"{recorded[0]}{{{matchers}}}"
    return f'{{__name__=~"{"|".join(recorded)}", {matchers}}}'


def _there(view: View, recorded: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the series that some host has."""
    return tuple(name for name in recorded if view.has(name))


def chosen_host(view: View, *recorded: str) -> core.Template:
    """One host, of those that have one of the series."""
    fleet = f'fleet="{view.fleet.name}"'
    query = f"label_values({_selector(_there(view, recorded), fleet)}, instance)"
    return _query("instance", "Host", query, several=False)


def of_host(view: View, labels: tuple[str, ...], *recorded: str) -> list[core.Template]:
    """Details of the chosen host: values of these labels, each list narrowed by those before it."""
    found = []
    matchers = view.host
    for label in labels:
        query = f"label_values({_selector(_there(view, recorded), matchers)}, {label})"
        found.append(_query(label, label.capitalize(), query))
        matchers += f", {label}=~`${{{label}:regex}}`"
    return found


def fleet_filters(view: View) -> list[core.Template]:
    """Hardware, the inventory's own labels, and the hosts that pass these filters.

    The hosts are not called ``instance``: the links between boards would carry "All" to boards
    where that variable is a single host.
    """
    selector = f'fleet="{view.fleet.name}"'
    found = [_query("hardware", "Hardware", f"label_values(host:info{{{selector}}}, hardware)")]
    for label, name in view.filters.items():
        found.append(_query(name, label, f"label_values(host:info{{{selector}}}, {label})"))
    passing = view.hosts.rsplit(", ", 1)[0]
    return [*found, _query("hosts", "Hosts", f"label_values(host:info{{{passing}}}, instance)")]


def _query(name: str, label: str, query: str, several: bool = True) -> core.Template:
    """Values of a label; with ``several``, All is ``.*``, which also takes hosts without the label."""
    return core.Template(
        name=name,
        label=label,
        dataSource=DATASOURCE,
        query=query,
        refresh=2,
        sort=1,
        multi=several,
        includeAll=several,
        allValue=".*" if several else None,
    )


def shown_events(view: View, one_host: bool) -> core.Annotations:
    """Grafana's own entry, and on the boards of one host the alerts that fire, off at first."""
    builtin: dict[str, Any] = {
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    }
    alerts: dict[str, Any] = {
        "datasource": DATASOURCE,
        "enable": False,
        "expr": f'ALERTS{{alertstate="firing", fleet="{view.fleet.name}", instance=`${{instance:raw}}`}}',
        "iconColor": "red",
        "name": "Alerts",
        "step": "1m",
        "tagKeys": "severity",
        "titleFormat": "{{alertname}}",
        "textFormat": "",
    }
    return core.Annotations(list=[builtin, alerts] if one_host else [builtin])
