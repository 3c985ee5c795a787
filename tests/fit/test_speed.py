"""The ceiling of tokens a second."""

from __future__ import annotations

import pytest
from monogen.fit.spec import Architecture, ModelSpec, Serving
from monogen.fit.speed import (
    APPLE_BANDWIDTH,
    GB,
    GB10_BANDWIDTH,
    UNUSABLE,
    active_weights,
    bandwidth,
    ceiling,
)
from published import LLAMA_8B


def test_bandwidth_of_known_hardware() -> None:
    assert bandwidth("gb10") == 273 * GB
    assert bandwidth("apple-silicon", "M4 Max") == bandwidth("apple-silicon", "Apple M4 Max") == 546 * GB
    assert bandwidth("apple-silicon") is None
    assert bandwidth("apple-silicon", "M9 Ultra") is None
    assert bandwidth("nvidia") is bandwidth("generic") is None
    assert all(50 * GB < value < 1000 * GB for value in APPLE_BANDWIDTH.values())


def test_active_share() -> None:
    sparse = ModelSpec("m", file=20 * GB, parameters=30, active_parameters=3)
    assert active_weights(sparse) == 2 * GB
    assert active_weights(ModelSpec("m", file=20 * GB, parameters=30)) == 20 * GB
    assert active_weights(ModelSpec("m", file=20 * GB, read_per_token=7)) == 7
    assert active_weights(ModelSpec("m", file=20 * GB)) is None
    assert active_weights(ModelSpec("m", parameters=30)) is None


def test_formula() -> None:
    """Llama-3.1-8B: 128 KiB a token, so a full context of 8192 tokens reads 1 GiB more."""
    model = ModelSpec(
        "m",
        file=8 * 2**30,
        parameters=8,
        architecture=Architecture("llama", LLAMA_8B),
        serving=Serving(8192, slots=1),
    )
    limit = ceiling(model, 72 * 2**30)
    assert (limit.empty, limit.full) == (9, 8)
    assert limit.unusable


def test_cache_that_is_not_known_leaves_the_empty_context() -> None:
    limit = ceiling(ModelSpec("m", file=10 * GB, parameters=8), 200 * GB)
    assert limit.empty == 20 and limit.full is None and not limit.unusable


@pytest.mark.parametrize(
    ("model", "speed", "told"),
    [
        (ModelSpec("m", file=GB, parameters=1), None, "memory_bandwidth"),
        (ModelSpec("m", file=GB), GB10_BANDWIDTH, "active_parameters"),
        (ModelSpec("m", file=0, parameters=1), GB10_BANDWIDTH, "active_parameters"),
    ],
)
def test_unknown_says_what_to_add(model: ModelSpec, speed: float | None, told: str) -> None:
    limit = ceiling(model, speed)
    assert limit.empty is None and limit.full is None and told in limit.why and not limit.unusable


def test_edge_of_unusable() -> None:
    at = ModelSpec("m", file=10, parameters=1)
    assert not ceiling(at, UNUSABLE * 10).unusable
    assert ceiling(at, UNUSABLE * 10 - 1).unusable


def test_the_example_is_told_as_one() -> None:
    """The number of an example beside the model's name reads like the model's own."""
    why = ceiling(ModelSpec("mine", file=10**9), 273e9).why
    assert "such as `parameters:" in why
    assert "active_parameters: " not in why
