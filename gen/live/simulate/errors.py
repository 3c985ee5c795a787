"""What can go wrong with a simulation once its input is right."""

from __future__ import annotations

from monogen.live.errors import LiveError


class SimulationError(LiveError):
    """A port is taken, or Prometheus did not start: a sentence, and what to do."""
