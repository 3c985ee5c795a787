"""Tokens and latency of windows that begin or end while a server works, against counters made by hand.

The recorded series are what the generated rules make of the raw counters on a real Prometheus. ``whole``
keeps the counters and tells its rules; ``bare`` has nothing but what was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from engine import Prometheus, backfill
from monogen.build import build
from monogen.live.card.card import Card, card
from monogen.live.card.history import read
from monogen.live.card.window import Window
from monogen.live.prometheus import Prometheus as Asked

pytestmark = pytest.mark.prometheus

START = 1_760_000_400
EVERY = 15
RATES = (
    "server:tokens_generated:rate5m",
    "server:tokens_prompt:rate5m",
    "server:time_to_first_token_seconds:p95_5m",
)
HOSTS = """
fleet: lab
hosts:
  - {name: spark, hardware: gb10, memory: 128GB, reserved: 12GiB, exporters: {node: {}, vllm: {}}}
"""
Count = Callable[[int], float | None]


def short(at: int) -> float | None:
    """Born two minutes in with 14 s of work done already; 50 a second for six minutes, then it rests."""
    return None if at < START + 120 else 700 + 50 * (min(at, START + 465) - START - 120)


def restarted(at: int) -> float | None:
    """20 a second; after 300 s it is gone for a minute and counts from 0."""
    if at <= START + 300:
        return 5000 + 20 * (at - START + 900)
    return None if at < START + 360 else 20 * (at - START - 360)


def steady(at: int) -> float | None:
    """40 a second before, in and after every window."""
    return 40 * (at - START + 900)


SERVERS: dict[str, Count] = {"short": short, "restarted": restarted, "steady": steady}


def host(name: str) -> str:
    return f'instance="{name}",os="linux",hardware="gb10",fleet="lab"'


def raw() -> str:
    """Five prompt tokens for each one generated; a request every 50 tokens, 8 of 10 of them answered first in
    0.5 to 1 s, the others in 1 to 2.5 s."""
    families: dict[str, list[str]] = {}

    def add(family: str, kind: str, line: str) -> None:
        families.setdefault(family, [f"# TYPE {family} {kind}"]).append(line)

    for name, count in SERVERS.items():
        target = f'{host(name)},job="vllm",server="vllm"'
        for at in range(START - 900, START + 1801, EVERY):
            value = count(at)
            add("up", "gauge", f"up{{{target}}} {int(value is not None)} {at}")
            if value is None:
                continue
            labels = f'{target},model_name="big",engine="0"'
            add("vllm:generation_tokens", "counter", f"vllm:generation_tokens_total{{{labels}}} {value} {at}")
            add("vllm:prompt_tokens", "counter", f"vllm:prompt_tokens_total{{{labels}}} {5 * value} {at}")
            for le, share in (("0.5", 0), ("1.0", 0.8), ("2.5", 1), ("+Inf", 1)):
                line = f'bucket{{{labels},le="{le}"}} {value / 50 * share} {at}'
                add("vllm:time_to_first_token_seconds", "x", f"vllm:time_to_first_token_seconds_{line}")
    # promtool wants whole histograms; the samples alone are the same to Prometheus.
    families["vllm:time_to_first_token_seconds_bucket"] = [
        "# TYPE vllm:time_to_first_token_seconds_bucket unknown",
        *families.pop("vllm:time_to_first_token_seconds")[1:],
    ]
    return "\n".join(line for lines in families.values() for line in lines)


@pytest.fixture(scope="module")
def servers(
    prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Prometheus]]:
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "hosts.yaml").write_text(HOSTS)
    rules = [r for r in build(folder / "hosts.yaml", "prometheus").monitoring.rules if r.record in RATES]
    assert len(rules) == len(RATES)
    group = {"name": "serving", "rules": [{"record": rule.record, "expr": rule.expr} for rule in rules]}
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [group]}))
    (folder / "plain.yml").write_text("global: {}\n")
    (folder / "ruled.yml").write_text(f"rule_files: [{folder / 'rules.yml'}]\n")

    for name in ("first", "whole", "bare"):
        (folder / name).mkdir()
    backfill(folder / "first" / "data", f"{raw()}\n# EOF\n")
    lines = []
    with Prometheus(prometheus_binary, folder / "plain.yml", folder / "first" / "data") as server:
        for rule in rules:
            lines.append(f"# TYPE {rule.record} gauge")
            for series in server.query_range(rule.expr, START - 600, START + 1800, 30):
                labels = ",".join(f'{key}="{value}"' for key, value in series["metric"].items())
                lines += [f"{rule.record}{{{labels}}} {value} {int(at)}" for at, value in series["values"]]
    lines.append("# TYPE host:up gauge")
    for name in SERVERS:
        lines += [f"host:up{{{host(name)}}} 1 {at}" for at in range(START - 600, START + 1801, 30)]
    recorded = "\n".join(lines)
    backfill(folder / "whole" / "data", f"{raw()}\n{recorded}\n# EOF\n")
    backfill(folder / "bare" / "data", f"{recorded}\n# EOF\n")
    with (
        Prometheus(prometheus_binary, folder / "ruled.yml", folder / "whole" / "data") as whole,
        Prometheus(prometheus_binary, folder / "plain.yml", folder / "bare" / "data") as bare,
    ):
        yield {"whole": whole, "bare": bare}


def made(server: Prometheus, name: str, first: int, last: int, model: str = "") -> Card:
    with Asked(server.url) as asked:
        window = Window("A", START + first, START + last, 600, START + 9999)
        return card(read(asked, name, window), model)


@pytest.mark.parametrize(
    ("name", "first", "last", "tokens", "rate"),
    [
        # Begins and ends inside: the 700 of before the first scrape, and 50 a second for 345 s.
        ("short", 0, 600, 700 + 50 * 345, 50),
        ("short", 0, 1200, 700 + 50 * 345, 50),
        # The window begins and ends while it works; three minutes.
        ("short", 200, 380, 50 * 180, 50),
        ("steady", 0, 180, 40 * 180, 40),
        # Not at scrapes.
        ("steady", 7, 187, 40 * 180, 40),
        # 300 s before the restart and 240 s after it; nothing twice, nothing lost.
        ("restarted", 0, 600, 20 * 300 + 20 * 240, 20),
        # It worked before, not in it.
        ("short", 600, 780, 0, None),
    ],
)
def test_tokens_are_those_of_the_window(
    servers: dict[str, Prometheus], name: str, first: int, last: int, tokens: float, rate: float | None
) -> None:
    found = made(servers["whole"], name, first, last)
    by_key = found.by_key
    assert by_key["tokens_generated_total"].value == pytest.approx(tokens, rel=1e-6)
    assert by_key["tokens_prompt_total"].value == pytest.approx(5 * tokens, rel=1e-6)
    assert by_key["tokens_generated_typical"].value == (rate and pytest.approx(rate, rel=0.02))
    assert by_key["tokens_generated_peak"].value == pytest.approx(rate or 0, rel=0.05)
    assert any("`vllm:generation_tokens_total`" in note for note in found.notes)
    if name == "steady":
        assert "40.0 tokens/s on average" in by_key["tokens_generated_total"].note
    named = made(servers["whole"], name, first, last, "big").by_key
    assert named["tokens_generated_total"].value == pytest.approx(tokens, rel=1e-6)


def test_first_tokens_are_those_of_the_window(servers: dict[str, Prometheus]) -> None:
    by_key = made(servers["whole"], "short", 200, 380).by_key
    # 80 % within 1 s, the rest evenly to 2.5 s: 95 % at 1 + 1.5 * 15 / 20. 9,000 tokens are 180 requests.
    assert by_key["ttft_typical_seconds"].value == pytest.approx(2.125)
    assert "180 requests" in by_key["ttft_typical_seconds"].note
    assert by_key["ttft_worst_seconds"].value is None
    before = made(servers["whole"], "short", -60, 60)
    assert not any("tokens" in note for note in before.notes)
    after = made(servers["whole"], "short", 600, 780).by_key["ttft_typical_seconds"]
    assert (after.value, after.why) == (None, "no request in the window")
    assert made(servers["whole"], "steady", 0, 600).by_key["ttft_worst_seconds"].value == pytest.approx(2.125)


@pytest.mark.parametrize(
    ("name", "first", "last", "tokens", "typical"),
    [
        ("short", 0, 600, 50 * 345, 50),
        ("short", 0, 900, 50 * 345, 50),
        # What is served begins in the window: all that is seen is its own.
        ("short", 0, 270, 50 * 150, None),
        ("steady", 0, 600, 40 * 600, 40),
        ("steady", 0, 700, 40 * 700, 40),
        ("steady", 0, 180, None, None),
        # Five minutes hold the minute without it: 240 s of 300.
        ("restarted", 0, 600, 20 * 540, 16),
    ],
)
def test_recorded_rates_alone(
    servers: dict[str, Prometheus],
    name: str,
    first: int,
    last: int,
    tokens: float | None,
    typical: float | None,
) -> None:
    found = made(servers["bare"], name, first, last)
    by_key = found.by_key
    # What came before the first scrape and between two looks nobody recorded.
    assert by_key["tokens_generated_total"].value == (tokens and pytest.approx(tokens, rel=0.1))
    assert by_key["tokens_generated_typical"].value == (typical and pytest.approx(typical, rel=0.05))
    for key in ("tokens_generated_total", "tokens_generated_typical", "ttft_worst_seconds"):
        assert by_key[key].value is not None or "look back five minutes" in by_key[key].why
    assert any("recorded rates of five minutes" in note for note in found.notes)
