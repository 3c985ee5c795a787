"""Checks of Grafana boards."""
