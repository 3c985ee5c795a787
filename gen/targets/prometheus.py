"""A folder that a plain Prometheus runs as it is, with Grafana's provisioning beside it.

Labels come out as with the operator. Only what Prometheus 2.42 knows is used: no scrape_config_files.
Two scrape configs with one job_name stop Prometheus, so job_name is unique and ``job`` a target label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monogen.inventory.model import BasicAuth, BearerToken, Fleet, PrometheusSettings, SecretRef, Tls
from monogen.monitoring import Artifact, Monitoring, ScrapeJob
from monogen.output.flow import Flow
from monogen.output.yamltext import document
from monogen.problems import InputError, Problem
from monogen.quantities import format_duration
from monogen.targets import grafana
from monogen.targets.rulefile import groups

HEADER = "# Written by monogen from the inventory. Change the inventory, not this file.\n"

USERNAME_FILE_SINCE = (2, 50)
"""basic_auth.username_file came with prometheus/common pull request 511; before, a user name had to
stand in the file itself."""

SHOWN_SECRETS = 20
"""Files of secrets that a build names; with more, the rest is counted."""


def render(fleet: Fleet, monitoring: Monitoring) -> list[Artifact]:
    """prometheus.yml, rules/, targets/, dashboards/ and grafana/ for one fleet.

    Raises InputError where the stated Prometheus version cannot do what the inventory asks for.
    """
    _check_version(fleet)
    return list(_artifacts(fleet, monitoring))


def notes(monitoring: Monitoring) -> tuple[str, ...]:
    """Where the secrets go that prometheus.yml names, in sentences for the build; each file once."""
    refs = list(dict.fromkeys(ref for job in monitoring.scrape_jobs for ref in _refs(job)))
    shown = [
        f"put `{ref.key}` of the Secret `{ref.name}` into {_file(ref)} beside prometheus.yml: "
        "Prometheus reads it there"
        for ref in refs[:SHOWN_SECRETS]
    ]
    more = len(refs) - len(shown)
    return (*shown, f"{more} more files of secrets are named in prometheus.yml") if more else tuple(shown)


def _refs(job: ScrapeJob) -> Iterator[SecretRef]:
    match job.auth:
        case BasicAuth(username, password):
            yield from (username, password)
        case BearerToken(token):
            yield token
    if job.tls is not None:
        yield from (ref for ref in (job.tls.ca, job.tls.cert, job.tls.key) if ref is not None)


def _check_version(fleet: Fleet) -> None:
    if fleet.prometheus.version >= USERNAME_FILE_SINCE:
        return
    for host in fleet.hosts:
        for exporter in host.exporters:
            if isinstance(exporter.auth, BasicAuth):
                stated = ".".join(map(str, fleet.prometheus.version))
                raise InputError(
                    [
                        Problem(
                            fleet.name,
                            0,
                            0,
                            f"{host.name}: basic auth needs Prometheus 2.50 or newer, not {stated}",
                            "older ones want the user name in prometheus.yml itself; use a bearer token",
                        )
                    ]
                )


def _artifacts(fleet: Fleet, monitoring: Monitoring) -> Iterator[Artifact]:
    yield _artifact("prometheus.yml", _config(fleet, monitoring))
    for job in monitoring.scrape_jobs:
        targets = [
            Flow({"targets": [target.address], "labels": {"job": job.job, **target.labels}})
            for target in job.targets
        ]
        yield _artifact(_targets_file(fleet, job), targets)
    for file in monitoring.rule_files:
        yield _artifact(
            f"rules/{fleet.name}-{file.name}.yml", {"groups": groups(file, f"monogen-{fleet.name}")}
        )
    for dashboard in monitoring.dashboards:
        yield grafana.bare(monitoring, dashboard)
    yield _artifact("grafana/provisioning/datasources/monogen.yml", _data_source())
    yield _artifact("grafana/provisioning/dashboards/monogen.yml", _provider(fleet))


def _artifact(path: str, data: object) -> Artifact:
    return Artifact(path, HEADER + document(data))


def _targets_file(fleet: Fleet, job: ScrapeJob) -> str:
    return f"targets/{fleet.name}-{job.name}.yml"


def _config(fleet: Fleet, monitoring: Monitoring) -> dict[str, Any]:
    return {
        "global": _global(fleet.prometheus),
        "rule_files": [f"rules/{fleet.name}-*.yml"],
        "scrape_configs": [_scrape_config(fleet, job) for job in monitoring.scrape_jobs],
    }


def _global(settings: PrometheusSettings) -> dict[str, str]:
    return {
        "scrape_interval": format_duration(settings.scrape_interval),
        "scrape_timeout": format_duration(settings.scrape_timeout),
        "evaluation_interval": format_duration(settings.evaluation_interval),
    }


def _scrape_config(fleet: Fleet, job: ScrapeJob) -> dict[str, Any]:
    data: dict[str, Any] = {"job_name": f"{fleet.name}-{job.name}"}
    if job.scheme != "http":
        data["scheme"] = job.scheme
    if job.params:
        data["params"] = {name: list(values) for name, values in job.params}
    if job.interval:
        data["scrape_interval"] = job.interval
    if job.timeout:
        data["scrape_timeout"] = job.timeout
    data |= _auth(job.auth)
    if job.tls is not None:
        data["tls_config"] = _tls(job.tls)
    data["file_sd_configs"] = [{"files": [_targets_file(fleet, job)]}]
    return data


def _auth(auth: BasicAuth | BearerToken | None) -> dict[str, Any]:
    match auth:
        case BasicAuth(username, password):
            return {"basic_auth": {"username_file": _file(username), "password_file": _file(password)}}
        case BearerToken(token):
            return {"authorization": {"type": "Bearer", "credentials_file": _file(token)}}
        case None:
            return {}


def _tls(tls: Tls) -> dict[str, Any]:
    files = {"ca_file": tls.ca, "cert_file": tls.cert, "key_file": tls.key}
    data: dict[str, Any] = {name: _file(ref) for name, ref in files.items() if ref is not None}
    if tls.server_name:
        data["server_name"] = tls.server_name
    if tls.insecure_skip_verify:
        data["insecure_skip_verify"] = True
    return data


def _file(ref: SecretRef) -> str:
    """Where the reader of the folder puts the secret; monogen points there and never writes it."""
    return f"secrets/{ref.name}/{ref.key}"


def _data_source() -> dict[str, Any]:
    source = {
        "name": "Prometheus",
        "uid": "monogen-prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": "http://localhost:9090",
        "isDefault": True,
    }
    return {"apiVersion": 1, "datasources": [source]}


def _provider(fleet: Fleet) -> dict[str, Any]:
    provider = {
        "name": f"monogen-{fleet.name}",
        "folder": fleet.grafana.folder,
        "type": "file",
        "allowUiUpdates": False,
        # Where the folder dashboards/ is mounted in Grafana.
        "options": {"path": "/var/lib/grafana/dashboards"},
    }
    return {"apiVersion": 1, "providers": [provider]}
