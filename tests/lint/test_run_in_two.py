"""A second process looks at half of a big file, and finds what one alone finds."""

from __future__ import annotations

import pytest
from monogen.lint import run
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint


def _rules(count: int) -> str:
    lines = ["groups:\n  - name: g\n    rules:\n"]
    for i in range(count):
        expr = f"sum(rate(http_requests_total{{a=~'{i}'}}[5m]))" if i % 7 == 0 else f"up * {i}"
        lines.append(f"      - {{record: 'a:b{i}:c', expr: \"{expr}\"}}\n")
    return "".join(lines) + "      - {record: 'a:b1:c', expr: up}\n"


def test_two_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    linted = gather(documents_of_text("rules.yaml", _rules(run.MANY)))
    together = lint(linted)
    monkeypatch.setattr(run, "can_help", lambda: False)
    assert together == lint(linted)
    assert len({finding.code for finding in together}) > 1
    assert len(together) > run.MANY / 7
