"""A kill or a failing disk at every single step leaves the old folder or the new one, and others' files."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from folders import NEW, OLD, build_old, expected, files, in_a_child, strays
from monogen.monitoring import Artifact
from monogen.output import journal, staging
from monogen.output.place import place
from monogen.output.writing import Way, compare, write
from monogen.problems import InputError

CRASHED = 9
CALLS = (
    "open",
    "write",
    "fsync",
    "mkdir",
    "rmdir",
    "unlink",
    "rename",
    "replace",
    "link",
    "symlink",
    "chmod",
)
GROWING = ("open", "write", "mkdir", "link", "symlink")


class Disk:
    """Counts the file system's calls and lets ``fault`` happen at the n-th (or from it on)."""

    def __init__(self, fault: Callable[[str, int], None]) -> None:
        self.count = 0
        self.fault = fault

    def watch(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **options: Any) -> Any:
            if name == "write" and len(args[1]) > 1:  # a write may do half of its work
                args = (args[0], args[1][: len(args[1]) // 2])
            self.fault(name, self.count)
            self.count += 1
            return call(*args, **options)

        return watched

    def attach(self, patch: pytest.MonkeyPatch) -> None:
        for name in CALLS:
            patch.setattr(os, name, self.watch(name, getattr(os, name)))
        patch.setattr(staging, "exchange", self.watch("exchange", staging.exchange))


def run(
    directory: Path, in_place: bool, fault: Callable[[str, int], None], goal: list[Artifact] = NEW
) -> int:
    """Write ``goal`` on a disk with a fault; gives the number of calls it took."""
    disk = Disk(fault)
    with pytest.MonkeyPatch.context() as patch:
        disk.attach(patch)
        write(goal, directory, "homelab", in_place=in_place)
    return disk.count


def fresh(root: Path, start: list[Artifact] = OLD) -> Iterator[Path]:
    """A folder with the same build, again and again."""
    number = 0
    while True:
        directory = root / str(number) / "out"
        directory.parent.mkdir()
        build_old(directory)
        if start is not OLD:
            write(start, directory, "homelab")
        yield directory
        number += 1


@pytest.mark.parametrize("goal", [NEW, OLD], ids=["forth", "back"])
@pytest.mark.parametrize("in_place", [False, True], ids=["swapped", "in place"])
def test_a_kill_at_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, in_place: bool, goal: list[Artifact]
) -> None:
    folders = fresh(tmp_path, NEW if goal is OLD else OLD)
    steps = run(next(folders), in_place, lambda _name, _count: None, goal)
    assert steps > 40
    seen = set()
    for last in range(steps):
        directory = next(folders)
        assert in_a_child(lambda d=directory, n=last: run(d, in_place, _kill_at(n), goal)) == CRASHED
        if in_place:
            journal.recover(place(directory))
        assert files(directory) in (expected(OLD), expected(NEW)), last
        seen.add(files(directory) == expected(goal))
        write(goal, directory, "homelab")
        assert files(directory) == expected(goal)
        assert strays(directory) == []
    assert seen == {True, False}


def test_a_kill_while_finishing_or_undoing_can_be_mended_again(tmp_path: Path) -> None:
    folders = fresh(tmp_path)
    steps = run(next(folders), True, lambda _name, _count: None)
    for first in range(0, steps, 5):
        for second in range(0, 60, 7):
            directory = next(folders)
            in_a_child(lambda d=directory, n=first: run(d, True, _kill_at(n)))
            in_a_child(lambda d=directory, n=second: run(d, True, _kill_at(n)))
            journal.recover(place(directory))
            assert files(directory) in (expected(OLD), expected(NEW)), (first, second)


def _kill_at(last: int) -> Callable[[str, int], None]:
    def kill(_name: str, count: int) -> None:
        if count == last:
            os._exit(CRASHED)

    return kill


@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("in_place", [False, True], ids=["swapped", "in place"])
def test_a_disk_that_fails_at_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, in_place: bool, forever: bool
) -> None:
    folders = fresh(tmp_path)
    steps = run(next(folders), in_place, lambda _name, _count: None)
    refused = 0
    for last in range(steps):
        directory = next(folders)

        def fail(name: str, count: int, last: int = last) -> None:
            if count == last or (forever and count > last and name in GROWING):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        try:
            run(directory, in_place, fail)
        except InputError as error:
            refused += 1
            assert "No space left on device" in str(error)
        journal.recover(place(directory))
        assert files(directory) in (expected(OLD), expected(NEW)), last
        write(NEW, directory, "homelab")
        assert files(directory) == expected(NEW)
        assert strays(directory) == []
    assert refused > 10


def test_an_interrupted_journal_is_noticed_and_told(tmp_path: Path) -> None:
    directory = next(fresh(tmp_path))

    def kill(name: str, _count: int) -> None:
        if name == "replace":
            os._exit(CRASHED)

    assert in_a_child(lambda: run(directory, True, kill)) == CRASHED
    before = sorted(map(str, directory.rglob("*")))
    assert "was interrupted" in compare(NEW, directory, "homelab").interrupted
    assert sorted(map(str, directory.rglob("*"))) == before
    outcome = write(NEW, directory, "homelab")
    assert outcome.recovered.endswith("its changes were finished first.")
    assert outcome.way is Way.NOTHING
    assert not compare(NEW, directory, "homelab")


def test_a_file_that_others_put_there_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = next(fresh(tmp_path))
    take = staging.exchange

    def late(one: Path, other: Path) -> None:
        (directory / "late.txt").write_text("late")
        (directory / "mine.new").write_text("mine again")
        (directory / "mine.new").replace(directory / "mine.txt")
        (directory / "folder").mkdir()
        (directory / "folder" / "deep.txt").write_text("deep")
        take(one, other)

    monkeypatch.setattr(staging, "exchange", late)
    assert write(NEW, directory, "homelab").way is Way.SWAPPED
    more = {"late.txt": "late", "mine.txt": "mine again", "folder/deep.txt": "deep"}
    assert files(directory) == {**expected(NEW), **more}
    assert strays(directory) == []


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EBUSY, errno.EXDEV])
def test_a_file_system_that_cannot_exchange_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    directory = next(fresh(tmp_path))

    def refuse(_one: Path, _other: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(staging, "exchange", refuse)
    outcome = write(NEW, directory, "homelab")
    assert outcome.way is Way.IN_PLACE
    assert "cannot exchange folders" in outcome.reason
    assert files(directory) == expected(NEW)
    assert strays(directory) == []
