"""Which plugin stands behind a data source that a board names, and whether it speaks PromQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from monogen.lint.reading.filling import inputs_of, uses, variables_of
from monogen.lint.reading.lenient import as_text

PROMETHEUS = "prometheus"
PROMETHEUS_PLUGINS = frozenset(
    (PROMETHEUS, "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource")
)
"""Data source plugins that speak PromQL; VictoriaMetrics' own speaks more."""

UNKNOWN = ""
"""The kind of a data source that nothing is known about."""

_OTHER_NAMES = re.compile(
    r"loki|tempo|jaeger|zipkin|elastic|opensearch|influx|graphite|mysql|postgres|mssql|cloudwatch|"
    r"azure.?monitor|stackdriver|opentsdb|testdata|-- grafana --|-- dashboard --|^grafana$",
    re.IGNORECASE,
)


class DataSources:
    """What a board says of its data sources: by variables, and by the inputs of an export."""

    def __init__(self, board: Mapping[str, Any]) -> None:
        """Look up what its variables and its inputs are."""
        self._variables = variables_of(board)
        self._plugins = {
            entry["name"]: as_text(entry.get("pluginId"))
            for entry in inputs_of(board)
            if entry.get("type") == "datasource"
        }

    def kind(self, *holders: Mapping[str, Any]) -> str:
        """The plugin behind the ``datasource`` of the nearest holder that names one; UNKNOWN if none does."""
        kinds = (self._of(holder.get("datasource")) for holder in holders)
        return next((kind for kind in kinds if kind), UNKNOWN)

    def _of(self, reference: Any) -> str:
        if isinstance(reference, Mapping):
            kind, uid = as_text(reference.get("type")), as_text(reference.get("uid"))
            if "-- Mixed --" in (kind, uid) or kind == "mixed":
                return UNKNOWN
            return kind or self._of(uid)
        name = as_text(reference)
        for used, _ in uses(name):
            variable = self._variables.get(used)
            if variable and variable.type == "datasource":
                return variable.query
            return self._plugins.get(used, UNKNOWN)
        if _OTHER_NAMES.search(name):
            return name
        return PROMETHEUS if "prom" in name.lower() else UNKNOWN


def is_prometheus(kind: str) -> bool:
    """Whether the plugin speaks PromQL."""
    return kind in PROMETHEUS_PLUGINS
