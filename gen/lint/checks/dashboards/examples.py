"""Small whole boards for the examples of the checks, so that each example shows one thing only."""

from __future__ import annotations

import json
from typing import Any

from monogen.lint.check import Example

SOURCE = {"type": "prometheus", "uid": "${datasource}"}

TRAFFIC = 'rate(node_network_receive_bytes_total{instance=~"$instance", device!="lo"}[$__rate_interval])'

DATASOURCE_VARIABLE: dict[str, Any] = {
    "type": "datasource",
    "name": "datasource",
    "label": "Data source",
    "query": "prometheus",
}

INSTANCE_VARIABLE: dict[str, Any] = {
    "type": "query",
    "name": "instance",
    "label": "Host",
    "datasource": SOURCE,
    "query": {"qryType": 1, "query": "label_values(up, instance)", "refId": "Variable"},
    "refresh": 2,
    "multi": True,
    "includeAll": True,
    "allValue": ".*",
}


def a_panel(expr: str = TRAFFIC, **keys: Any) -> dict[str, Any]:
    """A panel with one query; ``keys`` replace its own, None removes one."""
    target = {"refId": "A", "datasource": SOURCE, "expr": expr, "range": True}
    data = {
        "id": 1,
        "type": "timeseries",
        "title": "Received",
        "description": "Bytes that came in, by device.",
        "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": "Bps"}, "overrides": []},
        "targets": [target],
    }
    return _with(data, keys)


def a_board(
    *panels: dict[str, Any], variables: list[dict[str, Any]] | None = None, **keys: Any
) -> dict[str, Any]:
    """A board with nothing to complain about; ``keys`` replace its own, None removes one."""
    data = {
        "uid": "network",
        "title": "Network",
        "schemaVersion": 42,
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [DATASOURCE_VARIABLE, INSTANCE_VARIABLE] if variables is None else variables},
        "panels": list(panels) or [a_panel()],
    }
    return _with(data, keys)


def example(data: dict[str, Any], inventory: str = "") -> Example:
    """The board as a file."""
    return Example(data, "board.json", inventory)


def config_maps(*boards: tuple[str, str, dict[str, Any]]) -> Example:
    """Boards in ConfigMaps of one file: (name of the ConfigMap, data key, board) each."""
    return Example("---\n".join(_config_map(*entry) for entry in boards), "boards.yaml")


def _config_map(name: str, key: str, data: dict[str, Any]) -> str:
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: monitoring\n"
        f'  labels:\n    grafana_dashboard: "1"\ndata:\n  {key}: |\n    {json.dumps(data)}\n'
    )


def _with(data: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**data, **keys}.items() if value is not None}
