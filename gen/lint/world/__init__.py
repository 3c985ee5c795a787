"""Which series each host of an inventory has, and what expressions give there.

``hosts`` are taken together by likeness, ``exposed`` is what their exporters show, ``recorded`` what rules
make of it, ``host_series`` brings both together, and ``world`` answers what an expression gives on each host.
"""

from monogen.lint.world.exposed import ALERTS
from monogen.lint.world.world import Answer, AnswerKind, World

__all__ = ["ALERTS", "Answer", "AnswerKind", "World"]
