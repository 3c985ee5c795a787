"""Strings of strangers break neither the YAML, nor the terminal, nor the inventory."""

from __future__ import annotations

import json
import re

import hypothesis
import pytest
import yaml
from discover_servers import Served, discovered, page, says
from hypothesis import strategies as st
from monogen.live.discover.page import parse
from monogen.live.discover.yamllines import Items, Line, block, flow, plain

NASTY = [
    "\x1b[31mred\x1b[0m", "a\rb", "null", "yes", "1.10", "- x", "a: b", "a #b", "{{ x }}", "*alias", "&a",
    "!t", "'", '"', "\\", "{", "[", "%x", "@x", "`x`", "\u202eabc", "a\u2028b", "\ufeff", "ü", "😀",
    "a" * 500, " ", "~", "0x10", "1e3", "2026-11-24", "12:30", "=", "<<", "--- ", "...", "on", "No", ".5",
    "+1", "#", "a,b", "a]", "a}",
]  # fmt: skip


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@pytest.mark.parametrize("text", NASTY)
def test_model_of_any_name(text: str) -> None:
    nasty = page("vllm").replace("openai/gpt-oss-120b", escaped(text))
    with Served(says(nasty)) as server:
        result = discovered(server.place, "--name", "box")
        (entry,) = yaml.safe_load(result.stdout)
        usable = text.isprintable() and text == text.strip() and len(text) <= 200
        assert [model["name"] for model in entry.get("models", [])] == ([text] if usable else [])
        assert "\x1b" not in result.output
        assert "\u202e" not in result.output


@pytest.mark.parametrize("text", NASTY)
def test_nodename_of_any_kind(text: str) -> None:
    nasty = page("linux_node").replace('nodename="linux-1"', f'nodename="{escaped(text)}"')
    with Served(says(nasty)) as server:
        result = discovered(server.place)
        (entry,) = yaml.safe_load(result.stdout)
        assert entry["name"] in ("127.0.0.1", text.split(".", maxsplit=1)[0])
        assert re.fullmatch(r"[\w.-]+", entry["name"], re.ASCII)
        assert "\x1b" not in result.output


def test_gpu_name_that_would_end_the_comment() -> None:
    nasty = page("gb10_dcgm").replace("NVIDIA GB10", "GB10\\nos: darwin\\n- name: evil")
    with Served(says(nasty)) as server:
        (entry,) = yaml.safe_load(discovered(server.place, "--name", "box").stdout)
        assert (entry["name"], entry["hardware"]) == ("box", "gb10")


def test_json_with_a_lone_surrogate_in_a_list_of_models() -> None:
    models = json.dumps({"data": [{"id": "x\ud800"}]})
    paths = {"/metrics": says(page("llama_server")), "/v1/models": says(models, "application/json")}
    with Served(paths) as server:
        for option in ((), ("--json",)):
            result = discovered(server.place, "--name", "box", *option)
            assert result.exit_code == 0
            result.output.encode()


@pytest.mark.parametrize(
    "answer", ["[]", '"x"', '{"data": {}}', '{"data": [1, null, {"id": 5}]}', "[" * 5000, ""]
)
def test_list_of_models_that_is_none(answer: str) -> None:
    paths = {"/metrics": says(page("llama_server")), "/v1/models": says(answer, "application/json")}
    with Served(paths) as server:
        (entry,) = yaml.safe_load(discovered(server.place, "--name", "box").stdout)
        assert entry["exporters"]["llama-server"] == {"port": server.port}


@hypothesis.given(st.text(), st.text())
def test_any_text_comes_back(value: str, comment: str) -> None:
    usable = "".join(c for c in value if not 0xD800 <= ord(c) <= 0xDFFF)
    lines = (
        Line("name", usable, comment),
        Line("exporters", (Line("node", {"model": usable}, comment), Line("off", usable, comment, off=True))),
        Line("models", Items(({"name": usable},)), comment),
    )
    assert yaml.safe_load(block(lines, 2, [comment])) == [plain(lines)]
    assert yaml.safe_load(flow(plain(lines))) == plain(lines)


@hypothesis.given(st.text(alphabet='abn_{}="\\,# \n\t1.eE+-:\x00é', max_size=200))
def test_no_page_breaks_the_parser(text: str) -> None:
    read = parse(text)
    assert all(name for name in read.samples)


def test_pages_are_read_as_they_are_meant() -> None:
    read = parse(
        '# HELP a x\na 1\na{b="c\\"\\\\\\n}"} 2 1700000000\n a{b="x" , c = "y",} NaN\n'
        'a_total 1 # {t="1"} 1\nb{c=d} 1\n'
    )
    assert [dict(sample.labels) for sample in read.of("a")] == [{}, {"b": 'c"\\\n}'}, {"b": "x", "c": "y"}]
    assert read.value("a_total") == 1
    assert read.broken == 6
