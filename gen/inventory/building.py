"""Turns the checked document into the Fleet: fills in every default, brings quantities to base units.

Everything here may rely on the JSON Schema: the document has been held against it. What stands in the
way of building a host (an unknown kind of exporter, an address that is none) becomes a Finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from monogen.inventory import addresses
from monogen.inventory.findings import Finding, Key, nearest_or_all, quoted
from monogen.inventory.kinds import KindLike
from monogen.inventory.model import (
    AlertSettings,
    BasicAuth,
    BearerToken,
    Electricity,
    Exporter,
    FrontierSettings,
    GrafanaSettings,
    Hardware,
    Host,
    KubernetesSettings,
    Model,
    ModelServing,
    ModelShape,
    Os,
    PrometheusSettings,
    SecretRef,
    Tls,
)
from monogen.quantities import parse_bytes, parse_count, parse_duration, parse_threshold

OS_OF: Mapping[str, Os] = MappingProxyType({"gb10": "linux", "nvidia": "linux", "apple-silicon": "darwin"})
"""The OS that hardware implies; generic hardware implies none."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NODE_ONLY: Mapping[str, Any] = MappingProxyType({"node": None})


def prometheus(raw: Mapping[str, Any]) -> PrometheusSettings:
    """The server's settings. As in Prometheus, a timeout that is not stated never exceeds the interval."""
    usual = PrometheusSettings()
    interval = _duration(raw, "scrape_interval", usual.scrape_interval)
    return PrometheusSettings(
        version=version(raw["version"]) if "version" in raw else usual.version,
        scrape_interval=interval,
        scrape_timeout=_duration(raw, "scrape_timeout", min(usual.scrape_timeout, interval)),
        evaluation_interval=_duration(raw, "evaluation_interval", usual.evaluation_interval),
        retention=_duration(raw, "retention", usual.retention),
    )


def kubernetes(raw: Mapping[str, Any]) -> KubernetesSettings:
    """Namespace and labels of the operator's objects."""
    usual = KubernetesSettings()
    return KubernetesSettings(raw.get("namespace", usual.namespace), frozen(raw.get("labels", _NOTHING)))


def grafana(raw: Mapping[str, Any]) -> GrafanaSettings:
    """Address and folder; the address without a slash at its end, so that paths can be appended."""
    usual = GrafanaSettings()
    return GrafanaSettings(raw.get("url", usual.url).rstrip("/"), raw.get("folder", usual.folder))


def alerts(raw: Mapping[str, Any]) -> Mapping[str, AlertSettings]:
    """What the fleet changes about alerts, by name."""
    return frozen(
        {
            name: AlertSettings(
                threshold=parse_threshold(settings["threshold"]) if "threshold" in settings else None,
                severity=settings.get("severity"),
                hold=parse_duration(settings["for"]) if "for" in settings else None,
                enabled=settings.get("enabled", True),
            )
            for name, settings in raw.items()
        }
    )


def frontier(raw: Mapping[str, Any]) -> FrontierSettings:
    """What is no local model, and its prices."""
    price = raw.get("price", {})
    stated = {key: tuple(raw[key]) for key in ("providers", "model_ids") if key in raw}
    return FrontierSettings(**stated, input_price=price.get("input"), output_price=price.get("output"))


def electricity(raw: Mapping[str, Any] | None) -> Electricity | None:
    """The price of a kilowatt hour, None where it is not stated."""
    return None if raw is None else Electricity(**raw)


def version(text: str) -> tuple[int, ...]:
    """``3.10`` or ``v3.10`` as (3, 10)."""
    return tuple(map(int, text.removeprefix("v").split(".")))


def labels(raw: Mapping[str, str | int]) -> dict[str, str]:
    """Label values as text: whole numbers are taken as written."""
    return {name: str(value) for name, value in raw.items()}


def frozen(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """A view that nobody can change."""
    return MappingProxyType(dict(mapping)) if mapping else _NOTHING


def _duration(raw: Mapping[str, Any], key: str, usual: float) -> float:
    return parse_duration(raw[key]) if key in raw else usual


def _optional_bytes(raw: Mapping[str, Any], key: str) -> int | None:
    return parse_bytes(raw[key]) if key in raw else None


class HostBuilder:
    """Builds the hosts of one document. ``findings`` collects what kept hosts from being built."""

    def __init__(self, document: Mapping[str, Any], kinds: Mapping[str, KindLike], folder: Path) -> None:
        """Read what all hosts share once."""
        self._kinds = kinds
        self._folder = folder
        self._defaults: Mapping[str, Any] = document.get("defaults", _NOTHING)
        self._shared_exporters: Mapping[str, Any] = self._defaults.get("exporters", _NOTHING)
        self._shared_labels = frozen(
            {**labels(document.get("labels", _NOTHING)), **labels(self._defaults.get("labels", _NOTHING))}
        )
        self.findings: list[Finding] = [
            finding
            for kind in self._shared_exporters
            if (finding := self._unknown_kind(kind, ("defaults", "exporters", kind)))
        ]

    def host(self, raw: Mapping[str, Any], index: int) -> Host | None:
        """The host with all defaults filled in; None where something kept it from being built."""
        found = len(self.findings)
        at = ("hosts", index)
        name = raw["name"]
        hardware: Hardware = raw.get("hardware") or self._defaults.get("hardware", "generic")
        os = self._os(raw, hardware, at)
        address = raw.get("address", name)
        host = self._host_part(address, at, stated="address" in raw)
        exporters = self._exporters(raw, host, at)
        if os is None or len(self.findings) > found:
            return None
        memory = raw.get("memory", self._defaults.get("memory"))
        reserved = raw.get("reserved", self._defaults.get("reserved"))
        own_labels = raw.get("labels")
        return Host(
            name=name,
            address=address,
            os=os,
            hardware=hardware,
            exporters=exporters,
            memory=None if memory is None else parse_bytes(memory, ram=True),
            reserved=None if reserved is None else parse_bytes(reserved),
            gpu_memory_limit=_optional_bytes(raw, "gpu_memory_limit"),
            gpu_memory=_sizes(raw["gpu_memory"]) if "gpu_memory" in raw else (),
            reservations=frozen(
                {name: parse_bytes(size) for name, size in raw.get("reservations", {}).items()}
            ),
            chip=raw.get("chip", ""),
            memory_bandwidth=_optional_bytes(raw, "memory_bandwidth"),
            exclusive=raw.get("exclusive", False),
            intermittent=raw.get("availability", self._defaults.get("availability")) == "intermittent",
            labels=frozen({**self._shared_labels, **labels(own_labels)})
            if own_labels
            else self._shared_labels,
            models=tuple(_model(model, self._folder) for model in raw.get("models", ())),
            thresholds=_thresholds(raw["alerts"]) if "alerts" in raw else _NOTHING,
        )

    def _os(self, raw: Mapping[str, Any], hardware: str, at: tuple[Key, ...]) -> Os | None:
        """What the host states (itself or by its hardware) wins over what `defaults` states."""
        os: Os | None = (
            raw.get("os")
            or OS_OF.get(raw.get("hardware", ""))
            or self._defaults.get("os")
            or OS_OF.get(hardware)
        )
        if os is None:
            self.findings.append(
                Finding(
                    at,
                    f"the OS of host {quoted(raw['name'])} is not known",
                    "add `os: linux` or `os: darwin` (macOS), or the `hardware` it follows from",
                )
            )
        return os

    def _host_part(self, address: str, at: tuple[Key, ...], *, stated: bool) -> str:
        try:
            return addresses.host_part(address)
        except addresses.AddressError as error:
            if stated:
                finding = Finding((*at, "address"), f"{quoted(address)} cannot be scraped", str(error))
            else:
                finding = Finding(
                    (*at, "name"),
                    f"the name {quoted(address)} cannot serve as an address",
                    f"add `address:` ({error})",
                )
            self.findings.append(finding)
            return ""

    def _unknown_kind(self, kind: str, keys: tuple[Key, ...]) -> Finding | None:
        if kind in self._kinds:
            return None
        hint = nearest_or_all(kind, self._kinds)
        return Finding(keys, f"unknown kind of exporter {quoted(kind)}", hint, on_key=True)

    def _exporters(self, raw: Mapping[str, Any], host: str, at: tuple[Key, ...]) -> tuple[Exporter, ...]:
        built: list[Exporter] = []
        stated = raw.get("exporters")
        shared = self._shared_exporters
        if stated is None:
            stated = _NOTHING if shared else _NODE_ONLY
        for kind, settings in ({**shared, **stated} if shared else stated).items():
            if settings is False:
                continue
            header = self._kinds.get(kind)
            keys = (*at, "exporters", kind)
            if header is None:
                if kind not in shared and (finding := self._unknown_kind(kind, keys)):
                    self.findings.append(finding)
            elif isinstance(settings, list):
                for index, entry in enumerate(settings):
                    built.append(self._exporter(header, host, entry or _NOTHING, (*keys, index)))
            else:
                built.append(self._exporter(header, host, self._with_shared(kind, settings), keys))
        return tuple(built)

    def _with_shared(self, kind: str, settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The host's settings of a kind over those of `defaults`; labels and collectors by name."""
        shared = self._shared_exporters.get(kind)
        if not isinstance(shared, dict) or settings is shared:
            return settings or _NOTHING
        merged = {**shared, **(settings or {})}
        if "endpoint" in (settings or {}):
            merged.pop("port", None)
        for key in ("labels", "collectors"):
            if key in merged:
                merged[key] = {**shared.get(key, {}), **(settings or {}).get(key, {})}
        return merged

    def _exporter(
        self, header: KindLike, host: str, settings: Mapping[str, Any], keys: tuple[Key, ...]
    ) -> Exporter:
        server = header.kind if header.server else ""
        if not settings:
            return Exporter(header.kind, f"{host}:{header.port}", server, path=header.path)
        address = f"{host}:{settings.get('port', header.port)}"
        if "endpoint" in settings:
            address = self._endpoint(settings, keys)
        return Exporter(
            kind=header.kind,
            address=address,
            server=settings.get("name", server),
            scheme=settings.get("scheme", "http"),
            path=settings.get("path", header.path),
            params=_params(settings.get("params", _NOTHING)),
            interval=parse_duration(settings["interval"]) if "interval" in settings else None,
            timeout=parse_duration(settings["timeout"]) if "timeout" in settings else None,
            version=version(settings["version"]) if "version" in settings else None,
            auth=_auth(settings.get("auth")),
            tls=_tls(settings.get("tls")),
            labels=frozen(labels(settings.get("labels", _NOTHING))),
            collectors=frozen(settings.get("collectors", _NOTHING)),
            cluster=settings.get("scraped_by") == "cluster",
            model=settings.get("model", ""),
        )

    def _endpoint(self, settings: Mapping[str, Any], keys: tuple[Key, ...]) -> str:
        if "port" in settings:
            hint = "state one of them: `port` with the host's address, or `endpoint: host:port`"
            self.findings.append(Finding((*keys, "port"), "`port` and `endpoint` exclude each other", hint))
        try:
            return addresses.endpoint(settings["endpoint"])
        except addresses.AddressError as error:
            message = f"{quoted(settings['endpoint'])} cannot be scraped"
            self.findings.append(Finding((*keys, "endpoint"), message, str(error)))
            return ""


def _model(raw: Mapping[str, Any], folder: Path) -> Model:
    return Model(
        name=raw["name"],
        file=_optional_bytes(raw, "file"),
        kv_cache=_optional_bytes(raw, "kv_cache"),
        overhead=_optional_bytes(raw, "overhead") or 0,
        shape=ModelShape(**raw["architecture"]) if "architecture" in raw else None,
        serving=_serving(raw),
        parameters=_count(raw, "parameters"),
        active_parameters=_count(raw, "active_parameters"),
        split=raw.get("split", False),
        gguf=str(folder / raw["gguf"]) if "gguf" in raw else "",
        config=str(folder / raw["config"]) if "config" in raw else "",
    )


def _serving(raw: Mapping[str, Any]) -> ModelServing:
    cache_type = raw.get("cache_type", "f16")
    return ModelServing(
        context=raw.get("context"),
        context_per_slot=raw.get("context_per_slot", False),
        key_type=cache_type,
        value_type=cache_type,
        slots=raw.get("slots"),
    )


def _count(raw: Mapping[str, Any], key: str) -> int | None:
    return parse_count(raw[key]) if key in raw else None


def _reservations(raw: Mapping[str, Any]) -> Mapping[str, int]:
    return frozen({name: parse_bytes(size) for name, size in raw.items()})


def _sizes(value: Any) -> tuple[int, ...]:
    return tuple(map(parse_bytes, value if isinstance(value, list) else [value]))


def _thresholds(raw: Mapping[str, Any]) -> Mapping[str, float]:
    return frozen({name: parse_threshold(settings["threshold"]) for name, settings in raw.items()})


def _params(raw: Mapping[str, list[str | int]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((name, tuple(map(str, values))) for name, values in raw.items()))


def _secret(raw: Mapping[str, str] | None) -> SecretRef | None:
    return None if raw is None else SecretRef(raw["secret"], raw["key"])


def _auth(raw: Mapping[str, Any] | None) -> BasicAuth | BearerToken | None:
    if raw is None:
        return None
    if "bearer" in raw:
        return BearerToken(SecretRef(raw["bearer"]["secret"], raw["bearer"]["key"]))
    user, password = raw["basic"]["username"], raw["basic"]["password"]
    return BasicAuth(SecretRef(user["secret"], user["key"]), SecretRef(password["secret"], password["key"]))


def _tls(raw: Mapping[str, Any] | None) -> Tls | None:
    if raw is None:
        return None
    return Tls(
        ca=_secret(raw.get("ca")),
        cert=_secret(raw.get("cert")),
        key=_secret(raw.get("key")),
        server_name=raw.get("server_name"),
        insecure_skip_verify=raw.get("insecure_skip_verify", False),
    )
