"""Links from board to board."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.lint.check import FoundThere, check
from monogen.lint.checks.dashboards.examples import a_board, config_maps
from monogen.lint.context import Context
from monogen.lint.model import Found
from monogen.lint.reading.board_parts import strings

_TO_BOARD = re.compile(r"/d/(?P<uid>[A-Za-z0-9_-]+)(?=[/?#]|\Z)")


def _hosts(uid: str) -> tuple[str, str, dict[str, object]]:
    link = {"title": "Network", "type": "link", "url": f"/d/{uid}", "tags": []}
    return ("hosts", "hosts.json", a_board(uid="hosts", title="Hosts", links=[link]))


@check(
    "MG609",
    "link-to-nowhere",
    family="dashboards",
    severity="warning",
    on="everything",
    what="A link `/d/<uid>` to a board that is not among the linted ones, where several are linted together.",
    why="A click at the worst moment ends at *Dashboard not found*.",
    bad=config_maps(_hosts("netwrok"), ("network", "network.json", a_board())),
    good=config_maps(_hosts("network"), ("network", "network.json", a_board())),
)
def link_to_nowhere(context: Context) -> Iterator[FoundThere]:
    """Links of boards, panels and fields; those to other servers are nobody's business."""
    uids = {board.uid for board in context.linted.boards if board.uid}
    if len(uids) <= 1:
        return
    for board in context.linted.boards:
        for keys, text in strings(board.keys, board.data):
            match = _TO_BOARD.match(text) if keys[-1] == "url" else None
            if match and match["uid"] not in uids:
                message = f"no board that is linted has the uid `{match['uid']}`"
                hint = f"known: {', '.join(f'`{uid}`' for uid in sorted(uids)[:8])}"
                yield board.document, Found(keys, message, hint, match.span("uid"))
