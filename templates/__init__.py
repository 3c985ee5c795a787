"""The rule templates: one file a subject, plain text read by ``monogen.plan``.

Each file is two YAML documents. The first, read as it is, says what the subject needs (exporter, OS,
hardware), to which rule group it belongs and after which other subject it is evaluated; it also names
its alerts with their default thresholds. The second is a Jinja template of a list of rules. Its
delimiters are ``<< >>``, ``<% %>`` and ``<# #>``, so that Prometheus' own ``{{ $labels.x }}`` passes.
"""
