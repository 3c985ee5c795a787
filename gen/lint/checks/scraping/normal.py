"""A scrape config in one form, whether the operator's ScrapeConfig or Prometheus' own was read.

Names are those of Prometheus' configuration (``scrape_interval``); ``key`` leads back to where the value
stands, in the spelling of the file (``scrapeInterval``). Whatever is of a wrong type is left out here: the
manifests' checks and Prometheus itself say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from monogen.lint.documents import ScrapeItem
from monogen.lint.model import Keys
from monogen.promql.regex import RegexError, full_match
from msgspec import Struct

DEFAULT_REGEX = "(.*)"
DEFAULT_REPLACEMENT = "$1"
DEFAULT_SEPARATOR = ";"

_OPERATOR_NAMES = {
    "relabel_configs": "relabelings",
    "metric_relabel_configs": "metricRelabelings",
    "enable_http2": "enableHTTP2",
    "convert_classic_histograms_to_nhcb": "convertClassicHistogramsToNHCB",
    "metric_name_validation_scheme": "nameValidationScheme",
    "metric_name_escaping_scheme": "nameEscapingScheme",
}
_CHOOSING = frozenset({"keep", "drop", "keepequal", "dropequal"})


def operator_name(name: str) -> str:
    """The operator's spelling of a key of Prometheus' configuration."""
    if name in _OPERATOR_NAMES:
        return _OPERATOR_NAMES[name]
    if name.endswith("_sd_configs"):
        return operator_name(name.removesuffix("_sd_configs")) + "SDConfigs"
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def scalar_text(value: Any) -> str:
    """A scalar as YAML's reader of Prometheus takes it for text: 9100 is "9100"; "" for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


class StaticConfig(Struct, frozen=True):
    """One entry of static_configs: addresses with the keys that lead to each, and the labels they share."""

    keys: Keys
    targets: tuple[tuple[str, Keys], ...]
    labels: Mapping[str, str]

    def label_keys(self, name: str) -> Keys:
        """Where a label stands."""
        return (*self.keys, "labels", name)


class Relabeling(Struct, frozen=True):
    """One step of relabeling; ``stated`` holds the keys that are written, by Prometheus' names."""

    keys: Keys
    operator: bool
    stated: Mapping[str, Any]
    action: str
    source_labels: tuple[str, ...]
    regex: str
    target_label: str
    replacement: str
    of_metrics: bool = False

    def key(self, name: str) -> Keys:
        """Where a key stands, by its name in Prometheus' configuration."""
        return (*self.keys, self.spelled(name))

    def spelled(self, name: str) -> str:
        """The key as this form spells it."""
        return operator_name(name) if self.operator else name

    def may_set(self, label: str) -> bool:
        """Whether a label may be another one after it."""
        if self.action == "labelmap":
            return True
        if self.action in ("labeldrop", "labelkeep"):
            return label in ("job", "instance") and self._names(label)
        if self.action in _CHOOSING:
            return False
        return self.target_label == label or "$" in self.target_label

    def _names(self, label: str) -> bool:
        try:
            return full_match(self.regex, label) == (self.action == "labeldrop")
        except RegexError:
            return False

    @property
    def chooses(self) -> bool:
        """Whether it keeps or drops whole targets."""
        return self.action in _CHOOSING

    @property
    def always_replaces(self) -> bool:
        """Whether it sets its label whatever the target looks like, from other labels than that one."""
        return (
            self.action == "replace"
            and self.regex in (DEFAULT_REGEX, ".*", "(.+)?")
            and self.target_label not in self.source_labels
        )


class ScrapeConfig(Struct, frozen=True, dict=True):
    """The normal form of a ScrapeItem."""

    item: ScrapeItem
    static: tuple[StaticConfig, ...] = ()
    relabelings: tuple[Relabeling, ...] = ()
    metric_relabelings: tuple[Relabeling, ...] = ()

    @property
    def operator(self) -> bool:
        """Whether it is a ScrapeConfig of the operator."""
        return self.item.form == "operator"

    def spelled(self, name: str) -> str:
        """The key as this form spells it."""
        return operator_name(name) if self.operator else name

    def key(self, name: str) -> Keys:
        """Where a key stands, by its name in Prometheus' configuration."""
        return (*self.item.keys, self.spelled(name))

    def get(self, name: str) -> Any:
        """The value of a key, None where it is not stated."""
        return self.item.data.get(self.spelled(name))

    @cached_property
    def scheme(self) -> str:
        """Http or https, in lower case."""
        return (scalar_text(self.get("scheme")) or "http").lower()

    @cached_property
    def path(self) -> str:
        """The path that is scraped if no label says otherwise."""
        return scalar_text(self.get("metrics_path")) or "/metrics"

    @cached_property
    def params(self) -> dict[str, tuple[str, ...]]:
        """The parameters of the request."""
        stated = self.get("params")
        if not isinstance(stated, Mapping):
            return {}
        return {
            str(name): tuple(map(scalar_text, values))
            for name, values in stated.items()
            if isinstance(values, list)
        }

    @cached_property
    def rewrites_targets(self) -> bool:
        """Whether relabeling may change what is scraped, or whether: then a target's text says little."""
        return any(
            step.chooses
            or step.action == "labelmap"
            or "$" in step.target_label
            or step.target_label in ("__address__", "__scheme__", "__metrics_path__")
            or step.target_label.startswith("__param_")
            for step in self.relabelings
        ) or bool(self.get("scrape_class") if self.operator else False)

    def may_relabel(self, label: str) -> bool:
        """Whether relabeling may set a label of the targets; a scrape class may set any."""
        if self.operator and self.get("scrape_class"):
            return True
        return any(step.may_set(label) for step in self.relabelings)

    def job_of(self, entry: StaticConfig) -> str:
        """The label ``job`` of an entry's targets if nothing is relabeled."""
        if self.operator and self.get("job_name"):
            return self.item.job
        return entry.labels.get("job") or self.item.job

    @property
    def steps(self) -> Iterator[Relabeling]:
        """All relabeling, of targets and of metrics."""
        yield from self.relabelings
        yield from self.metric_relabelings


@lru_cache(maxsize=512)
def normal(item: ScrapeItem) -> ScrapeConfig:
    """The item in its normal form; kept, since every check asks for it."""
    operator = item.form == "operator"
    data = item.data

    def listed(name: str) -> Iterator[tuple[Mapping[str, Any], Keys]]:
        spelled = operator_name(name) if operator else name
        entries = data.get(spelled)
        if isinstance(entries, list):
            for index, entry in enumerate(entries):
                if isinstance(entry, Mapping):
                    yield entry, (*item.keys, spelled, index)

    return ScrapeConfig(
        item=item,
        static=tuple(_static(entry, keys) for entry, keys in listed("static_configs")),
        relabelings=tuple(_relabeling(*found, operator) for found in listed("relabel_configs")),
        metric_relabelings=tuple(
            _relabeling(*found, operator, of_metrics=True) for found in listed("metric_relabel_configs")
        ),
    )


def _static(entry: Mapping[str, Any], keys: Keys) -> StaticConfig:
    targets, labels = entry.get("targets"), entry.get("labels")
    return StaticConfig(
        keys=keys,
        targets=tuple(
            (scalar_text(target), (*keys, "targets", index)) for index, target in enumerate(targets)
        )
        if isinstance(targets, list)
        else (),
        labels={str(name): scalar_text(value) for name, value in labels.items()}
        if isinstance(labels, Mapping)
        else {},
    )


_FIELDS = ("action", "source_labels", "regex", "target_label", "replacement", "separator", "modulus")


def _relabeling(
    entry: Mapping[str, Any], keys: Keys, operator: bool, *, of_metrics: bool = False
) -> Relabeling:
    stated = {}
    for name in _FIELDS:
        value = entry.get(operator_name(name) if operator else name)
        # The operator leaves out what is empty, but for a replacement.
        if value is not None and not (operator and value in ("", 0, []) and name != "replacement"):
            stated[name] = value
    sources = stated.get("source_labels")
    return Relabeling(
        keys=keys,
        operator=operator,
        stated=stated,
        action=scalar_text(stated.get("action", "replace")).lower(),
        source_labels=tuple(map(scalar_text, sources)) if isinstance(sources, list) else (),
        regex=scalar_text(stated.get("regex", DEFAULT_REGEX)),
        target_label=scalar_text(stated.get("target_label", "")),
        replacement=scalar_text(stated.get("replacement", DEFAULT_REPLACEMENT)),
        of_metrics=of_metrics,
    )
