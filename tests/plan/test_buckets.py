"""Objects keep their bytes when a host is added to another one."""

from hypothesis import given
from hypothesis import strategies as st
from monogen.plan.buckets import Bucket, split


def _split(names: list[str], heaviest: int) -> list[Bucket[str]]:
    return split(names, key=lambda name: name, weight=lambda _: 1, heaviest=heaviest)


def test_few_items_are_one_bucket_without_a_suffix() -> None:
    assert _split(["a", "b"], 2) == [Bucket("", ("a", "b"))]


def test_no_items_are_no_bucket() -> None:
    assert _split([], 2) == []


@given(st.lists(st.text(), unique=True, max_size=60), st.integers(1, 8))
def test_nothing_is_lost_and_no_bucket_is_too_heavy(names: list[str], heaviest: int) -> None:
    buckets = _split(names, heaviest)
    assert sorted(name for bucket in buckets for name in bucket.items) == sorted(names)
    assert all(0 < len(bucket.items) <= heaviest for bucket in buckets)
    assert len({bucket.suffix for bucket in buckets}) == len(buckets)


@given(st.lists(st.text(), unique=True, min_size=2, max_size=60), st.integers(1, 8))
def test_one_more_item_touches_one_bucket(names: list[str], heaviest: int) -> None:
    """The bucket it falls into changes, or is split; all others stay as they are."""
    before = {bucket.suffix: bucket.items for bucket in _split(names[:-1], heaviest)}
    after = {bucket.suffix: bucket.items for bucket in _split(names, heaviest)}
    touched = [suffix for suffix, items in before.items() if after.get(suffix) != items]
    assert len(touched) <= 1


def test_items_of_one_key_stay_together() -> None:
    buckets = split(["a1", "a2", "b1"], key=lambda name: name[0], weight=lambda _: 1, heaviest=1)
    assert ("a1", "a2") in [bucket.items for bucket in buckets]
