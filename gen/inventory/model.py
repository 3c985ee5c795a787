"""The inventory as the rest of monogen sees it: a Fleet of Hosts, complete and checked.

Everything here is immutable, every default is filled in, every quantity is in base units (bytes,
seconds, ratios). Nothing here knows YAML, files or the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct, field

Os = Literal["linux", "darwin"]
Hardware = Literal["gb10", "apple-silicon", "nvidia", "generic"]

UNIFIED_MEMORY: frozenset[str] = frozenset({"gb10", "apple-silicon"})
"""Hardware whose GPU uses the system's RAM, so that a model's footprint is read from RAM."""


DEFAULT_RESERVED: Mapping[str, int] = MappingProxyType({"gb10": 8 * 2**30, "apple-silicon": 6 * 2**30})
"""Bytes that the system holds when no model is loaded, by hardware.

GB10: an idle baseline of 3 to 9 GiB was measured (nvtop issue 449). Apple Silicon: an estimate.
"""


def _empty() -> Mapping[str, Any]:
    """An empty mapping that nobody can fill; dataclasses refuse a shared one as a default."""
    return MappingProxyType({})


class SecretRef(Struct, frozen=True):
    """A key of a Kubernetes Secret. Only the reference is ever known to monogen, never the value."""

    name: str
    key: str


class BasicAuth(Struct, frozen=True):
    """HTTP basic authentication of a scrape."""

    username: SecretRef
    password: SecretRef


class BearerToken(Struct, frozen=True):
    """``Authorization: Bearer <token>`` of a scrape."""

    token: SecretRef


class Tls(Struct, frozen=True):
    """TLS of a scrape; what is None is left to the scraper's defaults."""

    ca: SecretRef | None = None
    cert: SecretRef | None = None
    key: SecretRef | None = None
    server_name: str | None = None
    insecure_skip_verify: bool = False


class Exporter(Struct, frozen=True):
    """One target: one exporter (or model server) of one host.

    ``kind`` is the catalog's name (``node``, ``dcgm``, ``vllm``, ...). ``server`` becomes the label
    of the same name: the name given in a list of several, the kind for a model server, and empty for
    any other exporter. ``address`` is host:port. ``interval`` and ``timeout`` are seconds, None where
    the fleet's hold. ``cluster`` means that the cluster scrapes it already (``scraped_by: cluster``):
    rules and boards, but no target. ``model`` becomes the label of that name, for servers whose series
    name no model (llama-server).
    """

    kind: str
    address: str
    server: str = ""
    scheme: Literal["http", "https"] = "http"
    path: str = "/metrics"
    params: tuple[tuple[str, tuple[str, ...]], ...] = ()
    interval: float | None = None
    timeout: float | None = None
    version: tuple[int, ...] | None = None
    auth: BasicAuth | BearerToken | None = None
    tls: Tls | None = None
    labels: Mapping[str, str] = field(default_factory=_empty)
    collectors: Mapping[str, bool] = field(default_factory=_empty)
    cluster: bool = False
    model: str = ""

    @property
    def on_demand(self) -> bool:
        """Whether the target answers only while its model is loaded: llama-server's router, not told to load.

        A scrape without ``autoload=false`` would load the model; with it a model that is not resident
        answers 400, and that is no alarm.
        """
        return ("autoload", ("false",)) in self.params


class ModelShape(Struct, frozen=True):
    """What the KV cache of a plain transformer follows from, stated by hand."""

    layers: int
    kv_heads: int
    head_dim: int
    value_head_dim: int | None = None


class ModelServing(Struct, frozen=True):
    """How a model is served, in llama-server's words.

    ``context`` (tokens, None: as trained) is the total over all slots, as ``--ctx-size`` counts it;
    with ``context_per_slot`` it is what each slot gets, as Ollama's ``num_ctx`` counts it. ``slots``
    None means llama-server's own choice: 4 that share one cache. A stated number splits the cache, as
    ``--parallel N`` does. ``ubatch`` is ``--ubatch-size``; sliding windows keep that much more.
    """

    context: int | None = None
    context_per_slot: bool = False
    key_type: str = "f16"
    value_type: str = "f16"
    slots: int | None = None
    ubatch: int = 512


class Model(Struct, frozen=True):
    """A model that is meant to be resident on a host; bytes. None where the inventory does not say.

    ``gguf`` and ``config`` are paths of the model's own files, "" where not stated; what is stated
    beside them wins. ``parameters`` and ``active_parameters`` are counts. ``split`` says that it may be
    spread over several GPUs.
    """

    name: str
    file: int | None = None
    kv_cache: int | None = None
    overhead: int = 0
    shape: ModelShape | None = None
    serving: ModelServing = ModelServing()
    parameters: int | None = None
    active_parameters: int | None = None
    split: bool = False
    gguf: str = ""
    config: str = ""


class Host(Struct, frozen=True):
    """One machine. ``name`` is the label ``instance`` of all its series.

    ``memory`` (bytes of RAM as stated), ``reserved`` (bytes the OS and its neighbours hold when no
    model is loaded) and ``gpu_memory_limit`` (bytes, Metal's cap) are None where not stated.
    ``exclusive`` hosts are meant for one model at a time. ``gpu_memory`` has the bytes of each discrete
    GPU, ``reservations`` what else is taken from unified memory, by name (a cluster's virtual machine);
    ``chip`` and ``memory_bandwidth`` (bytes a second) serve the speed ceiling of ``monogen fit``.
    ``labels`` are the fleet's and the host's
    own, merged. ``thresholds`` maps an alert's name to the number it compares with on this host, only
    where the inventory states one for the host.
    """

    name: str
    address: str
    os: Os
    hardware: Hardware
    exporters: tuple[Exporter, ...]
    memory: int | None = None
    reserved: int | None = None
    gpu_memory_limit: int | None = None
    intermittent: bool = False
    exclusive: bool = False
    gpu_memory: tuple[int, ...] = ()
    reservations: Mapping[str, int] = field(default_factory=_empty)
    chip: str = ""
    memory_bandwidth: int | None = None
    labels: Mapping[str, str] = field(default_factory=_empty)
    models: tuple[Model, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=_empty)

    @property
    def unified_memory(self) -> bool:
        """Whether models live in the system's RAM (GB10, Apple Silicon)."""
        return self.hardware in UNIFIED_MEMORY

    @property
    def system_memory(self) -> int:
        """Bytes that everything but the models holds: the reservation, stated or usual, and all others."""
        usual = DEFAULT_RESERVED.get(self.hardware, 0)
        return (usual if self.reserved is None else self.reserved) + sum(self.reservations.values())

    @property
    def states_reserved(self) -> bool:
        """Whether the inventory says more about it than the hardware does."""
        return self.reserved is not None or bool(self.reservations)

    def has(self, kind: str) -> bool:
        """Whether an exporter of this kind runs on the host."""
        return any(exporter.kind == kind for exporter in self.exporters)


class PrometheusSettings(Struct, frozen=True):
    """The server that will run what is written. Intervals and retention in seconds."""

    version: tuple[int, ...] = (3, 5)
    scrape_interval: float = 30
    scrape_timeout: float = 10
    evaluation_interval: float = 30
    retention: float = 15 * 86400


class KubernetesSettings(Struct, frozen=True):
    """Where the objects go, and the labels that the operator selects them by."""

    namespace: str = "monitoring"
    labels: Mapping[str, str] = field(default_factory=_empty)


class GrafanaSettings(Struct, frozen=True):
    """``url`` is the base of the alerts' dashboard links (empty: links are relative)."""

    url: str = ""
    folder: str = "monogen"


class AlertSettings(Struct, frozen=True):
    """What the inventory changes about one alert for the whole fleet; None means the default."""

    threshold: float | None = None
    severity: str | None = None
    hold: float | None = None
    enabled: bool = True


Severity = Literal["error", "warning", "ignore"]


class FitSettings(Struct, frozen=True):
    """What the build does about a model that hardly fits, and about one that cannot fit."""

    barely: Severity = "warning"
    impossible: Severity = "error"


class FrontierSettings(Struct, frozen=True):
    """Which of LiteLLM's deployments are no local ones, and what their tokens cost.

    ``providers`` are values of LiteLLM's label api_provider; where ``model_ids`` are given they decide
    instead. Prices are USD per million tokens, None where not stated.
    """

    providers: tuple[str, ...] = (
        "anthropic",
        "azure",
        "bedrock",
        "gemini",
        "mistral",
        "openrouter",
        "vertex_ai",
    )
    model_ids: tuple[str, ...] = ()
    input_price: float | None = None
    output_price: float | None = None


class Electricity(Struct, frozen=True):
    """The price of a kilowatt hour."""

    price: float
    currency: str = "EUR"


class Fleet(Struct, frozen=True):
    """The whole inventory. ``hosts`` are in the order of the files; names are unique.

    ``jobs`` maps an exporter's kind to the label ``job`` its targets get. ``dashboards``, ``rules``
    and ``catalogs`` are paths of people's own files, as absolute or resolved against the inventory.
    ``notes`` are sentences the build should tell (a default that was used, a ``.local`` address).
    """

    name: str
    hosts: tuple[Host, ...]
    prometheus: PrometheusSettings = PrometheusSettings()
    kubernetes: KubernetesSettings = KubernetesSettings()
    grafana: GrafanaSettings = GrafanaSettings()
    runbooks: str = "https://github.com/monogen/monogen/blob/main/docs/runbooks.md"
    jobs: Mapping[str, str] = field(default_factory=_empty)
    alerts: Mapping[str, AlertSettings] = field(default_factory=_empty)
    dashboards: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    catalogs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    frontier: FrontierSettings = FrontierSettings()
    electricity: Electricity | None = None
    fit: FitSettings = FitSettings()

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the inventory's own labels, sorted: those that some host carries."""
        return tuple(sorted({name for host in self.hosts for name in host.labels}))
