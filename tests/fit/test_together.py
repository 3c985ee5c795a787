"""Which models fit side by side."""

from __future__ import annotations

import time
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monogen.fit.spec import HostSpec, ModelSpec
from monogen.fit.together import EXHAUSTIVE, fits_together, together
from monogen.fit.verdict import usable

GIB = 2**30


def models(*sizes: int, split: bool = False) -> tuple[ModelSpec, ...]:
    return tuple(
        ModelSpec(f"m{index}", file=size * GIB, kv_cache=0, split=split) for index, size in enumerate(sizes)
    )


def host(*sizes: int, memory: int = 100, exclusive: bool = False) -> HostSpec:
    return HostSpec("h", unified=True, memory=memory * GIB, models=models(*sizes), exclusive=exclusive)


def test_maximal_sets() -> None:
    answer = together(host(60, 30, 20, 200))
    assert answer.sets == (("m0", "m1"), ("m0", "m2"), ("m1", "m2"))
    assert answer.complete and answer.left_out == ("m3",)


def test_margin_stays_free() -> None:
    assert together(host(60, 33)).sets == (("m0", "m1"),)
    assert together(host(60, 34)).sets == (("m0",), ("m1",))


def test_exclusive_is_one_at_a_time() -> None:
    assert together(host(10, 10, exclusive=True)).sets == (("m0",), ("m1",))


def test_none() -> None:
    assert together(host(200)).sets == ()
    assert together(host()).sets == ()


@settings(max_examples=50)
@given(st.lists(st.integers(1, 100), max_size=6))
def test_sets_are_all_and_maximal(sizes: list[int]) -> None:
    subject = host(*sizes)
    room = usable(100 * GIB)
    fitting = {
        frozenset(chosen)
        for count in range(1, len(sizes) + 1)
        for chosen in combinations(range(len(sizes)), count)
        if sum(sizes[index] for index in chosen) * GIB <= room
    }
    maximal = {members for members in fitting if not any(members < bigger for bigger in fitting)}
    found = {frozenset(int(name[1:]) for name in names) for names in together(subject).sets}
    assert found == maximal


def test_gpus_are_packed_one_by_one() -> None:
    """Two of 20 GiB fill two cards of 24; together 12 GiB stay free, and none for a third of 10."""
    box = HostSpec("h", unified=False, gpus=(24 * GIB, 24 * GIB))
    assert fits_together(models(20, 20), box)
    assert not fits_together(models(20, 20, 4), box)
    assert fits_together([*models(20), *models(10, 10)], box)
    assert fits_together(models(12, 9, 12, 9), box)


def test_split_model_fills_what_is_left() -> None:
    box = HostSpec("h", unified=False, gpus=(24 * GIB, 24 * GIB))
    assert fits_together([*models(20), *models(24, split=True)], box)
    assert not fits_together([*models(20), *models(25, split=True)], box)


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=5), st.lists(st.integers(8, 24), min_size=1, max_size=3)
)
def test_packing_finds_a_place_where_there_is_one(sizes: list[int], gpus: list[int]) -> None:
    box = HostSpec("h", unified=False, gpus=tuple(gpu * GIB for gpu in gpus))
    assert fits_together(models(*sizes), box) == any(_first_fit(order, gpus) for order in permutations(sizes))


def _first_fit(sizes: tuple[int, ...], gpus: list[int]) -> bool:
    """Some order of first fit finds every packing that there is."""
    free = [usable(gpu * GIB) for gpu in gpus]
    for size in sizes:
        index = next((index for index, room in enumerate(free) if room >= size * GIB), None)
        if index is None:
            return False
        free[index] -= size * GIB
    return True


@pytest.mark.parametrize("gpus", [(), (100 * GIB,) * 8, tuple(range(50 * GIB, 58 * GIB, GIB))])
def test_many_models_end_soon(gpus: tuple[int, ...]) -> None:
    many = models(*range(5, 5 + 40))
    subject = HostSpec("h", unified=not gpus, memory=100 * GIB, gpus=gpus, models=many)
    start = time.perf_counter()
    answer = together(subject)
    assert time.perf_counter() - start < 20
    assert not answer.complete
    assert {name for names in answer.sets for name in names} == {entry.name for entry in many}


def test_exhaustive_is_not_slow() -> None:
    box = HostSpec(
        "h",
        unified=False,
        gpus=tuple(range(20 * GIB, 28 * GIB, GIB)),
        models=models(*range(8, 8 + EXHAUSTIVE)),
    )
    start = time.perf_counter()
    assert together(box).complete
    assert time.perf_counter() - start < 20
