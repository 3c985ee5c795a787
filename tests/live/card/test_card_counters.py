"""Counters as they are stored: restarts, gaps, copies, births, histograms; no server needed."""

from __future__ import annotations

import math

import pytest
from monogen.live.card.counters import Counter, counters, quantile, stretch, total
from monogen.live.card.curve import curve
from monogen.live.card.history import GENERATED, History
from monogen.live.card.serving import own_counters
from monogen.live.card.window import Window
from monogen.live.prometheus import Line

LABELS = {"__name__": "tokens_total", "job": "v", "server": "v", "model_name": "big"}
BIG = ("big", "v", "v")


def line(points: list[tuple[float, float]], **labels: str) -> Line:
    return Line({**LABELS, **labels}, tuple(points))


def only(*lines: Line, first: float = 0, replica: frozenset[str] = frozenset()) -> Counter:
    (found,) = counters(lines, first, replica)
    return found


def steps(start: int, end: int, value: float = 0, rate: float = 1) -> list[tuple[float, float]]:
    return [(float(at), value + rate * (at - start)) for at in range(start, end + 1, 10)]


def test_a_window_between_samples_takes_its_share() -> None:
    found = only(line(steps(0, 100)))
    assert found.detail == BIG
    assert found.between(15, 32) == pytest.approx(17)
    assert found.between(-50, 500) == 100
    assert found.between(200, 300) == 0


def test_a_restart_counts_from_zero() -> None:
    found = only(line([(0, 500), (10, 510), (20, 4), (30, 14)]))
    assert found.between(0, 30) == 10 + 4 + 10


def test_a_gap_is_counted_inside_and_not_at_an_edge() -> None:
    found = only(line([*steps(0, 50), *steps(200, 250, 200)]))
    assert found.between(0, 250) == 250
    # What grew in the gap may all have come after the window.
    assert found.between(0, 100) == 50
    assert found.between(100, 250) == 50
    assert stretch([found], 0, 250) == (0, 250)


def test_a_counter_that_is_born_begins_at_zero() -> None:
    up = Line({"__name__": "up", "job": "v", "server": "v"}, tuple(steps(0, 300)))
    late = line(steps(100, 200, 70))
    assert only(late, up).between(0, 300) == 170
    # Nobody scraped before: it may have worked for days.
    assert only(late).between(0, 300) == 100
    # It is as old as what was read.
    assert only(line(steps(0, 100, 70)), up).between(0, 300) == 100


def test_copies_do_not_count_twice_nor_look_like_restarts() -> None:
    first = line(steps(0, 200), replica="a")
    # A little behind the other one in time, ahead in value.
    second = line([(at + 3, value + 5) for at, value in steps(0, 300)], replica="b")
    found = only(first, second, replica=frozenset({"replica"}))
    assert found.between(3, 303) == 300
    engines = counters([line(steps(0, 100), engine="0"), line(steps(0, 100), engine="1")], 0, frozenset())
    assert total(engines, 0, 100) == 200


def test_a_quantile_is_that_of_the_window() -> None:
    shares = {"0.5": 0.0, "1.0": 0.8, "2.5": 1.0, "+Inf": 1.0}
    buckets = counters(
        [line(steps(0, 100, rate=share), le=le) for le, share in shares.items()], 0, frozenset()
    )
    value, number = quantile(0.95, buckets, 20, 70)
    assert (value, number) == (pytest.approx(2.125), 50)
    assert math.isnan(quantile(0.95, buckets, 200, 300)[0])
    assert math.isnan(quantile(0.95, buckets[:1], 0, 100)[0])
    slow = counters([line(steps(0, 100), le="+Inf"), line([(0, 0), (100, 0)], le="1")], 0, frozenset())
    assert quantile(0.95, slow, 0, 100)[0] == 1


def test_a_part_of_the_servers_is_no_total() -> None:
    other = ("other", "v", "v")
    rates = {detail: curve([(at, 1.0) for at, _ in steps(0, 600)]) for detail in (BIG, other)}
    found = only(line(steps(0, 600)))
    window = Window("A", 0, 600, 600, 900)
    history = History(
        "h", "lab", "gb10", "linux", window, 10, curves={GENERATED: rates}, counters={GENERATED: (found,)}
    )
    assert own_counters(history, GENERATED, "") == ()
    assert own_counters(history, GENERATED, "big") == (found,)
    assert own_counters(history, GENERATED, "other") == ()
