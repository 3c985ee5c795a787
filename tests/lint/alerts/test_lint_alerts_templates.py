"""Templates of alerts: what is said about them, and where."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monogen.gotemplate import read
from rule_linting import lint_files
from template_cases import FAILS, GOOD, NONSENSE, REFUSED

PIECES = (
    *GOOD[1:20],
    *("{{", "}}", "{{ end }}", "{{ else }}", "{{ if ", "{{ range ", '{{ define "a" }}', " | ", "(", ")", "$"),
    *("$value", ".", ".x", '"', "`", "'", "{{-", "-}}", "/*", "*/", ":=", "=", ",", "\\", "\n", "5", "1e"),
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join))
def test_any_text_is_read(text: str) -> None:
    for remark in read(text, (3, 5)).remarks:
        assert 0 <= remark.start <= remark.end <= len(text)
        assert remark.message


@pytest.mark.parametrize("opening", ["{{ if $value }}", "{{ (", '{{ define "x" }}', "{{ $x := "])
def test_deep_nesting_ends_quietly(opening: str) -> None:
    assert all(remark.start >= 0 for remark in read(opening * 5000, (3, 5)).remarks)


def test_verdicts_without_a_server() -> None:
    for template in GOOD:
        assert not read(template, (3, 5)).remarks, template
    for template in REFUSED:
        assert not read(template, (3, 5)).remarks[-1].loads, template
    for template in FAILS + NONSENSE:
        assert read(template, (3, 5)).remarks[0].loads, template


@pytest.mark.parametrize(
    ("template", "labels"),
    [
        ("{{ $labels.a }} {{ .Labels.b }} {{ $.Labels.c }}", "abc"),
        ('{{ index $labels "a" }} {{ index .Labels `b` }}', "ab"),
        ("{{ $x := $labels }}{{ $x.a }}{{ with .Labels }}{{ .b }}{{ end }}", "ab"),
        ('{{ range query "up" }}{{ .Labels.a }}{{ end }}', ""),
        ("{{ $externalLabels.a }} {{ .ExternalLabels.b }}", ""),
        ('{{ define "x" }}{{ .a }}{{ end }}', ""),
        ("{{ range $k, $v := $labels }}{{ $v }}{{ end }}", ""),
        ('{{ ($labels.a | toUpper) }}{{ printf "%s" $labels.b }}', "ab"),
    ],
)
def test_labels_that_are_read(template: str, labels: str) -> None:
    found = read(template, (3, 5))
    assert [label.name for label in found.labels] == list(labels)
    assert all(template[label.start : label.end] == label.name for label in found.labels)


def test_labels_that_are_asked_for_are_known() -> None:
    found = read("{{ if $labels.a }}{{ $labels.b }}{{ end }}{{ with $labels.c }}{{ . }}{{ end }}", (3, 5))
    assert found.tested == {"a", "c"}


def _alert(expr: str, description: str, labels: str = "{severity: warning}", group: str = "") -> str:
    return textwrap.dedent(f"""\
        groups:
        - name: g
        {group}
          rules:
          - alert: Something
            expr: {expr}
            labels: {labels}
            annotations:
              description: >-
                First line,
                {description}
        """)


def test_a_template_error_is_told_with_its_place(tmp_path: Path) -> None:
    text = _alert("up == 0", "and {{ $value | humanise }} on the second.")
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG406")
    line = text.splitlines()[found.start.line - 1]
    assert line[found.start.column - 1 : found.end.column - 1] == "humanise"
    assert found.message == "there is no function `humanise`"
    assert found.hint == "did you mean `humanize`?; until then Prometheus does not load the file"
    assert found.severity == "error"


def test_a_query_in_a_template_is_read_too(tmp_path: Path) -> None:
    text = _alert("up == 0", '{{ with query "sum(up" }}{{ . | first | value }}{{ end }}')
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG406")
    assert found.message.startswith("the query is no PromQL")
    line = text.splitlines()[found.start.line - 1]
    assert line[found.start.column - 1 : found.end.column - 1] == "("


@pytest.mark.parametrize(
    ("expr", "template", "missing"),
    [
        ("sum by (job) (x) > 5", "{{ $labels.instance }}", "instance"),
        ("sum by (job) (x) > 5", "{{ $labels.job }}", ""),
        ("sum(x) > 5", "{{ $labels.job }}", "job"),
        ("sum without (pod) (x) > 5", "{{ $labels.pod }}", "pod"),
        ("sum without (pod) (x) > 5", "{{ $labels.instance }}", ""),
        ("x > on (job) y", "{{ $labels.instance }}", "instance"),
        ("x > on (job) group_left (team) y", "{{ $labels.instance }} {{ $labels.team }}", ""),
        ("vector(1)", "{{ $labels.instance }}", "instance"),
        ('absent(up{job="a"})', "{{ $labels.instance }}", "instance"),
        ('absent(up{job="a"})', "{{ $labels.job }}", ""),
        ("x > 5", "{{ $labels.anything }}", ""),
        ("x > 5", "{{ $labels.severity }}", "severity"),
        ('x{severity="a"} > 5', "{{ $labels.severity }}", ""),
        ("sum by (severity) (x) > 5", "{{ $labels.severity }}", ""),
        ("sum(x) > 5", "{{ if $labels.job }}{{ $labels.job }}{{ end }}", ""),
        ("sum by (job) (x) > 5 or y > 5", "{{ $labels.instance }}", ""),
        ("sum by (job) (x) > 5 and y", "{{ $labels.instance }}", "instance"),
        ('label_replace(sum(x), "host", "$1", "job", "(.*)") > 5', "{{ $labels.host }}", ""),
        ("count_values by (job) ('version', x) > 1", "{{ $labels.version }}", ""),
        ("rate(x[5m]) > 5", "{{ $labels.__name__ }}", "__name__"),
    ],
)
def test_labels_that_the_result_lacks(tmp_path: Path, expr: str, template: str, missing: str) -> None:
    text = _alert(f"|-\n{' ' * 14}{expr}", template)
    found = lint_files(tmp_path, {"r.yaml": text}, "MG407")
    assert [f"`{missing}`" in finding.message for finding in found] == ([True] if missing else [])


def test_labels_of_a_recorded_series_are_those_of_its_rule(tmp_path: Path) -> None:
    text = _alert("job:x:sum > 5", "{{ $labels.instance }} of {{ $labels.team }}") + (
        "  - record: job:x:sum\n    expr: sum by (job) (x)\n    labels: {team: a}\n"
    )
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG407")
    assert "`instance`" in found.message


def test_labels_of_a_group_are_not_there_either(tmp_path: Path) -> None:
    text = _alert("sum(x) > 5", "{{ $labels.team }}", group="  labels: {team: a}")
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG407")
    assert "`labels`" in found.hint


def test_braces_in_a_recorded_label_are_no_template(tmp_path: Path) -> None:
    rule = "record: a:b:c\n    expr: x\n    labels: {host: '{{ $labels.a }}'}\n"
    text = f"groups:\n- name: g\n  rules:\n  - {rule}"
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG406")
    assert found.severity == "warning"
