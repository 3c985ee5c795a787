"""What was seen at a port, as plain data."""

from __future__ import annotations

from typing import Literal

from monogen.live.discover.asking import Port
from monogen.live.discover.page import Page
from msgspec import Struct

Login = Literal["", "bearer", "basic"]


class RouterModel(Struct, frozen=True):
    """A model that a llama-server in router mode offers; ``loaded`` where it is in memory now."""

    name: str
    loaded: bool


class Found(Struct, frozen=True):
    """An exporter. ``by`` says what it was told by.

    ``certain`` is False where only the port speaks for the kind. ``page`` is None where it was not shown:
    a login is wanted (``login``), or it is a router. ``models`` are a router's, ``model`` that of a
    llama-server with one.
    """

    port: Port
    kind: str
    by: str
    path: str = "/metrics"
    page: Page | None = None
    certain: bool = True
    login: Login = ""
    models: tuple[RouterModel, ...] = ()
    router: bool = False
    model: str = ""
    notes: tuple[str, ...] = ()


class Odd(Struct, frozen=True):
    """Something answered, or should have, and gave nothing that can be used: one sentence, and a hint."""

    port: Port
    message: str
    hint: str = ""


Silence = Literal["refused", "slow", "unknown host", "unreachable"]


class Silent(Struct, frozen=True):
    """Nobody answered at a port where somebody might have; ``message`` and ``hint`` say it in full."""

    port: Port
    why: Silence
    message: str
    hint: str = ""


Seen = Found | Odd | Silent
