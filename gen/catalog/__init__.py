"""What exporters expose: ``kinds()`` for all headers, ``exporter(kind)`` for the metrics of one."""

from monogen.catalog.loading import exporter, kinds
from monogen.catalog.model import (
    Collector,
    ExporterCatalog,
    ExporterKind,
    Label,
    LabelNames,
    Metric,
    Presence,
    Span,
)

__all__ = [
    "Collector",
    "ExporterCatalog",
    "ExporterKind",
    "Label",
    "LabelNames",
    "Metric",
    "Presence",
    "Span",
    "exporter",
    "kinds",
]
