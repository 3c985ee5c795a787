"""Hosts are added to a file that people keep: everything that stood there stands there still."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from discover_servers import Served, discovered, exporter, page, says
from engine import free_port
from monogen import catalog, inventory
from monogen.live.discover import into
from monogen.live.discover.into import add
from monogen.live.discover.yamllines import Line
from monogen.problems import InputError

NEW = (Line("name", "new", "a comment"), Line("address", "10.0.0.9"), Line("os", "linux"))
BLOCK = "- name: new # a comment\n"

LAYOUTS = {
    "block": ("fleet: x\nhosts:\n  - {name: a, os: linux} # keep\n", ""),
    "block at the margin": ("fleet: x\nhosts:\n- name: a\n  os: linux\n", ""),
    "deep indentation": ("hosts:\n        - name: a\n          os: linux\n# end\nfleet: x\n", ""),
    "keys after it": ("fleet: x\nhosts:\n  - name: a\n    os: linux\n\n# about alerts\nalerts: {}\n", ""),
    "comments of the last host": (
        "hosts:\n  - name: a\n    os: linux\n    # more of a\n\n# of fleet\nfleet: x\n", ""
    ),
    "no line end": ("fleet: x\nhosts:\n  - {name: a, os: linux}", ""),
    "windows": ("fleet: x\r\nhosts:\r\n  - name: a # keep\r\n    os: linux\r\njobs: {}\r\n", ""),
    "byte order mark": ("\ufefffleet: x\nhosts:\n  - {name: a, os: linux}\n", ""),
    "empty list": ("fleet: x\nhosts: [] # none yet\njobs: {}\n", ""),
    "null": ("fleet: x\nhosts:\njobs: {}\n", ""),
    "tilde": ("fleet: x\nhosts: ~ # none\n", ""),
    "no hosts": ("fleet: x # mine\n\njobs: {}\n# end\n", ""),
    "flow": ("fleet: x\nhosts: [{name: a, os: linux}] # one line\n", ", {name: new"),
    "flow with a trailing comma": ("fleet: x\nhosts: [{name: a, os: linux}, ]\n", ", {name: new"),
    "flow over lines": (
        "fleet: x\nhosts: [\n  {name: a, os: linux}, # of a\n  {name: b, os: linux} # of b\n]\n", "{name: new"
    ),
    "flow all over": ("{fleet: x, hosts: [{name: a, os: linux}]}\n", ", {name: new"),
    "flow without hosts": ("{fleet: x, hosts: []}\n", "[{name: new"),
    "anchors": ("fleet: x\nhosts:\n  - &a {name: a, os: linux}\n  - {<<: *a, name: b}\n", ""),
    "quoted keys": ("\"fleet\": x\n'hosts':\n  - {\"name\": a, os: linux}\n", ""),
    "end mark": ("fleet: x\nhosts:\n  - {name: a, os: linux}\n...\n", ""),
    "start mark": ("---\nfleet: x\nhosts:\n  - {name: a, os: linux}\n", ""),
    "alias at the end": (
        "labels: &l {rack: a}\nfleet: x\nhosts:\n  - name: a\n    os: linux\n    labels: *l\n", ""
    ),
    "list inside": (
        "fleet: x\nhosts:\n  - name: a\n    os: linux\n    models:\n      - name: m\n\njobs: {}\n", ""
    ),
    "folded text": ("hosts:\n  - name: >-\n      a\n\n    os: linux\n\n\nfleet: x\n", ""),
    "text at the end": ("fleet: x\nhosts:\n  - os: linux\n    name: |-\n      a\n\njobs: {}\n", ""),
}  # fmt: skip


def in_folder(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_keeps_what_it_says(layout: str, tmp_path: Path) -> None:
    text, flow = LAYOUTS[layout]
    file = tmp_path / "hosts.yaml"
    file.write_bytes(text.encode())
    add(file, [NEW])
    after = file.read_bytes().decode()
    old = yaml.safe_load(text.encode())
    assert yaml.safe_load(after.encode()) == {
        **old,
        "hosts": [*(old.get("hosts") or []), {"name": "new", "address": "10.0.0.9", "os": "linux"}],
    }
    newline = "\r\n" if "\r\n" in text else "\n"
    assert (flow or BLOCK.replace("\n", newline)) in after
    assert after.count("\r\n") in (0, after.count("\n"))
    # What stood there stands there, in the same order: the new text is the old one with something put in.
    kept = iter(after)
    lost = [c for c in text.replace("[] ", "").replace("~ ", "") if c not in kept]
    assert not lost


def test_comments_of_the_last_host_stay_with_it(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(LAYOUTS["comments of the last host"][0])
    add(file, [NEW])
    assert "    # more of a\n  - name: new" in file.read_text()
    assert file.read_text().endswith("# of fleet\nfleet: x\n")


BROKEN = {
    "alias": "fleet: x\ndefaults: &d {labels: {}}\nhosts: *d\n",
    "no list": "fleet: x\nhosts: {a: {}}\n",
    "not yaml": "fleet: x\nhosts: [\n",
    "bad inventory": "fleet: x\nhosts:\n  - {name: a, oss: linux}\n",
    "name that is there": "fleet: x\nhosts:\n  - {name: new, os: linux}\n",
    "a list": "- name: a\n",
    "binary": "\x00\x01",
}


@pytest.mark.parametrize("case", BROKEN)
def test_file_that_cannot_take_hosts_stays_as_it_is(case: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(BROKEN[case])
    with pytest.raises(InputError) as error:
        add(file, [NEW])
    assert all(problem.file == str(file) for problem in error.value.problems)
    assert ".monogen-" not in str(error.value)
    assert file.read_text() == BROKEN[case]
    assert in_folder(tmp_path) == ["hosts.yaml"]


def test_new_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "hosts.yaml"
    add(file, [NEW])
    assert [host.name for host in inventory.load(file, catalog.kinds).hosts] == ["new"]


def test_mode_and_link_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(LAYOUTS["block"][0])
    real.chmod(0o640)
    link = tmp_path / "hosts.yaml"
    link.symlink_to(real)
    add(link, [NEW])
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "name: new" in real.read_text()


def test_part_of_a_folder(tmp_path: Path) -> None:
    """A file without `fleet` is read with the files beside it, so a name is given once in all."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "main.yaml").write_text("fleet: x\nhosts:\n  - {name: a, os: linux}\n")
    part = folder / "lab.yaml"
    part.write_text("hosts:\n  - {name: b, os: linux}\n")
    add(part, [NEW])
    assert [host.name for host in inventory.load(folder, catalog.kinds).hosts] == ["b", "new", "a"]
    with pytest.raises(InputError) as error:
        add(part, [(Line("name", "a"), Line("os", "linux"))])
    assert "given twice" in str(error.value)
    assert in_folder(folder) == ["lab.yaml", "main.yaml"]
    assert in_folder(tmp_path) == ["fleet"]


def test_file_that_changes_in_the_meantime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(LAYOUTS["block"][0])
    check = into._check

    def meanwhile(*arguments: object) -> None:
        check(*arguments)  # type: ignore[arg-type]
        file.write_text("fleet: theirs\n")

    monkeypatch.setattr(into, "_check", meanwhile)
    with pytest.raises(InputError, match="changed in the meantime"):
        add(file, [NEW])
    assert file.read_text() == "fleet: theirs\n"
    assert in_folder(tmp_path) == ["hosts.yaml"]


def test_disk_that_is_full_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(LAYOUTS["block"][0])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        add(file, [NEW])
    assert file.read_text() == LAYOUTS["block"][0]
    assert in_folder(tmp_path) == ["hosts.yaml"]


def test_host_that_is_there_is_not_added_and_what_differs_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    gone = free_port()
    with exporter("gb10_node") as node, exporter("vllm") as vllm:
        exporters = f'{{node: {{port: {node.port}, version: "1.5.0"}}, dcgm: {{port: {gone}}}}}'
        host = f"{{name: other, address: 127.0.0.1, hardware: nvidia, memory: 64GB, exporters: {exporters}}}"
        file.write_text(f"fleet: x\nhosts:\n  - {host}\n")
        before = file.read_text()
        result = discovered(node.place, vllm.place, f"127.0.0.1:{gone}", "--into", file)
        assert result.exit_code == 0, result.output
        assert file.read_text() == before
        assert f"other: is in the inventory already ({file}:3), what was seen differs:" in result.stderr
        for sentence in (
            "hardware: it is gb10 (node_dmi_info says `NVIDIA_DGX_Spark`), the inventory says nvidia",
            "memory: it has 128GB (node_memory_MemTotal_bytes, 121.7 GiB), the inventory says 64 GiB",
            f"exporters: vllm runs at port {vllm.port}, and is not in the inventory",
            f"exporters: dcgm was not seen at port {gone}",
            "version: node is 1.11.1, the inventory says 1.5.0",
        ):
            assert f"    {sentence}\n" in result.stderr


def test_name_of_another_host_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text("fleet: x\nhosts:\n  - {name: box, address: 10.0.0.1, os: linux}\n")
    with exporter("linux_node") as node:
        result = discovered(node.place, "--name", "box", "--into", file)
        assert result.exit_code == 1
        assert "not added, the name `box` is another host's" in result.stderr
        assert discovered(node.place, "--name", "box-2", "--into", file).exit_code == 0
    assert [host["name"] for host in yaml.safe_load(file.read_text())["hosts"]] == ["box", "box-2"]


def test_hosts_behind_one_loopback_are_several(tmp_path: Path) -> None:
    """A fleet that is served on loopback, or reached through tunnels: the port tells hosts apart."""
    file = tmp_path / "hosts.yaml"
    with exporter("gb10_node") as one, exporter("darwin_arm64_node") as two:
        for server, name in ((one, "one"), (two, "two"), (one, "again")):
            assert discovered(server.place, "--name", name, "--into", file).exit_code == 0
    assert [host["name"] for host in yaml.safe_load(file.read_text())["hosts"]] == ["one", "two"]


def test_catalogs_of_the_inventory_are_known(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "exporter: attic\ntitle: attic_exporter\nport: 9101\nos: [linux]\n---\n"
        "sources: {me: {page: 'mine, 2026-11-24'}}\n"
        "groups:\n  - {subject: Attic, presence: default, source: me, metrics: {attic_x: {help: x.}}}\n"
    )
    file = tmp_path / "hosts.yaml"
    file.write_text("fleet: x\ncatalogs: [mine.yaml]\nhosts:\n  - {name: a, os: linux}\n")
    with Served({"/metrics": says("attic_x 1\n")}) as attic:
        result = discovered(attic.place, "--name", "attic", "--into", file)
    assert result.exit_code == 0, result.output
    assert yaml.safe_load(file.read_text())["hosts"][1]["exporters"] == {"attic": {"port": attic.port}}


def test_nothing_is_asked_for_an_inventory_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text("fleet: x\nhosts: [{name: a}]\n")
    with Served({"/metrics": says(page("linux_node"))}) as node:
        assert discovered(node.place, "--into", file).exit_code == 2
        assert node.asked == []
