"""What exporters expose: ``kinds()`` for all headers, ``exporter(kind)`` for the metrics of one."""

from monogen.catalog.loading import kinds
from monogen.catalog.model import ExporterKind

__all__ = ["ExporterKind", "kinds"]
