"""Who reads whom among rules, and the order that follows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monogen.lint.documents import Document, Expression, GroupItem, RuleItem
from monogen.lint.facts.order import order
from monogen.promql import read

DOCUMENT = Document(None, 0, "rules", None)  # type: ignore[arg-type]


def rule(record: str, expr: str, index: int = 0, **labels: str) -> RuleItem:
    expression = Expression(DOCUMENT, (), expr, read(expr), "record", record)
    return RuleItem(DOCUMENT, (), index, expression, record=record, labels=labels)


def group(rules: Sequence[RuleItem], **labels: str) -> GroupItem:
    return GroupItem(DOCUMENT, (), "g", tuple(rules), labels=labels)


def names(rules: Sequence[RuleItem]) -> str:
    return " ".join(rule.record for rule in rules)


def test_rules_come_after_those_they_read_also_across_groups() -> None:
    first = group([rule("c", "a + b"), rule("d", "up")])
    second = group([rule("b", "a"), rule("a", "x")])
    assert names(order([first, second]).in_order) == "a b c d"


@pytest.mark.parametrize(
    ("expr", "reads"),
    [
        ("a", "a"),
        ("sum(rate(a[5m])) > 5 unless b", "a b"),
        ('{__name__="a"}', "a"),
        ('{"a"}', "a"),
        ('{__name__=~"a|b"}', "a b"),
        ('{__name__=~"[ab]", job="x"}', "a b"),
        ('{__name__!="a", __name__=~"a|b"}', "b"),
        ('{job="x"}', ""),
        ("other", ""),
        ('linux{os="linux"}', "linux"),
        ('linux{os="darwin"}', ""),
        ('linux{os=~"lin.*"}', "linux"),
        ('linux{os!~"lin.*"}', ""),
        ('linux{os!="linux"}', ""),
        ('linux{os!="darwin", job="x"}', "linux"),
        ('linux{os=""}', ""),
        ('linux{team="core"}', "linux"),
        ('linux{team="other"}', ""),
        ('a{os="linux"}', "a"),
        ("max_over_time(sum(a)[1h:]) + b offset 1d", "a b"),
    ],
)
def test_what_a_rule_reads(expr: str, reads: str) -> None:
    recorded = group([rule("a", "x"), rule("b", "x"), rule("linux", "x", os="linux")], team="core")
    reader = rule("z", expr)
    readings = order([recorded, group([reader])]).reads(reader)
    assert " ".join(names(reading.rules) for reading in readings) == reads


def test_how_far_back_is_read() -> None:
    reader = rule("z", "max_over_time(rate(a[5m] offset 1h)[1d:1m] offset 2d) + a @ 100 + a")
    one, two, three = order([group([rule("a", "x"), reader])]).reads(reader)
    assert (one.window, one.back, one.fixed) == (300 + 86400, 3600 + 2 * 86400, False)
    assert (two.window, two.back, two.fixed) == (0, 0, True)
    assert (three.window, three.back, three.fixed) == (0, 0, False)


def test_cycles_are_found_and_stand_together() -> None:
    found = order(
        [group([rule("a", "b"), rule("c", "a"), rule("b", "x + a"), rule("s", "s + 1"), rule("t", "s")])]
    )
    assert [names(cycle) for cycle in found.cycles] == ["a b", "s"]
    assert names(found.in_order) == "a b c s t"


def test_labels_that_exclude_each_other_make_no_cycle() -> None:
    assert order([group([rule("a", 'a{os="linux"}', os="darwin")])]).cycles == ()


def test_a_chain_of_ten_thousand_rules_is_followed() -> None:
    chain = [rule(f"r{number}", f"r{number + 1}") for number in range(10_000)]
    assert names(order([group(chain)]).in_order[:2]) == "r9999 r9998"


def test_thousands_that_read_thousands_are_followed() -> None:
    constants = [rule("c", "vector(1)", instance=f"h{number}") for number in range(3000)]
    readers = [rule(f"r{number}", f'c + c{{instance="h{number}"}}') for number in range(3000)]
    found = order([group([*readers, *constants])])
    assert names(found.in_order[:1]) == "c"
    assert [len(reading.rules) for reading in found.reads(readers[7])] == [3000, 1]


@given(st.lists(st.lists(st.integers(0, 11), max_size=3), max_size=12))
def test_in_order_whatever_reads_what(reads: list[list[int]]) -> None:
    rules = [rule(f"r{n}", " + ".join(f"r{m}" for m in those) or "x", n) for n, those in enumerate(reads)]
    found = order([group(rules)])
    assert sorted(found.in_order, key=rules.index) == rules
    at = {rule: place for place, rule in enumerate(found.in_order)}
    circle = {rule: number for number, cycle in enumerate(found.cycles) for rule in cycle}
    for reader in rules:
        for reading in found.reads(reader):
            for read_rule in reading.rules:
                together = reader in circle and circle[reader] == circle.get(read_rule)
                assert at[read_rule] < at[reader] or together
