"""The parts that need no server: times, curves, charts, names."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from monogen.live.card.chart import Chart, svg
from monogen.live.card.correcting import _scalar, _size
from monogen.live.card.curve import Curve, curve, merged, together
from monogen.live.card.judging import STALLED, SWAPPED
from monogen.live.card.text import code, quantity
from monogen.live.card.window import Window, rfc3339, span, window, windows
from monogen.plan.reference import series_and_alerts
from monogen.problems import InputError

NOW = 1_760_000_400.0  # 2025-10-09 09:00:00 UTC


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", 0),
        ("-2h", -7200),
        ("now-2h", -7200),
        ("now - 1h30m", -5400),
        ("1760000000", -400),
        ("1760000000.5", -399.5),
        ("2025-10-09T08:00:00Z", -3600),
        ("2025-10-09T10:30:00+02:00", -1800),
        ("2025-10-09 08:59:59.5Z", -0.5),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert window("-1d", text, "10m", NOW).end == NOW + seconds


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2025-10-09T08:00:00", "now", "names no time zone"),
        ("-1h", "-2h", "is not before"),
        ("-1h", "-1h", "is not before"),
        ("+1h", "+2h", "still to come"),
        ("-1h", "+1h", "`+1h` is still to come"),
        ("-1h", "2025-10-09T09:00:01Z", "still to come"),
        ("-1hour", "now", "is no time"),
        ("-", "now", "is no time"),
        ("", "now", "is no time"),
        ("176000", "now", "is no time"),
        ("100000000", "now", "more than ten years"),
        ("2025-13-09T08:00:00Z", "now", "is no time"),
        ("-1h\x1b[2J", "now", "is no time"),
    ],
)
def test_times_that_are_none(start: str, end: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        window(start, end, "10m", NOW)
    assert said in str(error.value.problems[0])
    assert "\x1b" not in str(error.value.problems[0])


def test_what_comes_after_a_window() -> None:
    assert window("-1h", "now", "10m", NOW) == Window("A", NOW - 3600, NOW, 600, NOW)
    assert window("-1h", "-5m", "10m", NOW).after == (NOW - 300, NOW)
    assert window("-1h", "now", "10m", NOW).after == (NOW, NOW)


def test_several_windows() -> None:
    found = windows(("-3h..-2h", "warm=-2h..-1h", "-1h..now"), "5m", NOW)
    assert [(w.label, NOW - w.start) for w in found] == [("A", 10800), ("warm", 7200), ("C", 3600)]
    for bad in (("-1h",), ("a=-2h..-1h", "a=-1h..now"), ("..",), ("=-2h..-1h",)):
        with pytest.raises(InputError):
            windows(bad, "5m", NOW)
    with pytest.raises(InputError):
        windows(("-1h..now",), "0s", NOW)


def test_how_times_are_written() -> None:
    assert rfc3339(NOW) == "2025-10-09T09:00:00Z"
    assert rfc3339(NOW + 0.25) == "2025-10-09T09:00:00.250Z"
    assert [span(s) for s in (45, 3600, 5400, 90_061, 0.5)] == ["45s", "1h", "1h 30m", "1d 1h", "500ms"]


def test_a_curve_holds_numbers_only() -> None:
    made = curve([(20, 2.0), (10, 1.0), (30, math.nan), (40, math.inf)])
    assert made.times == (10, 20)
    assert made.highest == (2.0, 20)
    assert made.quantile(0.5) == 1.5
    assert not Curve()


def test_an_integral_skips_gaps() -> None:
    made = curve([(0, 2.0), (10, 2.0), (20, 4.0), (100, 4.0), (110, 4.0)])
    assert made.distance == 10
    assert made.gaps(10) == [(20, 100)]
    assert made.integral(10) == 20 + 30 + 40
    assert made.covered(10) == 30
    assert curve([(5, 1.0)]).integral(10) == 0


def test_copies_are_one_and_gpus_are_added() -> None:
    first, second = curve([(0, 1.0), (10, 1.0)]), curve([(10, 5.0), (20, 5.0)])
    assert merged([first, second]).values == (1.0, 1.0, 5.0)
    assert together([first, second], sum).values == (1.0, 6.0, 5.0)
    assert together([first, second], max).values == (1.0, 5.0, 5.0)


def test_quantities() -> None:
    assert quantity(18.6 * 2**30, "bytes") == "18.6 GiB"
    assert quantity(2**20 * 12, "bytes") == "12.0 MiB"
    assert quantity(0.935, "ratio") == "93.5 %"
    assert quantity(1500, "watthours") == "1.50 kWh"
    assert quantity(0.0123, "EUR") == "0.0123 EUR"


def test_names_stay_inside_their_code() -> None:
    assert code("qwen") == "`qwen`"
    assert code("a|b") == "`a\\|b`"
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("a\nb\x1b[31m") == "`a?b?[31m`"
    assert len(code("x" * 500)) <= 102


def test_charts_are_escaped_xml_and_break_at_gaps() -> None:
    points = [(float(t), 5.0) for t in range(0, 100, 10)] + [(float(t), 7.0) for t in range(300, 400, 10)]
    drawn = svg(Chart("<b>&\x00", "watts", curve(points), 0, 400, (100, 300), 10, 6.0, '"limit"'))
    root = ElementTree.fromstring(drawn)
    lines = [each for each in root if each.tag.endswith("polyline")]
    assert len(lines) == 2
    assert "currentColor" in drawn
    assert "\n\n" not in drawn
    for line in lines:
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 640
            assert 0 <= y <= 132
    many = curve([(float(t), float(t % 7)) for t in range(5000)])
    assert svg(Chart("x", "watts", many, 0, 5000, (0, 5000), 1)).count(",") <= 330


def test_lines_for_the_inventory_are_rounded_up() -> None:
    assert _size(10 * 2**30) == "10GiB"
    assert _size(10 * 2**30 + 1) == "10.1GiB"
    assert _scalar("qwen3-30b") == "qwen3-30b"
    assert _scalar("no") == '"no"'
    assert _scalar('a: "b"') == '"a: \\"b\\""'
    assert _scalar("org/Model 7") == '"org/Model 7"'


def test_the_limits_are_those_of_the_alerts() -> None:
    reference = series_and_alerts()
    assert f"| {STALLED:g} |" in next(
        line for line in reference.splitlines() if "[HostMemoryStalled]" in line
    )
    assert f"| {SWAPPED:,} |" in next(line for line in reference.splitlines() if "[HostSwapGrowing]" in line)
