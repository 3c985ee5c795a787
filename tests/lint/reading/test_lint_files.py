"""Which files of which folders are read, and what is said about those that cannot be."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from monogen.lint.documents import Document
from monogen.lint.reading.files import documents_of_paths
from monogen.problems import InputError

RULES = "groups:\n  - name: a\n    rules: []\n"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(folder: Path, exclude: tuple[str, ...] = ()) -> list[str]:
    documents = documents_of_paths([folder], exclude)
    return [document.source.path.removeprefix(f"{folder.as_posix()}/") for document in documents]


def test_a_folder_is_walked(tmp_path: Path) -> None:
    write(
        tmp_path,
        b_dot_yaml=RULES,
        a__c_dot_yml=RULES,
        a__d_dot_json='{"panels": [], "title": "t"}',
        a__e_dot_txt=RULES,
        _dot_git__f_dot_yaml=RULES,
        _dot_hidden_dot_yaml=RULES,
        node_modules__g_dot_yaml=RULES,
        a__venv__h_dot_yaml=RULES,
    )
    assert sorted(names(tmp_path)) == ["a/c.yml", "a/d.json", "b.yaml"]
    assert names(tmp_path, ("a",)) == ["b.yaml"]
    assert names(tmp_path, ("*.json", "b.yaml")) == ["a/c.yml"]


def test_what_is_nothing_of_ours_is_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        compose_dot_yaml="services: {a: {image: b}}",
        package_dot_json='{"name": "a"}',
        helm_dot_yaml="apiVersion: v1\nkind: PrometheusRule\nspec:\n{{- if .Values.x }}\n  groups: []\n",
        jinja_dot_yaml="groups:\n{% for a in b %}\n- name: a\n",
        broken_dot_yaml="a: [\n",
        broken_dot_json="{",
        empty_dot_yaml="",
        hosts_dot_yaml="fleet: a\nhosts: []\n",
    )
    (tmp_path / "latin.yaml").write_bytes(b"a: \xfc\n")
    assert names(tmp_path) == []


def test_broken_files_that_look_like_ours_are_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        rules_dot_yaml='groups:\n- name: "a\n',
        object_dot_yaml="kind: PrometheusRule\nspec:\n a\n  b: [\n",
        board_dot_json='{"panels": [}',
    )
    (tmp_path / "latin.yaml").write_bytes(b"groups: # \xfc\n")
    documents = documents_of_paths([tmp_path])
    assert [document.kind for document in documents] == ["unreadable"] * 4


def test_a_named_file_is_always_read(tmp_path: Path) -> None:
    write(tmp_path, _dot_a__rules_dot_txt=RULES)
    assert len(documents_of_paths([tmp_path / ".a" / "rules.txt"], ("*",))) == 1
    # A folder that is named is walked, whatever it is called.
    write(tmp_path, _dot_b__rules_dot_yaml=RULES)
    assert len(documents_of_paths([tmp_path / ".b"])) == 1


def refusal(*paths: Path) -> str:
    with pytest.raises(InputError) as raised:
        documents_of_paths(paths)
    return str(raised.value)


def test_a_named_file_that_is_nothing_of_ours(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_dot_yaml="services: {}",
        b_dot_json="[]",
        c_dot_yaml=" \n",
        d_dot_yaml="hosts:\nfleet: a\n",
    )
    told = refusal(*sorted(tmp_path.iterdir()))
    assert "a.yaml: there is nothing to lint in this file" in told
    assert "b.json: there is nothing to lint in this file" in told
    assert "c.yaml: the file is empty" in told
    assert "d.yaml: this is an inventory" in told


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    dangling = tmp_path / "dangling.yaml"
    dangling.symlink_to(tmp_path / "gone")
    assert "gone.yaml: there is no such file" in refusal(tmp_path / "gone.yaml")
    assert "loop.yaml: it cannot be read" in refusal(loop)
    assert "there is no such file" in refusal(dangling)
    assert "File name too long" in refusal(tmp_path / ("a" * 5000))
    assert "cannot be read" in refusal(Path("a\0b"))


def only(path: Path) -> Document:
    (document,) = documents_of_paths([path])
    assert document.kind == "unreadable"
    return document


def test_links_in_a_folder(tmp_path: Path) -> None:
    write(tmp_path, a__rules_dot_yaml=RULES)
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "same.yaml").symlink_to(tmp_path / "a" / "rules.yaml")
    assert len(names(tmp_path)) == 1
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert "unreadable" in [document.kind for document in documents_of_paths([tmp_path])]


def test_nothing_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "no regular file" in only(tmp_path / "pipe.yaml").data["message"]
    assert "no regular file" in only(tmp_path).data["message"]
    assert "no regular file" in only(Path("/dev/null")).data["message"]


def test_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.yaml")
        assert "no regular file" in only(Path("s.yaml")).data["message"]


def test_a_file_that_is_too_big(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    with file.open("wb") as stream:
        stream.truncate(100 * 2**20)
    assert "bigger than 64 MiB" in only(file).data["message"]


def test_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("groups: []\n# Büro".encode("latin-1"))
    document = only(file)
    assert "not UTF-8 text: byte 0xfc" in document.data["message"]
    assert document.source.place(0, ())[0].line == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, a__b_dot_yaml=RULES, c_dot_yaml=RULES)
    (tmp_path / "a").chmod(0)
    (tmp_path / "c.yaml").chmod(0)
    try:
        documents = documents_of_paths([tmp_path])
    finally:
        (tmp_path / "a").chmod(0o700)
    assert [document.data["message"] for document in documents] == ["it may not be read"] * 2


def test_each_file_once(tmp_path: Path) -> None:
    write(tmp_path, a_dot_yaml=RULES)
    assert len(documents_of_paths([tmp_path / "a.yaml", tmp_path, tmp_path / "a.yaml"])) == 1
