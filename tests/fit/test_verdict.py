"""Budget against capacity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monogen.fit.hosts import host_spec, model_spec
from monogen.fit.spec import HostSpec, ModelSpec
from monogen.fit.verdict import MARGIN, Verdict, capacity, fit, usable
from monogen.inventory.model import Host, Model
from monogen.plan.rules import DEFAULT_RESERVED
from monogen.plan.subjects import known_alerts

GIB = 2**30


def unified(memory: int | None = 100 * GIB, **more: object) -> HostSpec:
    return HostSpec("h", unified=True, memory=memory, **more)  # type: ignore[arg-type]


def model(size: int, *, split: bool = False) -> ModelSpec:
    return ModelSpec("m", file=size, kv_cache=0, split=split)


def test_margin_is_that_of_the_alert() -> None:
    assert known_alerts()["ModelHeadroomLow"] == MARGIN


@pytest.mark.parametrize(
    ("size", "verdict"),
    [(93 * GIB, Verdict.FITS), (93 * GIB + 1, Verdict.BARELY), (100 * GIB, Verdict.BARELY),
     (100 * GIB + 1, Verdict.DOES_NOT_FIT), (0, Verdict.FITS)],
)  # fmt: skip
def test_edges(size: int, verdict: Verdict) -> None:
    answer = fit(model(size), unified())
    assert answer.verdict is verdict
    assert answer.headroom == 100 * GIB - size


@given(st.integers(0, 2**42), st.integers(0, 2**42))
def test_fits_leaves_what_the_alert_wants(size: int, memory: int) -> None:
    answer = fit(model(size), unified(memory))
    assert answer.headroom == memory - size
    if answer.verdict is Verdict.FITS:
        assert answer.headroom >= 0 and answer.headroom >= memory * MARGIN - 1
    assert (answer.verdict is Verdict.DOES_NOT_FIT) == (size > memory)


def test_reservations_and_metal_come_off() -> None:
    host = unified(64 * GIB, reserved=6 * GIB, reservations={"cluster": 16 * GIB})
    assert capacity(host) == 42 * GIB
    assert capacity(unified(64 * GIB, reserved=6 * GIB, gpu_memory_limit=48 * GIB)) == 48 * GIB
    assert capacity(unified(64 * GIB, reserved=6 * GIB, gpu_memory_limit=60 * GIB)) == 58 * GIB
    assert capacity(unified(8 * GIB, reserved=12 * GIB)) == 0


def test_one_gpu_unless_split() -> None:
    host = HostSpec("h", unified=False, gpus=(24 * GIB, 48 * GIB))
    assert fit(model(60 * GIB), host).verdict is Verdict.DOES_NOT_FIT
    assert fit(model(60 * GIB, split=True), host).verdict is Verdict.FITS
    assert fit(model(40 * GIB), host).verdict is Verdict.FITS


def test_unknown_names_what_is_missing() -> None:
    assert "`memory: 128GB`" in fit(model(1), unified(None)).why
    assert "`gpu_memory: 24GiB`" in fit(model(1), HostSpec("h", unified=False)).why
    assert "add `file:" in fit(ModelSpec("m", kv_cache=0), unified()).why
    assert "state it by hand" in fit(ModelSpec("m", file=GIB), unified()).why
    assert fit(ModelSpec("m", file=GIB), unified()).verdict is Verdict.UNKNOWN


def test_too_big_without_its_cache_is_known() -> None:
    assert fit(ModelSpec("m", file=101 * GIB), unified()).verdict is Verdict.DOES_NOT_FIT


def test_usable_and_barely_agree() -> None:
    assert fit(model(usable(100 * GIB)), unified()).verdict is Verdict.FITS
    assert fit(model(usable(100 * GIB) + 1), unified()).verdict is Verdict.BARELY


@pytest.mark.parametrize("hardware", ["gb10", "apple-silicon"])
def test_inventory_without_reserved_takes_the_default(hardware: str) -> None:
    host = Host("h", "h", "linux", hardware, (), memory=64 * GIB, models=(Model("m", GIB, 2, 3),))  # type: ignore[arg-type]
    spec = host_spec(host)
    assert capacity(spec) == 64 * GIB - DEFAULT_RESERVED[hardware]
    assert any("`reserved` is not stated" in note for note in spec.notes)
    assert any("Metal" in note for note in spec.notes) == (hardware == "apple-silicon")
    assert spec.models == (model_spec(Model("m", GIB, 2, 3)),)


def test_inventory_that_reserves_nothing_is_believed() -> None:
    spec = host_spec(Host("h", "h", "linux", "gb10", (), memory=64 * GIB, reserved=0))
    assert capacity(spec) == 64 * GIB and not spec.notes
