"""The report for programs; the keys stay as they are."""

from __future__ import annotations

from typing import Any

from monogen.live.verify.grouping import troubles, wrong
from monogen.live.verify.model import Report
from monogen.promql.placeholder import shown


def as_json(report: Report) -> dict[str, Any]:
    """Everything that was found, as JSON's own types."""
    found: dict[str, Any] = _readable(_whole(report))
    return found


def _readable(data: Any) -> Any:
    """The same, with the choices of a board named as people know them."""
    if isinstance(data, str):
        return shown(data)
    if isinstance(data, dict):
        return {key: _readable(value) for key, value in data.items()}
    return [_readable(one) for one in data] if isinstance(data, list) else data


def _whole(report: Report) -> dict[str, Any]:
    series = report.cardinality
    return {
        "server": {"url": report.url, "product": report.build.product, "version": report.build.version},
        "fleet": report.fleet,
        "hosts": report.hosts,
        "host": report.host or None,
        "ok": report.ok,
        "too_early": report.too_early,
        "wrong": len(wrong(troubles(report))),
        "checked": [
            {"part": c.part, "fine": c.fine, "all": c.all, "of": c.of, "note": c.note} for c in report.counts
        ],
        "findings": [
            {
                "part": f.part, "kind": f.kind, "what": f.what, "hosts": list(f.hosts), "message": f.message,
                "detail": f.detail, "hint": f.hint, "gap": f.gap,
            }
            for f in report.findings
        ],
        "empty": [
            {
                "kind": d.question.kind, "place": d.question.place, "name": d.question.name,
                "expr": d.question.text, "host": d.host or None, "reason": d.reason.kind,
                "message": d.reason.text, "partly": d.partly, "gap": d.gap,
            }
            for d in report.dark
        ],
        "not_checked": list(report.unchecked),
        "warnings": list(report.warnings),
        "series": {
            "recorded": dict(series.recorded), "scraped": dict(series.scraped), "names": dict(series.names),
            "head": series.head,
        },
        "questions": report.questions,
        "seconds": round(report.seconds, 3),
    }  # fmt: skip
