"""Why an expression is not read."""

from __future__ import annotations


class Unreadable(Exception):  # noqa: N818 - a state of an expression, kept and shown more often than raised
    """An expression that is not read. ``start`` and ``end`` are the characters that are to blame."""

    def __init__(self, message: str, start: int, end: int) -> None:
        """``message`` says what is wrong, in words a person understands."""
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class NotPromql(Unreadable):
    """Prometheus would refuse it."""


class NotSupported(Unreadable):
    """Prometheus may well understand it; monogen does not."""


class TooBig(NotSupported):
    """Longer or deeper than anything a person or a generator writes."""
