"""Durations as Prometheus writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monogen.plan.durations import UNITS, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (1, "1s"), (90, "90s"), (300, "5m"), (3600, "1h"), (15 * 86400, "15d")],
)
def test_the_shortest_exact_form(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(1, 10**12))
def test_no_millisecond_is_lost(milliseconds: int) -> None:
    text = duration(milliseconds / 1000)
    number = text.rstrip("dhms")
    assert int(number) * dict(UNITS)[text[len(number) :]] == milliseconds
