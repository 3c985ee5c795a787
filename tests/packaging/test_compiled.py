"""What is made of monogen's own files and kept: of the same text, by the same maker, and nothing else."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from monogen.compiled import _module, compiled

ROOT = Path(__file__).parents[2]


class Making:
    """Counts how often something was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, text: str) -> list[str]:
        self.made += 1
        return text.split()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    file = tmp_path / "words.yaml"
    file.write_text("one two", encoding="utf-8")
    return file


def kept(file: Path) -> Path:
    (found,) = (file.parent / "__pycache__").iterdir()
    return found


def test_it_is_made_once(file: Path) -> None:
    make = Making()
    assert [compiled(file, make, "split") for _ in range(3)] == [["one", "two"]] * 3
    assert make.made == 1
    assert kept(file).name == f"words.yaml.{sys.implementation.cache_tag}.pyc"


def test_what_is_given_is_the_callers_own(file: Path) -> None:
    compiled(file, Making(), "split").append("three")
    assert compiled(file, Making(), "split") == ["one", "two"]


def test_another_text_or_maker_is_made_anew(file: Path) -> None:
    make = Making()
    compiled(file, make, "split")
    file.write_text("three", encoding="utf-8")
    assert compiled(file, make, "split") == ["three"]
    assert compiled(file, make, "split 2") == ["three"]
    assert make.made == 3


def test_what_a_module_made_before_it_was_changed_is_made_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("maker_for_test")
    module.__file__ = str(file.parent / "maker.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    make = Making()
    monkeypatch.setattr(Making, "__module__", module.__name__)
    for text, made in (("one", 1), ("one", 1), ("two", 2)):
        Path(module.__file__).write_text(text, encoding="utf-8")
        _module.cache_clear()
        assert compiled(file, make, "split") == ["one", "two"]
        assert make.made == made


def test_parts_of_one_file_stand_side_by_side(file: Path) -> None:
    for _ in range(2):
        assert compiled(file, str.upper, "case", "upper") == "ONE TWO"
        assert compiled(file, str.title, "case", "title") == "One Two"
    assert len(list((file.parent / "__pycache__").iterdir())) == 2


def test_code_can_be_kept(file: Path) -> None:
    for _ in range(2):
        code = compiled(file, lambda text: compile(f"words = {text.split()}", "words", "exec"), "python")
        namespace: dict[str, object] = {}
        exec(code, namespace)
        assert namespace["words"] == ["one", "two"]


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut off": lambda content: content[:-3],
    "only the stamp": lambda content: content[:8],
    "something else": lambda _: b"something else entirely",
    "no marshal behind the stamp": lambda content: content[:8] + b"\xff\xff",
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_what_was_spoiled_is_made_anew(file: Path, spoil: Callable[[bytes], bytes]) -> None:
    compiled(file, Making(), "split")
    good = kept(file).read_bytes()
    kept(file).write_bytes(spoil(good))
    make = Making()
    assert compiled(file, make, "split") == ["one", "two"]
    assert make.made == 1
    assert kept(file).read_bytes() == good


@pytest.fixture
def unwritable(file: Path) -> Iterator[Path]:
    file.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    yield file
    file.parent.chmod(stat.S_IRWXU)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_nothing_can_be_written_it_is_made_each_time(unwritable: Path) -> None:
    make = Making()
    assert [compiled(unwritable, make, "split") for _ in range(2)] == [["one", "two"]] * 2
    assert make.made == 2


def test_a_file_in_the_place_of_the_folder_does_no_harm(file: Path) -> None:
    (file.parent / "__pycache__").write_text("mine")
    make = Making()
    assert [compiled(file, make, "split") for _ in range(2)] == [["one", "two"]] * 2
    assert make.made == 2
    assert (file.parent / "__pycache__").read_text() == "mine"


def test_a_full_disk_leaves_nothing_behind(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, _: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert compiled(file, Making(), "split") == ["one", "two"]
    assert list((file.parent / "__pycache__").iterdir()) == []


def test_python_says_whether_and_where(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compiled(file, Making(), "split")
    assert not (file.parent / "__pycache__").exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    elsewhere = file.parent / "elsewhere"
    monkeypatch.setattr(sys, "pycache_prefix", str(elsewhere))
    compiled(file, Making(), "split")
    assert not (file.parent / "__pycache__").exists()
    assert [one.name.startswith("words.yaml") for one in elsewhere.rglob("*.pyc")] == [True]


def test_a_build_gives_the_same_from_what_was_kept(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path / "kept")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "monogen", "build", str(ROOT / "hosts/fleet.yaml"), "-q", "-o"]
    for name in ("first", "second"):
        subprocess.run([*command, str(tmp_path / name)], env=environment, check=True)
    names = {path.name.partition(".cpython")[0] for path in (tmp_path / "kept").rglob("*.pyc")}
    assert {"node.yaml-body", "node.yaml-header", "schema.json", "host.yaml.j2-template"} <= names
    assert files_in(tmp_path / "first") == files_in(tmp_path / "second") == files_in(ROOT / "out")


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
