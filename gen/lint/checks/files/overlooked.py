"""What nothing reads: neither Prometheus or Grafana, nor the linter."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import Example, FoundThere, check
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Severity
from monogen.lint.reading.near_misses import is_new_board, near_miss
from monogen.lint.reading.yaml_text import YamlSource

UNREAD_KINDS = ("ServiceMonitor", "PodMonitor", "Probe")
"""Objects of the operator that say how to scrape, and whose targets only the cluster knows."""

_RULES = """\
groups:
  - name: hosts
    rules:
      - record: instance:up:count
        expr: count by (instance) (up)
"""
_MORE = _RULES.replace("hosts", "jobs").replace("instance", "job")

_BOARD = """\
{
  "title": "Hosts",
  "elements": {},
  "layout": {"kind": "GridLayout", "spec": {"items": []}}
}
"""
_CLASSIC = """\
{
  "title": "Hosts",
  "uid": "hosts",
  "description": "What the hosts are doing.",
  "schemaVersion": 41,
  "panels": []
}
"""


@check(
    "MG007",
    "near-miss",
    family="files",
    severity="warning",
    on="document",
    what="A file that looks like rules or like an object of the operator, and is spelt so that nothing reads "
    "it as one: `group:` or `Groups:`, a list of rules without groups, the kind `PrometheusRules`.",
    why="Prometheus refuses such a file, an API server such an object; and the linter has not looked at it.",
    bad=_RULES.replace("groups:", "group:"),
    good=_RULES,
)
def near_miss_of_a_file(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Say what it was probably meant to be."""
    if document.kind in ("overlooked", "manifest"):
        found = near_miss(document.data)
        if found:
            severity: Severity = "warning" if found.misspelt else "info"
            yield Found(found.keys, found.message, found.hint, on_key=found.on_key, severity=severity)


@check(
    "MG008",
    "not-looked-at",
    family="files",
    severity="info",
    on="everything",
    what="A Grafana board of the new schema (v2), or a ServiceMonitor, PodMonitor or Probe, which the linter "
    "does not look into. Objects of these kinds are told once, boards each.",
    why="Nothing found in it does not mean that all is well in it.",
    bad=Example(_BOARD, "hosts.json"),
    good=Example(_CLASSIC, "hosts.json"),
)
def not_looked_at(context: Context) -> Iterator[FoundThere]:
    """Boards, then the first object of those that only a cluster can judge."""
    for document in context.linted.documents:
        if document.kind == "overlooked" and is_new_board(document.data):
            message = "this is a board of Grafana's new schema (v2), which is not looked into"
            yield document, Found((), message, "export it in the classic form (V1) to have it linted")
    objects = [
        document
        for document in context.linted.documents
        if document.kind == "manifest" and document.data.get("kind") in UNREAD_KINDS
    ]
    if objects:
        first, others = objects[0], len(objects) - 1
        more = f", nor into {others} more object{'s' if others > 1 else ''} of its like" if others else ""
        message = f"what this {first.data['kind']} scrapes is not looked into{more}"
        yield first, Found(("kind",), message, "its name and labels are")


@check(
    "MG009",
    "second-document",
    family="files",
    severity="error",
    on="document",
    what="A second YAML document, behind a `---`, in a rule file or a `prometheus.yml`.",
    why="Prometheus reads the first document and says nothing about the others: their rules and jobs are "
    "never loaded. Objects for Kubernetes may share a file, and so may rules that mimirtool loads, each "
    "document with its `namespace`.",
    bad=f"{_RULES}---\n{_MORE}",
    good=_RULES + _MORE.removeprefix("groups:\n"),
)
def second_document(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Each document after the first, at its `---`."""
    if document.kind not in ("rules", "prometheus") or not document.number:
        return
    if not isinstance(document.source, YamlSource) or "namespace" in document.data:
        return
    message = "Prometheus loads the first document of a file only, and this one never"
    yield Found((), message, "put it into the first document, or into a file of its own", on_key=True)
