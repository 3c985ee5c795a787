"""Frames for the examples of this folder: a small ScrapeConfig, a small prometheus.yml."""

from __future__ import annotations

from textwrap import dedent, indent

from monogen.lint.check import Example


def scrape_config(
    spec: str, *, inventory: str = "", labels: str = "{release: kube-prometheus-stack}"
) -> Example:
    """A ScrapeConfig of the operator with this spec."""
    head = (
        "apiVersion: monitoring.coreos.com/v1alpha1\n"
        "kind: ScrapeConfig\n"
        "metadata:\n"
        "  name: lab\n"
        "  namespace: monitoring\n"
        f"  labels: {labels}\n"
        "spec:\n"
    )
    return Example(head + indent(dedent(spec).strip("\n"), "  ") + "\n", "scrape.yaml", inventory)


def prometheus(text: str, *, inventory: str = "") -> Example:
    """A configuration file of Prometheus."""
    return Example(dedent(text).strip("\n") + "\n", "prometheus.yml", inventory)
