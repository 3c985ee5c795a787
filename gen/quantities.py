"""Quantities as people write them: bytes, durations, ratios, hertz; always returned in base units."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_BINARY = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DECIMAL = {"kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_RAM = {"kB": 2**10, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_HERTZ = {"Hz": 1, "kHz": 10**3, "MHz": 10**6, "GHz": 10**9}

NUMBER = r"[0-9]{1,15}(\.[0-9]{1,15})?"
"""A number that is not negative, without exponent, and small enough for 64 bits in any unit here."""

BYTES_PATTERN = rf"^{NUMBER} ?(B|[kK]B|[MGT]B|[KMGT]iB)$"
"""``18.6GiB``; the JSON Schema of the inventory holds the same pattern."""

DURATION_PATTERN = (
    r"^([0-9]{1,2}y)?([0-9]{1,3}w)?([0-9]{1,4}d)?([0-9]{1,5}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?([0-9]{1,12}ms)?$"
)
"""As Prometheus writes durations: ``30s``, ``1h30m``; the biggest unit first, each once.

The digits are bounded so that the sum stays below the 292 years that Prometheus can count.
"""

THRESHOLD_PATTERN = rf"^{NUMBER}( ?(%|B|[kK]B|[MGT]B|[KMGT]iB|[kMG]?Hz))?$|{DURATION_PATTERN}"
"""``0.9``, ``90%``, ``12GiB``, ``800MHz``, ``5m``; also matches the empty text, which is no threshold."""

_SECONDS = (("y", 365 * 86400.0), ("w", 7 * 86400.0), ("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0))
_QUANTITY = re.compile(rf"^(?P<number>{NUMBER}) ?(?P<unit>[A-Za-z%]+)$")
_DURATION = re.compile(DURATION_PATTERN)


def _split(text: str) -> tuple[str, str]:
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(text)
    return match["number"], match["unit"]


def _scaled(number: str, factor: int) -> int:
    """The product, rounded; whole numbers stay exact however big they are."""
    return int(number) * factor if number.isdigit() else round(float(number) * factor)


@lru_cache(maxsize=4096)
def parse_bytes(value: int | str, *, ram: bool = False) -> int:
    """Bytes of ``18.6GiB`` (2^30), ``18.6GB`` (10^9) or a plain number of bytes.

    With ``ram`` the decimal units are read as binary ones: memory is sold as 128 GB and is 128 GiB.
    Raises ValueError for anything else.
    """
    if isinstance(value, int):
        if value < 0:
            raise ValueError(value)
        return value
    number, unit = _split(value)
    factor = _BINARY.get(unit) or (_RAM if ram else _DECIMAL).get(unit)
    if factor is None:
        raise ValueError(value)
    return _scaled(number, factor)


@lru_cache(maxsize=4096)
def parse_duration(text: str) -> float:
    """Seconds of a duration as Prometheus writes it (``30s``, ``1h30m``, ``15d``). Raises ValueError.

    A year is 365 days and a week 7, as in Prometheus.
    """
    match = _DURATION.match(text)
    if not text or match is None:
        raise ValueError(text)
    seconds = 0.0
    for part, (unit, factor) in zip(match.groups()[:-1], _SECONDS, strict=True):
        if part:
            seconds += int(part.removesuffix(unit)) * factor
    milliseconds = match.groups()[-1]
    return seconds + (int(milliseconds.removesuffix("ms")) / 1000 if milliseconds else 0)


def format_duration(seconds: float) -> str:
    """The duration as Prometheus writes it, with one unit where that is exact: ``90s``, ``15d``, ``500ms``.

    Units above a day are left out, since people read 15d faster than 2w1d. Rounds to milliseconds.
    """
    milliseconds = round(seconds * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


def format_version(version: Iterable[int]) -> str:
    """A version as people write it: (3, 5) is "3.5"."""
    return ".".join(map(str, version))


def parse_threshold(value: float | str) -> float:
    """What an alert compares with, in the base unit of its series. Raises ValueError.

    Plain numbers stay as they are; ``90%`` is 0.9, ``12GiB`` bytes, ``5m`` seconds, ``800MHz`` hertz.
    """
    if not isinstance(value, str):
        return float(value)
    if re.fullmatch(NUMBER, value):
        return float(value)
    if (match := _QUANTITY.match(value)) is not None:
        number, unit = match["number"], match["unit"]
        if unit == "%":
            # Through decimal digits, so that 7% is 0.07 and not 0.07000000000000001.
            return float(f"{number}e-2")
        if unit in _HERTZ:
            return float(_scaled(number, _HERTZ[unit]))
        if unit in _BINARY or unit in _DECIMAL:
            return float(parse_bytes(value))
    return parse_duration(value)


def parse_count(value: int | str) -> int:
    """A number of parameters: 3300000000, or "3.3B" with M, B or T."""
    if isinstance(value, int):
        return value
    return _scaled(value[:-1], {"M": 10**6, "B": 10**9, "T": 10**12}[value[-1]])
