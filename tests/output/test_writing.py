"""What a build does to a folder: its own files, those of others, of other fleets, and odd folders."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import FOREIGN, NEW, OLD, build_old, expected, files, in_a_child, strays
from monogen.monitoring import Artifact
from monogen.output import manifest
from monogen.output.difference import Kind
from monogen.output.exchange import exchange
from monogen.output.lock import locked
from monogen.output.place import place
from monogen.output.writing import Way, compare, write
from monogen.problems import InputError

both_ways = pytest.mark.parametrize("in_place", [False, True], ids=["swapped", "in place"])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    directory = tmp_path / "out"
    build_old(directory)
    return directory


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, where root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root outside a container may mount a small disk to fill up")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def as_nobody(directory: Path) -> None:
    """Give up root's rights, to which no folder is read-only."""
    os.chdir("/")
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


@both_ways
def test_a_build_changes_its_own_files_only(out: Path, in_place: bool) -> None:
    outcome = write(NEW, out, "homelab", in_place=in_place)
    assert files(out) == expected(NEW)
    assert outcome.way is (Way.IN_PLACE if in_place else Way.SWAPPED)
    assert [c.path for c in outcome.difference.of(Kind.NEW)] == ["fresh/b.json", "turn/y.yaml"]
    assert [(c.path, c.old, c.new) for c in outcome.difference.of(Kind.CHANGED)] == [
        ("boards/x.json", "old board\n", "new board\n"),
        ("change.yaml", "v: old\n", "v: new\n"),
    ]
    gone = [("gone/a.json", "{}\n"), ("turn", "a file that becomes a folder\n")]
    assert [(c.path, c.old) for c in outcome.removed] == gone
    assert not (out / "gone").exists()
    assert stat.S_IMODE((out / "mine.txt").stat().st_mode) == 0o640
    assert strays(out) == []
    write(OLD, out, "homelab", in_place=in_place)
    assert files(out) == expected(OLD)


@both_ways
def test_what_stays_the_same_keeps_its_time_and_number(out: Path, in_place: bool) -> None:
    os.utime(out / "keep.yaml", (1, 1))
    before = {name: (out / name).stat() for name in ("keep.yaml", "mine.txt", "boards/own.json")}
    write(NEW, out, "homelab", in_place=in_place)
    for name, was in before.items():
        assert ((out / name).stat().st_ino, (out / name).stat().st_mtime) == (was.st_ino, was.st_mtime)


@both_ways
def test_a_second_build_touches_nothing(out: Path, in_place: bool) -> None:
    before = [(path, path.lstat()) for path in sorted(out.rglob("*"))], out.stat()
    outcome = write(OLD, out, "homelab", in_place=in_place)
    assert (outcome.way, bool(outcome.difference)) == (Way.NOTHING, False)
    now = [(path, path.lstat()) for path in sorted(out.rglob("*"))], out.stat()
    assert [p for p, _ in now[0]] == [p for p, _ in before[0]]
    assert [s.st_mtime_ns for _, s in now[0]] == [s.st_mtime_ns for _, s in before[0]]
    assert now[1].st_ino == before[1].st_ino


def test_compare_tells_the_same_and_writes_nothing(out: Path) -> None:
    before = files(out), out.stat()
    difference = compare(NEW, out, "homelab")
    assert (files(out), out.stat().st_mtime_ns) == (before[0], before[1].st_mtime_ns)
    assert list(difference.summary()) == [
        "changed: boards/x.json",
        "changed: change.yaml",
        "new: fresh/b.json",
        "removed: gone/a.json",
        "removed: turn",
        "new: turn/y.yaml",
    ]
    assert list(difference.lines())[5:15] == [
        *("--- a/change.yaml", "+++ b/change.yaml", "@@ -1 +1 @@", "-v: old", "+v: new"),
        *("--- /dev/null", "+++ b/fresh/b.json", "@@ -0,0 +1 @@", "+[]", "--- a/gone/a.json"),
    ]
    assert write(NEW, out, "homelab").difference == difference
    assert not compare(NEW, out, "homelab")


def test_a_person_who_edits_or_deletes_is_told(out: Path) -> None:
    (out / "keep.yaml").write_text("same: 2\n")
    (out / "change.yaml").unlink()
    (out / "gone" / "a.json").write_text("edited\n")
    difference = compare(OLD[:1] + OLD[1:2] + OLD[3:], out, "homelab")
    assert [(c.path, c.kind.value, c.edited) for c in difference.changes] == [
        ("change.yaml", "new", True),
        ("gone/a.json", "removed", True),
        ("keep.yaml", "changed", True),
    ]
    assert "new: change.yaml (deleted by hand)" in list(difference.summary())
    assert "changed: keep.yaml (edited by hand)" in list(difference.summary())
    write(OLD, out, "homelab")
    assert files(out) == expected(OLD)


def test_a_deleted_manifest_is_noticed(out: Path) -> None:
    (out / manifest.NAME).unlink()
    assert list(compare(OLD, out, "homelab").summary()) == [f"changed: {manifest.NAME}"]
    write(OLD, out, "homelab")
    assert not compare(OLD, out, "homelab")


@both_ways
def test_a_file_of_others_is_never_replaced(out: Path, in_place: bool) -> None:
    before = files(out)
    for path in ("mine.txt", "link", "boards", "mine.txt/below.yaml", "link/below.yaml"):
        with pytest.raises(InputError, match=path.split("/")[0]):
            write([*NEW, Artifact(path, "x")] if path != "boards" else [Artifact(path, "x")], out, "homelab")
        assert files(out) == before
    with pytest.raises(InputError, match=r"out/mine\.txt: is in the way and was not written by monogen"):
        compare([Artifact("mine.txt", "x")], out, "homelab")
    write([*OLD, Artifact("same.txt", "equal\n")][:-1], out, "homelab", in_place=in_place)
    (out / "same.txt").write_text("equal\n")
    write([*OLD, Artifact("same.txt", "equal\n")], out, "homelab", in_place=in_place)
    assert "same.txt" in (out / manifest.NAME).read_text()


def test_two_fleets_share_a_folder(out: Path) -> None:
    write([Artifact("office.yaml", "o: 1\n"), Artifact("boards/o.json", "{}")], out, "office")
    write([Artifact("office.yaml", "o: 2\n")], out, "office")
    write(NEW, out, "homelab")
    assert files(out) == dict(sorted({**expected(NEW), "office.yaml": "o: 2\n"}.items()))
    with pytest.raises(InputError, match="belongs to the fleet homelab"):
        write([Artifact("keep.yaml", "same: 1\n")], out, "office")
    lines = (out / manifest.NAME).read_text().splitlines()
    assert lines[1:] == sorted(lines[1:], key=lambda line: (line.split()[0], line.split()[2]))


def test_a_folder_of_others_is_left_where_it_is(out: Path) -> None:
    (out / "data").mkdir()
    (out / "data" / "wal").write_text("live")
    number = (out / "data").stat().st_ino
    outcome = write(NEW, out, "homelab")
    assert (outcome.way, outcome.reason) == (Way.IN_PLACE, "the folder data in it is not monogen's")
    assert (out / "data").stat().st_ino == number
    assert files(out) == dict(sorted({**expected(NEW), "data/wal": "live"}.items()))


def test_the_output_may_be_a_link_or_be_missing(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    write(NEW, tmp_path / "out", "homelab")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "real" / "keep.yaml").read_text() == "same: 1\n"
    (tmp_path / "dangling").symlink_to("later/deep")
    write(NEW, tmp_path / "dangling", "homelab")
    assert (tmp_path / "later" / "deep" / "keep.yaml").is_file()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file where a folder belongs"):
        write(NEW, tmp_path / "file", "homelab")


def test_the_current_folder_is_written_in_place(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(out)
    assert write(NEW, Path(), "homelab").reason == "it is the current folder"
    assert files(out) == expected(NEW)


def test_rights_follow_the_umask_and_the_old_folder(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write(OLD, tmp_path / "out", "homelab")
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [*tmp_path.iterdir(), *tmp_path.rglob("*")]}
        assert (modes["out"], modes["boards"], modes["x.json"]) == (0o750, 0o750, 0o640)
        (tmp_path / "out").chmod(0o2775)
        write(NEW, tmp_path / "out", "homelab")
        assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o2775
    finally:
        os.umask(mask)


def test_a_read_only_parent_is_said_clearly_or_gone_around(tmp_path: Path) -> None:
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    parent = tmp_path / "parent"
    build_old(parent / "out")
    if os.geteuid() == 0:
        for path in [parent / "out", *(parent / "out").rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
    parent.chmod(0o555)

    def missing() -> None:
        as_nobody(parent)
        with pytest.raises(InputError, match="Permission denied"):
            write(NEW, parent / "other", "homelab")

    def there() -> None:
        as_nobody(parent)
        outcome = write(NEW, parent / "out", "homelab")
        assert (outcome.way, outcome.reason) == (Way.IN_PLACE, "nothing can be written beside it")

    assert in_a_child(missing) == 0
    assert in_a_child(there) == 0
    assert files(parent / "out") == expected(NEW)
    parent.chmod(0o755)
    assert strays(parent / "out") == []


def test_a_mount_point_is_written_in_place(small_disk: Path) -> None:
    build_old(small_disk)
    assert write(NEW, small_disk, "homelab").way is Way.IN_PLACE
    assert files(small_disk) == expected(NEW)
    assert strays(small_disk) == []


@both_ways
def test_a_full_disk_leaves_everything_as_it_was(small_disk: Path, in_place: bool) -> None:
    out = small_disk / "out"
    build_old(out)
    big = [Artifact(f"{n}.yaml", "x" * 300_000) for n in range(5)]
    with pytest.raises(InputError, match="No space left on device") as caught:
        write(big, out, "homelab", in_place=in_place)
    assert "is as it was" in str(caught.value)
    assert files(out) == expected(OLD)
    assert strays(out) == []
    assert write(NEW, out, "homelab", in_place=in_place).difference
    assert files(out) == expected(NEW)


def test_builds_at_the_same_time_take_turns(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from monogen.monitoring import Artifact\n"
        "from monogen.output.writing import write\n"
        "for n in range(15): write([Artifact(f'{sys.argv[1]}-{n}-{k}.yaml', f'{n}') for k in range(3)],"
        "Path(sys.argv[2]), sys.argv[1])"
    )
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen([*command, fleet, str(tmp_path / "out")]) for fleet in ("a", "b", "c")]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    left = sorted(files(tmp_path / "out"))
    assert left == [f"{fleet}-14-{k}.yaml" for fleet in "abc" for k in range(3)]
    assert strays(tmp_path / "out") == []


def test_a_lock_that_stays_is_said(out: Path) -> None:
    there = place(out)
    refused = pytest.raises(InputError, match="another monogen build is writing here")
    with locked(there), refused, locked(there, patience=0.1):
        pass


def test_the_kernel_exchanges_two_folders(tmp_path: Path) -> None:
    if sys.platform not in ("linux", "darwin"):
        pytest.skip("only Linux and macOS can exchange two folders")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / "b").read_text() == "b"
    assert (tmp_path / "b" / "a").read_text() == "a"
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "a", tmp_path / "missing")


BAD_PATHS = [
    "",
    "/etc/x",
    "../x",
    "a/../b",
    "./a",
    "a//b",
    "a/",
    "a\\b",
    "a\nb",
    "a\x00b",
    ".monogen-x",
    "x" * 256,
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_no_folder_should_hold_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError):
        write([Artifact(path, "x")], tmp_path / "out", "homelab")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pair", [("a.yaml", "A.yaml"), ("e\u0301", "\u00e9"), ("a", "a/b"), ("x", "x"), ("A/b", "a")]
)
def test_paths_that_are_one_file_somewhere_are_refused(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(InputError):
        compare([Artifact(path, "x") for path in pair], tmp_path / "out", "homelab")


def test_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTF-8"):
        write([Artifact("a", "\ud800")], tmp_path / "out", "homelab")


LINE = f"homelab {'0' * 64} "
DAMAGES = ["", "junk\n", manifest.HEADER + "<<<<<<< HEAD\n", manifest.HEADER + LINE + "../../etc/passwd\n"]
DAMAGES += [manifest.HEADER + LINE + "a", manifest.HEADER + (LINE + "a\n") * 2, "\xff\xfe"]


@pytest.mark.parametrize("text", DAMAGES)
def test_a_damaged_manifest_removes_nothing(out: Path, text: str) -> None:
    (out / manifest.NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(
        InputError, match=r"out/\.monogen-manifest:\d+:1: the list of written files is damaged"
    ):
        write(NEW, out, "homelab")
    assert files(out) == expected(OLD)
    assert FOREIGN.items() <= files(out).items()
