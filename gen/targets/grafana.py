"""Dashboards as files, alike for every target: the bare JSON that Grafana imports."""

from __future__ import annotations

import json

from monogen.monitoring import Artifact, Dashboard, Monitoring


def bare(monitoring: Monitoring, dashboard: Dashboard) -> Artifact:
    """``dashboards/<fleet>-<board>.json``, indented for review."""
    text = json.dumps(dashboard.json, indent=2, ensure_ascii=False) + "\n"
    return Artifact(f"dashboards/{file_name(monitoring, dashboard)}", text)


def minified(dashboard: Dashboard) -> str:
    """The same on one line: a ConfigMap counts every byte."""
    return json.dumps(dashboard.json, separators=(",", ":"), ensure_ascii=False)


def file_name(monitoring: Monitoring, dashboard: Dashboard) -> str:
    """Unique over fleets: the sidecar puts the boards of all ConfigMaps into one folder."""
    return f"{monitoring.fleet}-{dashboard.name}.json"
