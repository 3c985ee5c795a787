"""Which labels a result can have: by hand, and against a real Prometheus."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from engine import Prometheus, backfill
from monogen.lint.facts.label_reading import LabelReading
from monogen.promql import Node, read

NAMES = ("a", "b", "c")


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("sum(x)", ""),
        ("sum by (a, b) (x)", "a b"),
        ("sum by (b) (sum by (a) (x))", ""),
        ('count_values by (a) ("v", x)', "a v"),
        ("topk by (a) (2, sum by (b) (x))", "b"),
        ("vector(1)", ""),
        ("time()", ""),
        ('absent(x{a="1", b!="2", c="3", c="4"})', "a"),
        ("absent(sum(x))", ""),
        ("sum by (a, b) (x) / on (a) sum by (a, c) (y)", "a"),
        ("sum by (a, b) (x) / ignoring (b) sum by (a) (y)", "a"),
        ("sum by (a) (x) * on (a) group_left (c) y", "a c"),
        ("sum by (a) (x) * on (a) group_left (c) sum by (a) (y)", "a"),
        ("y * on (a) group_right (c) sum by (a, b) (x)", "a b c"),
        ("sum by (a) (x) and sum by (b) (y)", "a"),
        ("sum by (a) (x) or sum by (b) (y)", "a b"),
        ('label_replace(sum by (a) (x), "z", "$1", "a", "(.*)")', "a z"),
        ('label_replace(sum by (a) (x), "z", "", "a", "(.*)")', "a"),
        ("histogram_quantile(0.9, sum by (a, le) (x))", "a"),
        ("sum by (a) (x) > 3", "a"),
        ("3 * sum by (a) (x)", "a"),
        ("-sum by (a) (x)", "a"),
        ("max_over_time(sum by (a) (x)[5m:1m])", "a"),
    ],
)
def test_the_only_labels_there_can_be(expr: str, names: str) -> None:
    found = LabelReading().of(read(expr)).names
    assert found is not None
    assert sorted(found) == names.split()


@pytest.mark.parametrize(
    ("expr", "gone"),
    [
        ("x", ""),
        ("rate(x[5m])", "__name__"),
        ("sum without (a) (x)", "__name__ a"),
        ('x{a=""}', "a"),
        ("x / ignoring (a) y", "__name__ a"),
        ("last_over_time(x[5m])", ""),
        ("x > 3", ""),
        ("x > bool 3", "__name__"),
        ("info(sum without (a) (x))", ""),
        ('label_join(sum without (a) (x), "a", "-", "b")', "__name__"),
    ],
)
def test_the_labels_that_are_gone(expr: str, gone: str) -> None:
    found = LabelReading().of(read(expr))
    assert found.names is None
    assert sorted(found.gone) == gone.split()
    assert all(not found.may_have(label) for label in gone.split())


def test_what_removed_a_label_is_known() -> None:
    tree = read("max by (b) (sum by (a) (x))")
    found = LabelReading().of(tree)
    assert not found.may_have("b")
    removed_by = found.removed_by("b")
    assert removed_by is not None
    assert (removed_by.start, removed_by.end) == (12, 26)


def test_a_variable_of_a_board_may_match_series_without_the_label() -> None:
    reading = LabelReading()
    known, chosen = read('x{a="1"}'), read('x{a=~"\ue000a\ue001"}')
    assert reading.certain(known) == {"a"}
    assert reading.certain(chosen) == frozenset()


def made_up(chance: random.Random, depth: int) -> str:
    """An expression of selectors, aggregations, joins and functions, nested ``depth`` deep at most."""
    if depth == 0 or chance.random() < 0.1:
        return chance.choice("xyz") + chance.choice(("", "", '{a="1"}', '{b=""}', '{c=~".+"}'))
    some = ", ".join(chance.sample(NAMES, chance.randint(0, 2)))
    inner = made_up(chance, depth - 1)
    op = chance.choice(("sum", "max", "count", "group"))
    source, target, written = (
        chance.choice(NAMES),
        chance.choice((*NAMES, "z")),
        chance.choice(("$1", "f", "")),
    )
    join = f"({inner}) {joined(chance, some)} ({made_up(chance, depth - 1)})"
    forms = (
        f"{op} by ({some}) ({inner})",
        f"{op} without ({some}) ({inner})",
        f'count_values by ({some}) ("v", {inner})',
        f"topk by ({some}) (2, {inner})",
        f'label_replace({inner}, "{target}", "{written}", "{source}", "(.*)")',
        f"{chance.choice(('abs', 'timestamp', 'sort', '-'))}({inner})",
        f"max_over_time(({inner})[2m:30s])",
        join,
        join,
    )
    return chance.choice(forms)


def joined(chance: random.Random, some: str) -> str:
    """An operator with its way of matching."""
    op = chance.choice(("+", "/", ">", "== bool", "and", "or", "unless"))
    matching = chance.choice(("", f"on ({some})", f"ignoring ({some})"))
    if matching and op not in ("and", "or", "unless") and chance.random() < 0.4:
        free = [label for label in NAMES if label not in some]
        group = chance.choice(("group_left", "group_right"))
        matching = f"{matching} {group} ({chance.choice(free) if free else ''})"
    return f"{op} {matching}"


def history() -> str:
    """An hour of a few series with and without the labels."""
    end = int(time.time()) // 60 * 60
    lines = []
    for name in "xyz":
        lines.append(f"# TYPE {name} gauge")
        for a, b, c in (("1", "1", "1"), ("2", "1", ""), ("1", "", "2"), ("", "2", "")):
            pairs = zip(NAMES, (a, b, c), strict=True)
            labels = ",".join(f'{label}="{value}"' for label, value in pairs if value)
            lines += [f"{name}{{{labels}}} {len(labels)} {at}" for at in range(end - 3600, end + 3600, 30)]
    return "\n".join([*lines, "# EOF", ""])


@pytest.mark.prometheus
def test_a_real_prometheus_never_gives_a_label_that_is_said_to_be_absent(
    prometheus_binary: Path, tmp_path: Path
) -> None:
    """And always gives those that are said to be certain, for some hundreds of made-up expressions."""
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {}\n")
    backfill(tmp_path / "data", history())
    chance = random.Random(7)
    answered = 0
    with Prometheus(prometheus_binary, config, tmp_path / "data") as server:
        for _ in range(1500):
            expr = made_up(chance, 4)
            tree: Node = read(expr)
            try:
                result = server.query(expr)
            except RuntimeError:
                continue  # many-to-many, and what else an expression made by chance may be
            answered += bool(result)
            reading = LabelReading()
            for series in result:
                wrong = [label for label in series["metric"] if not reading.of(tree).may_have(label)]
                assert not wrong, (expr, series["metric"])
                assert reading.certain(tree) <= series["metric"].keys(), (expr, series["metric"])
    assert answered > 400
