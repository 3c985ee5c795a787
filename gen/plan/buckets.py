"""Splits many items into few objects so that adding one changes one object only.

An item's place follows from a hash of its key alone. A bucket that grows over the limit is split in
two by the next bit of the hash, and only that one: the others keep their names and their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Generic, TypeVar

from msgspec import Struct

Item = TypeVar("Item")

HASH_BITS = 64


class Bucket(Struct, Generic[Item], frozen=True):
    """Items that belong together. ``suffix`` is "" for the only bucket, else "-" and the hash bits."""

    suffix: str
    items: tuple[Item, ...]


def split(
    items: Sequence[Item],
    key: Callable[[Item], str],
    weight: Callable[[Item], int],
    heaviest: int,
) -> list[Bucket[Item]]:
    """Buckets no heavier than ``heaviest``, in the order of their bits; items keep their order.

    Items with the same key stay together, so a single key may exceed the limit.
    """
    if sum(map(weight, items)) <= heaviest:
        return [Bucket("", tuple(items))] if items else []
    hashed = [(_bits(key(item)), weight(item), item) for item in items]
    return _split(hashed, "", heaviest)


def _split(hashed: list[tuple[str, int, Item]], prefix: str, heaviest: int) -> list[Bucket[Item]]:
    if not hashed:
        return []
    if sum(weight for _, weight, _ in hashed) <= heaviest or len(prefix) == HASH_BITS:
        return [Bucket(f"-{prefix}" if prefix else "", tuple(item for _, _, item in hashed))]
    place = len(prefix)
    return [
        bucket
        for bit in "01"
        for bucket in _split([h for h in hashed if h[0][place] == bit], prefix + bit, heaviest)
    ]


def _bits(key: str) -> str:
    digest = int.from_bytes(sha256(key.encode()).digest()[: HASH_BITS // 8], "big")
    return format(digest, f"0{HASH_BITS}b")
