"""A folder with files of monogen and of others, and what stands in it afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from monogen.monitoring import Artifact
from monogen.output.writing import write

OLD = [
    Artifact("keep.yaml", "same: 1\n"),
    Artifact("change.yaml", "v: old\n"),
    Artifact("gone/a.json", "{}\n"),
]
OLD += [Artifact("boards/x.json", "old board\n"), Artifact("turn", "a file that becomes a folder\n")]
NEW = [
    Artifact("keep.yaml", "same: 1\n"),
    Artifact("change.yaml", "v: new\n"),
    Artifact("fresh/b.json", "[]\n"),
]
NEW += [Artifact("boards/x.json", "new board\n"), Artifact("turn/y.yaml", "z: 1\n")]
FOREIGN = {"mine.txt": "mine", "boards/own.json": "my board", "link": "-> mine.txt"}


def build_old(directory: Path) -> None:
    """The old build, and beside it files and a link of others, one of them in a folder of monogen's."""
    write(OLD, directory, "homelab")
    (directory / "mine.txt").write_text("mine")
    (directory / "mine.txt").chmod(0o640)
    (directory / "boards" / "own.json").write_text("my board")
    (directory / "link").symlink_to("mine.txt")


def files(directory: Path) -> dict[str, str]:
    """Every file and link by path, the manifest and a journal left out."""
    found = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and not name.startswith(".monogen-"):
            found[name] = path.read_text()
    return found


def expected(artifacts: list[Artifact]) -> dict[str, str]:
    return dict(sorted({**{a.path: a.text for a in artifacts}, **FOREIGN}.items()))


def strays(directory: Path) -> list[str]:
    """What monogen should not leave behind, in the folder or beside it."""
    there = [*directory.parent.iterdir(), *directory.rglob("*")]
    return [str(p) for p in there if ".monogen-" in p.name and p.name != ".monogen-manifest"]


def in_a_child(work: Callable[[], object]) -> int:
    """Run ``work`` in a forked process and give its exit code: 0 done, 1 an exception, else a crash."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
