"""Brings what grafanalib 0.7.1 emits (schemaVersion 12, keys of Grafana 5 to 8) to schemaVersion 42.

42 is the last version of the classic dashboard JSON: Grafana 10 to 13 read it, and no migration
repairs old keys in it. So dead keys go, option shapes become those of today, and what equals
Grafana's own default is left out, which makes boards a fifth smaller and easier to review.
"""

from __future__ import annotations

from typing import Any

from monogen.dashboards.variables import DATASOURCE

SCHEMA_VERSION = 42
PLUGIN_VERSION = "12.2.0"
"""Set on every panel: without one, stat and gauge run their migrations for version 6.1."""

Json = dict[str, Any]

BOARD_KEYS = (
    "uid", "title", "description", "tags", "schemaVersion", "editable", "graphTooltip", "timezone",
    "refresh", "time", "timepicker", "annotations", "links", "templating", "panels",
)  # fmt: skip

PANEL_KEYS = (
    "id", "type", "title", "description", "gridPos", "datasource", "pluginVersion", "interval",
    "collapsed", "fieldConfig", "options", "targets", "transformations", "panels",
)  # fmt: skip
"""In the order in which they are written; other keys follow."""

ROW_KEYS = frozenset({"id", "type", "title", "gridPos", "collapsed"})

DEAD_PANEL_KEYS = frozenset({
    "editable", "error", "height", "minSpan", "span", "maxDataPoints", "color", "columns", "fontSize",
    "mappings", "styles", "cacheTimeout",
})  # fmt: skip

PANEL_DEFAULTS: Json = {
    "hideTimeOverride": False, "transparent": False, "links": [], "transformations": [],
}  # fmt: skip

CUSTOM_DEFAULTS: Json = {
    "axisPlacement": "auto", "axisLabel": "", "drawStyle": "line", "lineInterpolation": "linear",
    "barAlignment": 0, "gradientMode": "none", "pointSize": 5, "stacking": {},
    "scaleDistribution": {"type": "linear", "log": 2}, "thresholdsStyle": {"mode": "off"},
    "hideFrom": {"tooltip": False, "viz": False, "legend": False}, "filterable": False,
}  # fmt: skip

REDUCE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}

OPTIONS: dict[str, Json] = {
    "stat": {
        "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
        "percentChangeColorMode": "standard", "reduceOptions": REDUCE, "showPercentChange": False,
        "text": {}, "textMode": "auto", "wideLayout": True,
    },
    "bargauge": {
        "displayMode": "basic",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8, "namePlacement": "top",
        "orientation": "horizontal", "reduceOptions": REDUCE, "showUnfilled": True,
        "sizing": "manual", "text": {}, "valueMode": "color",
    },
    "table": {"cellHeight": "sm", "showHeader": True, "sortBy": []},
}  # fmt: skip
"""Options that today's panels require; what a panel states itself wins."""

TARGET_KEYS = (
    "refId", "datasource", "editorMode", "expr", "range", "instant", "format", "legendFormat",
    "interval", "exemplar", "hide",
)  # fmt: skip

VARIABLE_KEYS: dict[str, tuple[str, ...]] = {
    "datasource": ("type", "name", "label", "query", "regex", "refresh", "hide", "multi", "includeAll",
                   "current", "options"),
    "query": ("type", "name", "label", "datasource", "query", "definition", "refresh", "sort", "regex",
              "hide", "multi", "includeAll", "allValue", "current", "options"),
}  # fmt: skip


def modernise(board: Any, step: str = "") -> Json:
    """A grafanalib dashboard (or its JSON) as Grafana writes one today.

    ``step`` is the finest step that panels ask for ("30s"); "" leaves that to the data source.
    """
    plain = _plain(board)
    plain["schemaVersion"] = SCHEMA_VERSION
    plain["timepicker"] = {}
    plain["panels"] = [_panel(panel, step) for panel in plain.get("panels", [])]
    templating = plain.get("templating", {}).get("list", [])
    plain["templating"] = {"list": [_variable(variable) for variable in templating]}
    finished: Json = _without_nulls({key: plain[key] for key in BOARD_KEYS if key in plain})
    return finished


def _plain(thing: Any) -> Any:
    """grafanalib objects as dicts and lists, as its encoder would write them."""
    if hasattr(thing, "to_json_data"):
        return _plain(thing.to_json_data())
    if isinstance(thing, dict):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(value) for value in thing]
    return thing


def _without_nulls(thing: Any) -> Any:
    """Without keys that hold null, but for the base of thresholds, where null means minus infinity."""
    if isinstance(thing, dict):
        return {
            key: _without_nulls(value)
            for key, value in thing.items()
            if value is not None or (key == "value" and "color" in thing)
        }
    if isinstance(thing, list):
        return [_without_nulls(value) for value in thing]
    return thing


def _ordered(thing: Json, keys: tuple[str, ...]) -> Json:
    """Known keys first, in their order."""
    return {key: thing[key] for key in (*keys, *(key for key in thing if key not in keys)) if key in thing}


def _panel(panel: Json, step: str) -> Json:
    kind = panel.get("type", "")
    if kind == "row":
        return _row(panel, step)
    kept = {
        key: value
        for key, value in panel.items()
        if key not in DEAD_PANEL_KEYS and (key not in PANEL_DEFAULTS or value != PANEL_DEFAULTS[key])
    }
    kept["pluginVersion"] = PLUGIN_VERSION
    config = kept.setdefault("fieldConfig", {})
    config["defaults"] = _defaults(panel, config.get("defaults", {}))
    config.setdefault("overrides", [])
    kept["options"] = _options(kind, kept.get("options", {}), config["defaults"])
    kept["targets"] = [_target(target) for target in panel.get("targets", [])]
    if kind == "text":
        kept.pop("datasource", None)
        del kept["targets"]
        config["defaults"] = {}
    else:
        kept["datasource"] = _datasource(kept.get("datasource"))
        kept["interval"] = kept.get("interval") or step or None
    return _ordered(kept, PANEL_KEYS)


def _row(panel: Json, step: str) -> Json:
    inside = [_panel(one, step) for one in panel.get("panels", [])]
    kept: Json = {key: panel[key] for key in PANEL_KEYS if key in ROW_KEYS and key in panel}
    return {**kept, "panels": inside}


def _datasource(stated: Any) -> Any:
    """What was stated, if it is an object; grafanalib's null or name becomes the variable."""
    return stated if isinstance(stated, dict) else dict(DATASOURCE)


def _defaults(panel: Json, defaults: Json) -> Json:
    """The field defaults, with what grafanalib puts elsewhere, and without Grafana's own defaults."""
    fields = dict(defaults)
    custom = {
        key: value
        for key, value in fields.get("custom", {}).items()
        if value is not None and (key not in CUSTOM_DEFAULTS or value != CUSTOM_DEFAULTS[key])
    }
    if panel["type"] == "table":
        fields = {"color": panel.get("color") or {"mode": "thresholds"}, **fields}
        fields["mappings"] = fields.get("mappings") or panel.get("mappings", [])
        cell = custom.pop("displayMode", "auto")
        custom = {"align": "auto", "cellOptions": {"type": cell}, "inspect": False, **custom}
    fields["custom"] = custom
    fields["thresholds"] = _thresholds(fields.get("thresholds", {}))
    if not fields["thresholds"]["steps"]:
        del fields["thresholds"]
    return {key: value for key, value in fields.items() if value not in ({}, [], "", None)}


def _thresholds(thresholds: Json) -> Json:
    """Steps as Grafana has them; the base is null, not the word."""
    steps = [
        {"color": step["color"], "value": None if index == 0 else step["value"]}
        for index, step in enumerate(thresholds.get("steps") or [])
    ]
    return {"mode": thresholds.get("mode", "absolute"), "steps": steps}


def _options(kind: str, options: Json, defaults: Json) -> Json:
    """The options with the shape of today; the fields of an old bar gauge go where they belong."""
    if kind == "bargauge" and "fieldOptions" in options:
        old = options["fieldOptions"]
        options = {key: value for key, value in options.items() if not key.startswith("showThreshold")}
        del options["fieldOptions"]
        options["reduceOptions"] = {**REDUCE, "calcs": old["calcs"]}
        named = {"displayName": old["defaults"].get("title")}
        moved = {key: old["defaults"].get(key) for key in ("decimals", "max", "min", "unit")}
        defaults |= {key: value for key, value in {**named, **moved}.items() if value is not None}
        defaults["color"] = {"mode": "thresholds"}
        if old.get("thresholds"):
            defaults["thresholds"] = _thresholds({"steps": old["thresholds"]})
    return {**OPTIONS.get(kind, {}), **options}


def _target(target: Json) -> Json:
    """A Prometheus query; targets of other data sources only lose their nulls."""
    if not target.get("expr"):
        return target
    instant = bool(target.get("instant"))
    now = {**target, "datasource": _datasource(target.get("datasource")), "editorMode": "code"}
    now |= {"instant": True, "range": False} if instant else {"instant": None, "range": True}
    for key in ("legendFormat", "interval", "hide"):
        now[key] = now.get(key) or None
    return {key: now[key] for key in TARGET_KEYS if now.get(key) is not None}


def _variable(variable: Json) -> Json:
    """A variable as Grafana writes it; kinds that monogen does not use only lose their nulls."""
    kind = variable.get("type", "")
    if kind not in VARIABLE_KEYS:
        return variable
    now = {**variable, "regex": variable.get("regex") or "", "options": [], "current": None}
    if kind == "query":
        text = variable["query"]
        if isinstance(text, str):
            query = {"qryType": 1, "query": text, "refId": "PrometheusVariableQueryEditor-VariableQuery"}
            now |= {"query": query, "definition": text}
        now["datasource"] = _datasource(variable.get("datasource"))
        if variable.get("includeAll"):
            now["current"] = {"text": ["All"], "value": ["$__all"]}
    return {key: now[key] for key in VARIABLE_KEYS[kind] if key in now}
