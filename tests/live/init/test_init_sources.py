"""Hosts from an Ansible inventory, from a file_sd file, and from looking."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from monogen.live.discover.yamllines import plain
from monogen.live.init.ansible import ansible
from monogen.live.init.file_sd import file_sd
from monogen.problems import InputError
from test_init_repository import initialized, works

PAGE = Path(__file__).parents[2] / "pages" / "gb10_node.prom"

INI = """
# of all
bastion ansible_host=10.0.0.1 ansible_port=2222
localhost ansible_connection=local

[gb10]
spark-[1:2] # a range
gx[08:12:2].lan:2222
[macs]
studio ansible_host="192.168.1.20" monogen_memory=64GB # the big one
[win]
w1 ansible_connection=winrm
[gb10:vars]
monogen_hardware=gb10
[macs:vars]
monogen_hardware = "apple-silicon"
monogen_memory = 32GB
[ai:children]
gb10
macs
[lab]
studio
"""

YAML = """
all:
  vars: {monogen_os: linux}
  hosts:
    bastion: {ansible_host: 10.0.0.1, password: !vault "x"}
  children:
    ai:
      vars: {monogen_hardware: nvidia}
      children:
        gb10: {hosts: {"spark-[1:2]": , gx08.lan: }, vars: {monogen_hardware: gb10}}
        macs: {hosts: {studio: {ansible_host: 192.168.1.20, monogen_memory: 64GB}}}
    macs: {vars: {monogen_hardware: apple-silicon}}
    lab: {hosts: {studio: }}
"""


def entries(source: Any) -> dict[str, dict[str, Any]]:
    return {host.name: plain(host.lines) for host in source.hosts}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_ini_is_taken_exactly(tmp_path: Path) -> None:
    source = ansible(written(tmp_path, "inventory", INI))
    gb10 = {"hardware": "gb10", "labels": {"group": "gb10"}}
    assert entries(source) == {
        "bastion": {"name": "bastion", "address": "10.0.0.1", "os": "linux"},
        "spark-1": {"name": "spark-1", **gb10},
        "spark-2": {"name": "spark-2", **gb10},
        "gx08.lan": {"name": "gx08.lan", **gb10},
        "gx10.lan": {"name": "gx10.lan", **gb10},
        "gx12.lan": {"name": "gx12.lan", **gb10},
        "studio": {
            "name": "studio",
            "address": "192.168.1.20",
            "hardware": "apple-silicon",
            "memory": "64GB",
        },
    }
    (studio,) = [host for host in source.hosts if host.name == "studio"]
    assert studio.notes == ("groups: macs, lab",)
    assert len(source.remarks) == 2
    assert "`localhost` is left out: it is the machine that Ansible runs on" in source.remarks[0]
    assert "`w1` is left out: it is neither Linux nor macOS" in source.remarks[1]


def test_yaml_is_taken_exactly(tmp_path: Path) -> None:
    source = ansible(written(tmp_path, "inventory.yml", YAML))
    gb10 = {"hardware": "gb10", "os": "linux", "labels": {"group": "gb10"}}
    told = entries(source)
    assert told["bastion"] == {"name": "bastion", "address": "10.0.0.1", "os": "linux"}
    assert told["spark-2"] == {"name": "spark-2", **gb10}
    assert told["studio"]["hardware"] == "apple-silicon"
    assert list(told) == ["bastion", "spark-1", "spark-2", "gx08.lan", "studio"]


def test_what_ansible_inventory_prints_is_taken(tmp_path: Path) -> None:
    printed = {
        "_meta": {"hostvars": {"a": {"ansible_host": "10.0.0.1"}}},
        "all": {"children": ["ungrouped", "web"]},
        "web": {"hosts": ["a", "b"]},
    }
    told = entries(ansible(written(tmp_path, "inventory.json", json.dumps(printed))))
    assert told["a"] == {"name": "a", "address": "10.0.0.1", "os": "linux", "labels": {"group": "web"}}
    assert list(told) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("i", "#!/bin/sh\n", "this is a script"),
        ("i", "[a]\nh 'x\n", "a quote is opened"),
        ("i", "[a]\nh word\n", "`word` is no variable"),
        ("i", "h[1:999999999]\n", "more than 100,000 hosts"),
        ("i", "h[1:99999]x[1:99999]\n", "more than 100,000 hosts"),
        ("i", "h[1:9:0]\n", "is no range"),
        ("i", "[a:children]\nb\n[b:children]\na\n", "contain each other"),
        ("i.yml", "plugin: aws_ec2\n", "configures a plugin"),
        ("i.yml", "- a\n", "no Ansible inventory"),
        ("i.yml", "a: [\n", "not valid YAML"),
        ("i.yml", "all: &a {children: {x: *a}}\n", "contain each other"),
    ],
)
def test_ansible_inventory_that_cannot_be_used(name: str, text: str, sentence: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(InputError) as error:
        ansible(path)
    assert sentence in str(error.value)
    assert str(path) in str(error.value)


FILE_SD = [
    {"targets": ["spark-1.lan:9100", "nas.lan:9100"], "labels": {"job": "node", "env": "home"}},
    {"targets": ["spark-1.lan:9400"], "labels": {"job": "dcgm-exporter", "env": "home", "slot": "2"}},
    {"targets": ["spark-1.lan:18000"], "labels": {"job": "vllm", "env": "home", "__scheme__": "https"}},
    {
        "targets": ["10.0.0.7:9100"],
        "labels": {"instance": "box:9100", "os": "darwin", "__metrics_path__": "/m"},
    },
    {"targets": ["10.0.0.9:9400"]},
    {"targets": ["weird"]},
    {"labels": {}},
]


@pytest.mark.parametrize("as_yaml", [False, True])
def test_file_sd_is_taken_exactly(as_yaml: bool, tmp_path: Path) -> None:
    text = yaml.safe_dump(FILE_SD) if as_yaml else json.dumps(FILE_SD)
    source = file_sd(written(tmp_path, "targets", text))
    assert entries(source) == {
        "spark-1.lan": {
            "name": "spark-1.lan",
            "hardware": "nvidia",
            "labels": {"env": "home"},
            "exporters": {
                "node": {},
                "dcgm": {"labels": {"slot": "2"}},
                "vllm": {"port": 18000, "scheme": "https"},
            },
        },
        "nas.lan": {"name": "nas.lan", "os": "linux", "labels": {"env": "home"}, "exporters": {"node": {}}},
        "box": {"name": "box", "address": "10.0.0.7", "os": "darwin", "exporters": {"node": {"path": "/m"}}},
    }
    assert sorted(remark.partition(": ")[2] for remark in source.remarks) == [
        "`10.0.0.9:9400` is left out: it may be `dcgm` or `ollama-proxy`: say which with the label `job`",
        "`weird` is left out: it is no HOST:PORT",
        "entry 7 is left out: it has no list `targets`",
    ]


def taken(folder: Path, *groups: dict[str, Any]) -> tuple[dict[str, Any], list[str], str]:
    """The only host of a file_sd file: its entry, what is said about the file, and the comments."""
    source = file_sd(written(folder, "targets.json", json.dumps(groups)))
    (host,) = source.hosts
    comments = " / ".join(line.comment for line in host.lines if line.comment)
    return plain(host.lines), list(source.remarks), comments


def test_one_target_says_what_the_machine_is(tmp_path: Path) -> None:
    node = {"targets": ["192.168.1.30:9100"], "labels": {"job": "node"}}
    dcgm = {
        "targets": ["192.168.1.30:9400"],
        "labels": {"job": "dcgm", "hardware": "gb10", "os": "linux"},
    }
    for groups in [(node, dcgm), (dcgm, node)]:
        entry, remarks, comments = taken(tmp_path, *groups)
        assert (entry["hardware"], entry["os"], remarks) == ("gb10", "linux", [])
        assert "guess" not in comments


def test_a_target_that_is_left_out_still_says_what_the_machine_is(tmp_path: Path) -> None:
    group = {
        "targets": ["192.168.1.30:9400", "192.168.1.30:9100"],
        "labels": {"hardware": "gb10", "os": "linux"},
    }
    entry, remarks, comments = taken(tmp_path, group)
    assert (entry["hardware"], entry["os"]) == ("gb10", "linux")
    assert comments == ""
    assert "`192.168.1.30:9400` is left out: it may be `dcgm` or `ollama-proxy`" in remarks[0]


def test_targets_that_do_not_agree(tmp_path: Path) -> None:
    entry, remarks, comments = taken(
        tmp_path,
        {"targets": ["a.lan:9100"], "labels": {"job": "node", "hardware": "nvidia"}},
        {"targets": ["a.lan:9400"], "labels": {"job": "dcgm", "hardware": "gb10"}},
    )
    assert entry["hardware"] == "gb10"
    assert "guess: other targets say nvidia" in comments
    assert "`a.lan`: its targets say hardware `gb10` and `nvidia`; `gb10` is taken" in remarks[0]


def test_a_word_that_is_no_hardware_is_said(tmp_path: Path) -> None:
    source = file_sd(
        written(
            tmp_path,
            "targets.json",
            json.dumps(
                [
                    {"targets": ["a.lan:9100"], "labels": {"job": "node"}},
                    {"targets": ["a.lan:9400"], "labels": {"job": "dcgm", "hardware": "spark"}},
                ]
            ),
        )
    )
    (host,) = source.hosts
    assert host.notes == ("the label hardware is not taken: it means something to monogen",)
    (hardware,) = [line for line in host.lines if line.key == "hardware"]
    assert hardware.value == "nvidia"
    assert hardware.comment.startswith("guess: ")
    assert "gb10" in hardware.comment


@pytest.mark.parametrize("text", ["{}", "[", "x", "\x00"])
def test_file_sd_file_that_is_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        file_sd(written(tmp_path, "targets.json", text))


def test_repository_of_all_sources_works(tmp_path: Path) -> None:
    ini = written(tmp_path, "inventory", INI)
    targets = written(tmp_path, "targets.json", json.dumps(FILE_SD))
    content = PAGE.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    seen = f"127.0.0.1:{server.server_address[1]}"
    folder = tmp_path / "lab"
    try:
        result = initialized(folder, "--ansible", ini, "--file-sd", targets, "--host", seen)
    finally:
        server.shutdown()
        server.server_close()
    assert result.exit_code == 0, result.output
    names = [host["name"] for host in yaml.safe_load((folder / "hosts.yaml").read_text())["hosts"]]
    # What was seen comes first, and wins over the inventory's spark-1.
    assert names[:2] == ["spark-1", "bastion"]
    assert len(names) == len(set(names)) == 10
    assert "`spark-1` is there already, as what was seen has it" in result.stderr
    # On loopback lint warns, and rightly: a cluster's Prometheus does not reach it there.
    inventory = folder / "hosts.yaml"
    inventory.write_text(inventory.read_text().replace("address: 127.0.0.1", "address: spark-1.lan"))
    works(folder)


def test_sources_without_a_host(tmp_path: Path) -> None:
    result = initialized(tmp_path / "x", "--ansible", written(tmp_path, "i", "# nobody\n"))
    assert result.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_strings_of_strangers(tmp_path: Path) -> None:
    nasty = {
        "targets": ["a.lan:9100"],
        "labels": {"job": "node", "x": "a\nb: c", "y": "\x1b[31m", "z": "null", "\x1bq": "v"},
    }
    result = initialized(tmp_path / "x", "--file-sd", written(tmp_path, "t.json", json.dumps([nasty])))
    assert "\x1b" not in result.output
    assert result.exit_code in (0, 2)
    assert "Traceback" not in result.output
