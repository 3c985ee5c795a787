"""Quantities in base units, and nothing that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monogen.quantities import format_duration, parse_bytes, parse_duration, parse_threshold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0),
        (4096, 4096),
        ("12GiB", 12 * 2**30),
        ("12 GiB", 12 * 2**30),
        ("18.6GB", 18_600_000_000),
        ("1kB", 1000),
        ("1KB", 1000),
        ("1KiB", 1024),
        ("2TiB", 2 * 2**40),
        ("512B", 512),
        ("999999999999999TB", 999999999999999 * 10**12),
    ],
)
def test_bytes(text: str | int, expected: int) -> None:
    assert parse_bytes(text) == expected


@pytest.mark.parametrize("text", ["128GB", "128GiB"])
def test_ram_is_binary_however_it_is_written(text: str) -> None:
    assert parse_bytes(text, ram=True) == 128 * 2**30


@pytest.mark.parametrize("text", ["", "12", "GiB", "12 gigs", "12Gi", "-1GiB", "1e3MB", "12gib", "1.GB", -1])
def test_no_bytes(text: str | int) -> None:
    with pytest.raises(ValueError):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1h30m", 5400),
        ("15d", 15 * 86400),
        ("2w", 14 * 86400),
        ("1y", 365 * 86400),
        ("1500ms", 1.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "5s1m", "1m1m", "1.5h", "-5m", "5 m", "5min"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.5, "500ms"),
        (30, "30s"),
        (90, "90s"),
        (300, "5m"),
        (5400, "90m"),
        (86400, "1d"),
        (1296000, "15d"),
    ],
)
def test_durations_are_written_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 10**11))
def test_durations_come_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.9, 0.9),
        (5, 5.0),
        ("0.9", 0.9),
        ("90%", 0.9),
        ("7%", 0.07),
        ("12GiB", 12 * 2**30),
        ("5m", 300.0),
        ("800MHz", 8e8),
        ("1.5GHz", 1.5e9),
    ],
)
def test_thresholds(value: float | str, expected: float) -> None:
    assert parse_threshold(value) == expected


@pytest.mark.parametrize("value", ["", "lots", "90 percent", "12Gi", "-5"])
def test_no_thresholds(value: str) -> None:
    with pytest.raises(ValueError):
        parse_threshold(value)
