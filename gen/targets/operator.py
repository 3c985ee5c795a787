"""Objects for Kubernetes with the Prometheus operator: ``kubectl apply -f out/``.

Directly in the folder stand three kinds only: ScrapeConfig (monitoring.coreos.com/v1alpha1, its one
served version), PrometheusRule (v1) and ConfigMap, which Grafana's sidecar reads. The bare boards are
in a subfolder, where kubectl does not look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monogen.inventory.model import BasicAuth, BearerToken, Fleet, SecretRef, Tls
from monogen.monitoring import Artifact, Dashboard, Monitoring, RuleFile, ScrapeJob
from monogen.output.flow import Flow
from monogen.output.yamltext import document
from monogen.targets import grafana
from monogen.targets.rulefile import groups

HEADER = "# Written by monogen from the inventory. Change the inventory, not this file.\n"

HEAD = 400
"""Letters of an object within which its kind stands."""


def render(fleet: Fleet, monitoring: Monitoring) -> list[Artifact]:
    """All files of the fleet, each one object."""
    return list(_artifacts(fleet, monitoring))


def _artifacts(fleet: Fleet, monitoring: Monitoring) -> Iterator[Artifact]:
    for job in monitoring.scrape_jobs:
        yield _artifact(fleet, f"scrape-{job.name}", _scrape_config(fleet, job))
    for file in monitoring.rule_files:
        yield _artifact(fleet, f"rules-{file.name}", _prometheus_rule(fleet, file))
    for dashboard in monitoring.dashboards:
        yield _artifact(fleet, f"dashboard-{dashboard.name}", _config_map(fleet, monitoring, dashboard))
        yield grafana.bare(monitoring, dashboard)


def _artifact(fleet: Fleet, name: str, manifest: Mapping[str, Any]) -> Artifact:
    return Artifact(f"{fleet.name}-{name}.yaml", HEADER + document(manifest))


def _metadata(fleet: Fleet, name: str, extra: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Name, namespace and the labels: monogen's own, and those that the operator selects by."""
    labels = {
        "app.kubernetes.io/managed-by": "monogen",
        "app.kubernetes.io/part-of": fleet.name,
        **fleet.kubernetes.labels,
        **(extra or {}),
    }
    return {
        "name": f"monogen-{fleet.name}-{name}",
        "namespace": fleet.kubernetes.namespace,
        "labels": labels,
    }


def _prometheus_rule(fleet: Fleet, file: RuleFile) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(fleet, f"rules-{file.name}"),
        "spec": {"groups": groups(file, f"monogen-{fleet.name}")},
    }


def _config_map(fleet: Fleet, monitoring: Monitoring, dashboard: Dashboard) -> dict[str, Any]:
    metadata = _metadata(fleet, f"dashboard-{dashboard.name}", {"grafana_dashboard": "1"})
    # Takes effect where the chart's sidecar.dashboards.folderAnnotation is grafana_folder.
    metadata["annotations"] = {"grafana_folder": fleet.grafana.folder}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {grafana.file_name(monitoring, dashboard): grafana.minified(dashboard)},
    }


def _scrape_config(fleet: Fleet, job: ScrapeJob) -> dict[str, Any]:
    """jobName becomes the label job; instance is a static label, so that it is the host and no address."""
    spec: dict[str, Any] = {"jobName": job.job}
    if job.scheme != "http":
        spec["scheme"] = job.scheme.upper()
    if job.params:
        spec["params"] = {name: list(values) for name, values in job.params}
    if job.interval:
        spec["scrapeInterval"] = job.interval
    if job.timeout:
        spec["scrapeTimeout"] = job.timeout
    spec |= _auth(job.auth)
    if job.tls is not None:
        spec["tlsConfig"] = _tls(job.tls)
    spec["staticConfigs"] = [
        Flow({"targets": [target.address], "labels": dict(target.labels)}) for target in job.targets
    ]
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "ScrapeConfig",
        "metadata": _metadata(fleet, f"scrape-{job.name}"),
        "spec": spec,
    }


def _auth(auth: BasicAuth | BearerToken | None) -> dict[str, Any]:
    match auth:
        case BasicAuth(username, password):
            return {"basicAuth": {"username": _key(username), "password": _key(password)}}
        case BearerToken(token):
            return {"authorization": {"type": "Bearer", "credentials": _key(token)}}
        case None:
            return {}


def _tls(tls: Tls) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if tls.ca:
        data["ca"] = {"secret": _key(tls.ca)}
    if tls.cert:
        data["cert"] = {"secret": _key(tls.cert)}
    if tls.key:
        data["keySecret"] = _key(tls.key)
    if tls.server_name:
        data["serverName"] = tls.server_name
    if tls.insecure_skip_verify:
        data["insecureSkipVerify"] = True
    return data


def _key(ref: SecretRef) -> dict[str, str]:
    return {"name": ref.name, "key": ref.key}


def disappeared(old: Iterable[str], artifacts: Iterable[Artifact]) -> list[str]:
    """``kubectl delete`` for each object of the old texts that no artifact holds any more.

    ``kubectl apply`` never removes, so an object stays in the cluster until somebody deletes it. Texts
    that are no object (bare dashboards) are passed over.
    """
    kept = {_identity(artifact.text) for artifact in artifacts if _is_object(artifact.text)}
    gone = {_identity(text) for text in old if _is_object(text)} - kept
    return [
        f"kubectl delete {kind.lower()} --namespace {namespace} {name}"
        for kind, namespace, name in sorted(gone)
    ]


def _is_object(text: str) -> bool:
    """Whether a text is one of the objects that are written here; other targets write other files."""
    return text.startswith(f"{HEADER}apiVersion: ") and "\nkind: " in text[:HEAD]


def _identity(text: str) -> tuple[str, str, str]:
    """Kind, namespace and name, read from the first lines: the rest of a manifest may be long."""
    import yaml  # noqa: PLC0415 - only when something disappeared

    head = text.split("\nspec:", 1)[0].split("\ndata:", 1)[0]
    manifest = yaml.load(head, Loader=yaml.CSafeLoader)
    return manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]
