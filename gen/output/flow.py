"""Marks data that is written on one line; known to those who only make data, and write nothing."""

from __future__ import annotations

from msgspec import Struct


class Flow(Struct, frozen=True):
    """A node that is written on one line, as JSON (which is YAML): a scrape target, a map of labels."""

    value: object
