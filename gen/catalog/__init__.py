"""What exporters expose.

``kinds()`` for all headers, ``exporter(kind)`` for the metrics of one, ``series()`` for all by name.
"""

from monogen.catalog.loading import exporter, kinds, series
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
    "series",
]
