"""Prometheus' templates of labels and annotations: Go's text/template with Prometheus' functions.

``read(text, version)`` says what is wrong with one, and which labels of the alert it reads. Knows
nothing of monogen.
"""

from monogen.gotemplate.reading import Template, read
from monogen.gotemplate.values import LabelRead, Query, Remark

__all__ = ["LabelRead", "Query", "Remark", "Template", "read"]
