"""The pages of tests/pages that play LLM servers are pages such servers could give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import TYPE, samples

FOLDER = Path(__file__).parents[1] / "pages"
SERVERS = (
    "vllm",
    "llama_server",
    "sglang",
    "litellm",
    "trtllm_serve",
    "ollama_lucavb",
    "ollama_maravexa",
    "lmstudio",
    "llama_swap",
)
BUCKET = re.compile(r'^(?P<name>.+)_bucket\{(?P<before>.*?),?le="(?P<le>[^"]+)",?(?P<after>.*)\}$')


def read(name: str) -> str:
    return (FOLDER / f"{name}.prom").read_text("utf-8")


def labels_of(series: str) -> frozenset[str]:
    """The labels of a series as written, in any order."""
    return frozenset(re.findall(r'\w+="(?:[^"\\]|\\.)*"', series))


@pytest.mark.parametrize("name", SERVERS)
def test_every_sample_belongs_to_a_family_once(name: str) -> None:
    text = read(name)
    declared = [match["name"] for line in text.splitlines() if (match := TYPE.match(line))]
    assert len(declared) == len(set(declared))
    kinds = {match["name"]: match["type"] for line in text.splitlines() if (match := TYPE.match(line))}
    found = [line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert len({(series.split("{")[0], labels_of(series)) for series in found}) == len(found)
    for series in found:
        own = series.split("{")[0]
        family = own if own in kinds else re.sub(r"_(bucket|sum|count)$", "", own)
        assert kinds.get(family) in (
            {"histogram", "summary"} if family != own else {"counter", "gauge", "summary"}
        ), own


@pytest.mark.parametrize("name", SERVERS)
def test_histograms_are_cumulative_and_end_in_their_count(name: str) -> None:
    page = samples(read(name))
    by_labels = {(series.split("{")[0], labels_of(series)): value for series, value in page.items()}
    buckets: dict[tuple[str, frozenset[str]], list[tuple[float, float]]] = {}
    for series, value in page.items():
        if match := BUCKET.match(series):
            key = match["name"], labels_of(series) - {f'le="{match["le"]}"'}
            buckets.setdefault(key, []).append((float(match["le"]), value))
    for (family, labels), bounds in buckets.items():
        values = [value for _, value in sorted(bounds)]
        assert values == sorted(values), family
        assert max(bounds)[0] == float("inf"), family
        count, total = by_labels[f"{family}_count", labels], by_labels[f"{family}_sum", labels]
        assert values[-1] == count, family
        # The sum lies between what the lower and the upper bounds of the buckets allow.
        assert lowest_sum(bounds) <= total * 1.0001, family
        assert total <= highest_sum(bounds) * 1.0001, family


def lowest_sum(bounds: list[tuple[float, float]]) -> float:
    """Every observation at the lower end of its bucket."""
    steps, low, seen, total = sorted(bounds), 0.0, 0.0, 0.0
    for bound, value in steps:
        total += (value - seen) * low
        low, seen = bound, value
    return total


def highest_sum(bounds: list[tuple[float, float]]) -> float:
    """Every observation at the upper end of its bucket; infinite if some are beyond the last bound."""
    total, seen = 0.0, 0.0
    for bound, value in sorted(bounds):
        total += (value - seen) * bound if value > seen else 0.0
        seen = value
    return total


def test_tokens_of_vllm_fit_its_histograms() -> None:
    page = samples(read("vllm"))
    of = {series.split("{")[0]: value for series, value in page.items() if "_bucket" not in series}
    assert of["vllm:request_generation_tokens_sum"] == of["vllm:generation_tokens_total"]
    assert of["vllm:request_prompt_tokens_sum"] == of["vllm:prompt_tokens_total"]
    finished = sum(value for series, value in page.items() if series.startswith("vllm:request_success_total"))
    assert finished == of["vllm:e2e_request_latency_seconds_count"]
