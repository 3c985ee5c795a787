"""What Grafana and Kubernetes refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import a_board, a_panel, example
from monogen.lint.checks.manifests.sizes import MOST_IN_AN_OBJECT, MOST_IN_ANNOTATIONS
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem
from monogen.lint.model import Found
from monogen.lint.reading.source import Inner

LONGEST_UID = 40
_UID = re.compile(r"[A-Za-z0-9_-]*")


@check(
    "MG614",
    "oversized-board",
    family="dashboards",
    severity="warning",
    on="board",
    what="A board too large for a ConfigMap: over 262,144 bytes, or over 1 MiB.",
    why="`kubectl apply` writes a copy of the object into an annotation and is refused above "
    "262,144 bytes, with an error "
    "that does not name the board; above 1 MiB nothing stores the ConfigMap at all.",
    bad=example(a_board(a_panel(description="Bytes that came in. " * 14_000))),
    good=example(a_board()),
)
def oversized_board(board: BoardItem, _: Context) -> Iterator[Found]:
    """Measured as a ConfigMap would hold it: minified, as text in text. MG703 looks at real ones."""
    if isinstance(board.document.source, Inner) or len(board.document.source.text) < MOST_IN_ANNOTATIONS // 2:
        return
    text = json.dumps(board.data, separators=(",", ":"), ensure_ascii=False)
    size = len(text.encode(errors="replace"))
    copied = len(json.dumps(text, ensure_ascii=False).encode(errors="replace"))
    if size > MOST_IN_AN_OBJECT:
        message = f"the board has {size:,} bytes, minified; a ConfigMap takes {MOST_IN_AN_OBJECT:,}"
        yield Found(board.keys, message, "split the board")
    elif copied > MOST_IN_ANNOTATIONS:
        message = (
            f"in a ConfigMap the board takes {copied:,} bytes; `kubectl apply` takes {MOST_IN_ANNOTATIONS:,}"
        )
        yield Found(board.keys, message, "use `kubectl apply --server-side`, or split the board")


@check(
    "MG615",
    "board-refused",
    family="dashboards",
    severity="error",
    on="board",
    what="A board without a title, or with a `uid` that Grafana does not take.",
    why="Grafana refuses it; from a file or the sidecar only its log says so.",
    bad=example(a_board(uid="network of the machines in the cellar and in the attic")),
    good=example(a_board()),
)
def board_refused(board: BoardItem, _: Context) -> Iterator[Found]:
    """A board without a uid gets a new one at each import, which is worth a word."""
    if not board.title.strip():
        where = (*board.keys, "title") if "title" in board.data else board.keys
        yield Found(where, "the board has no title, and Grafana takes none without", "give it one")
    if not board.uid:
        message = "the board has no `uid`: Grafana makes one up at each import, and links break"
        yield Found(board.keys, message, "give it one made from its name", severity="info")
    elif len(board.uid) > LONGEST_UID:
        message = f"the `uid` has {len(board.uid)} characters; Grafana takes at most {LONGEST_UID}"
        yield Found((*board.keys, "uid"), message, "shorten it")
    elif not _UID.fullmatch(board.uid):
        message = f"the `uid` `{board.uid}` has characters that Grafana does not take"
        yield Found((*board.keys, "uid"), message, "use letters, digits, `-` and `_`")
