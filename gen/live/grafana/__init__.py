"""Puts dashboards into a running Grafana (``monogen import``).

``files`` reads the boards that were built, ``server`` finds out what Grafana there is, ``classic`` and
``apis`` speak its two interfaces, ``compare`` says what differs, ``planning`` decides, ``applying`` does it,
``report`` tells it. ``command`` is all of it in order.
"""
