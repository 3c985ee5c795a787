"""Whatever is read: findings, or one clear error; never anything else, and never for long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from monogen import catalog, inventory
from monogen.lint.documents import Linted
from monogen.lint.model import Finding
from monogen.lint.reading.files import documents_of_paths
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.world import World
from monogen.problems import InputError

ROOT = Path(__file__).parents[2]
LONGEST = 20
"""Seconds that any input here may take: enough for a busy machine, and far from for ever."""

FLEET = inventory.load(ROOT / "hosts" / "minimal.yaml", catalog.kinds)

SERVER = """\
global: {scrape_interval: 30s, external_labels: {a: b}}
rule_files: [rules.yaml]
scrape_configs:
  - job_name: node
    scrape_timeout: 5s
    static_configs: [{targets: ["a:9100"], labels: {instance: a}}]
    relabel_configs: [{source_labels: [__address__], regex: "(.*):.*", target_label: host}]
    basic_auth: {username: a, password_file: b}
"""

SEEDS = [
    *[(path.name, path.read_text()) for path in sorted((ROOT / "out").glob("*.yaml"))],
    *[(path.name, path.read_text()) for path in sorted((ROOT / "out" / "dashboards").glob("*.json"))],
    ("prometheus.yml", SERVER),
]

ODD_VALUES: list[object] = [
    *[
        None,
        True,
        False,
        0,
        -1,
        10**17,
        1.5,
        float("inf"),
        "",
        "x",
        "{{ $labels.",
        "${",
        "$__rate_interval",
        "\0",
    ],
    *[
        [],
        {},
        [[]],
        [None],
        [1, "a"],
        {"": ""},
        {"a": None},
        {"name": 1},
        {"expr": ["up"]},
        "up{",
        "a" * 5000,
    ],
]


@contextmanager
def within_bounds() -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < LONGEST


def findings(linted: Linted) -> list[Finding]:
    """All that is found, with an inventory and without."""
    plain = lint(linted)
    world = World(FLEET, linted.groups)
    return plain + lint(linted, fleet=FLEET, world=world)


def hold(path: str, text: str) -> list[Finding]:
    """Lint a text; every finding has a place that exists."""
    with within_bounds():
        found = findings(gather(documents_of_text(path, text)))
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for finding in found:
        assert finding.message
        assert finding.start <= finding.end
        assert 0 <= finding.start.line <= finding.end.line <= len(lines)
        for number, line in finding.excerpt:
            assert lines[number - 1] == line
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad") / "a.yaml"


@given(content=st.binary(max_size=300), suffix=st.sampled_from([".yaml", ".json", ".rules"]))
@example(content=b"\xef\xbb\xbf", suffix=".yaml")
@example(content=b"groups:\r- \xf0\x9f\x98\x80: |\r\n x", suffix=".yaml")
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(file: Path, content: bytes, suffix: str) -> None:
    path = file.with_suffix(suffix)
    path.write_bytes(content)
    try:
        documents = documents_of_paths([path])
    except InputError as error:
        assert str(error)
        return
    findings(gather(documents))


YAML_PIECES = st.sampled_from(
    [
        *[
            "groups:",
            "rules:",
            "- ",
            "  ",
            "\n",
            "\n  ",
            "name: a",
            "expr: up",
            "record: b",
            "alert: C",
            "|",
            ">-",
        ],
        *[
            "'",
            '"',
            "&a ",
            "*a",
            "<<: ",
            "!!str ",
            "{",
            "}",
            "[",
            "]",
            ",",
            ": ",
            "---\n",
            "# monogen: ignore[MG2] x",
        ],
        *[
            "\t",
            "\r\n",
            "\ufeff",
            "\x85",
            "\u2028",
            "é",
            "😀",
            "\\x41",
            "apiVersion: v1\nkind: ConfigMap\n",
            "data:",
        ],
        *["scrape_configs:", "spec:", "kind: PrometheusRule", "for: 5", "labels:", "\0", "? ", "%YAML 1.1\n"],
    ]
)


@given(st.lists(YAML_PIECES, max_size=25))
@settings(max_examples=600)
def test_pieces_of_yaml(pieces: list[str]) -> None:
    hold("a.yaml", "".join(pieces))


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_real_files_cut_and_spliced(data: st.DataObject) -> None:
    name, text = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 1, 2, 20, 500, 10**6])))
        insert = data.draw(
            st.one_of(st.text(max_size=5), YAML_PIECES, st.just(text[start : start + 300] * 2), st.just(""))
        )
        text = text[:start] + insert + text[end:]
    hold(name, text)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_real_files_with_other_values(data: st.DataObject) -> None:
    """Still YAML or JSON, and anything may stand anywhere."""
    name, text = data.draw(st.sampled_from(SEEDS))
    document = json.loads(text) if name.endswith(".json") else yaml.load(text, yaml.CSafeLoader)
    for _ in range(data.draw(st.integers(1, 3))):
        _swap(data, document)
    written = json.dumps(document).replace("Infinity", "1e999")
    hold(name, written)


def _swap(data: st.DataObject, node: object) -> None:
    """Put something odd in place of a value somewhere below."""
    while True:
        children = list(node.items()) if isinstance(node, dict) else list(enumerate(node))  # type: ignore[call-overload]
        if not children:
            return
        key, child = data.draw(st.sampled_from(children))
        inside = isinstance(child, dict | list) and bool(child)
        if inside and data.draw(st.integers(0, 4)):
            node = child
            continue
        what = data.draw(st.sampled_from(["odd", "odd", "gone", "renamed", "board"]))
        if what == "board" and isinstance(child, str) and child.startswith('{"'):
            board = json.loads(child)
            _swap(data, board)
            node[key] = json.dumps(board).replace("Infinity", "1e999")  # type: ignore[index]
        elif what == "gone":
            del node[key]  # type: ignore[attr-defined]
        elif what == "renamed" and isinstance(node, dict):
            node[data.draw(st.sampled_from(["", "x", "expr", "name", "<<", "on"]))] = node.pop(key)
        else:
            node[key] = json.loads(json.dumps(data.draw(st.sampled_from(ODD_VALUES))))  # type: ignore[index]
        return


def rule(expr: str) -> str:
    return json.dumps({"groups": [{"name": "g", "rules": [{"record": "a:b", "expr": expr}]}]})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rule("(" * 5000 + "up" + ")" * 5000), id="parentheses"),
        pytest.param(rule("+".join(["a"] * 20_000)), id="chain"),
        pytest.param(rule("a" * 60_000), id="long name"),
        pytest.param(rule('up{a="' + "x" * 49_000 + '"}'), id="long string"),
        pytest.param(rule('up{a=~"' + "(" * 20_000 + '"}'), id="regex"),
        pytest.param(rule('up{a=~"(a*)*(a*)*(a*)*b"}'), id="slow regex"),
        pytest.param(rule("-" * 20_000 + "1"), id="signs"),
        pytest.param(rule("sum(" * 2000 + "up" + ")" * 2000), id="aggregations"),
        pytest.param(rule("up" + "[5m:1m]" * 5000), id="subqueries"),
        pytest.param(rule("up " + "offset 1m " * 5000), id="offsets"),
        pytest.param(rule("up{" + ",".join(['a="b"'] * 5000) + "}"), id="matchers"),
        pytest.param("groups: " + "[" * 90 + "]" * 90, id="deep list"),
        pytest.param("groups:\n" + "\n".join(" " * n + "- " for n in range(500)), id="deep blocks"),
        pytest.param("{" * 100_000, id="braces"),
        pytest.param("[" * 100_000, id="brackets"),
        pytest.param("- " * 50_000, id="dashes"),
        pytest.param("? " * 50_000, id="questions"),
        pytest.param("groups: &a\n- name: a\n  rules: &b\n  - *a\n", id="circle"),
        pytest.param("groups: &a [*a]\n", id="small circle"),
        pytest.param("groups:\n- &a {name: a, <<: *a}\n", id="merge of itself"),
        pytest.param("# monogen: ignore[MG2] x\n" * 3000 + "groups: []\n", id="comments"),
        pytest.param('{"panels":' * 50_000, id="deep json"),
        pytest.param(
            '{"title": "t", "panels": ' + '[{"panels": ' * 40 + "[]" + "}]" * 40 + "}", id="nested panels"
        ),
        pytest.param("a: " + "x" * 10**6 + "\n", id="a long line"),
        pytest.param("---\n" * 20_000, id="empty documents"),
        pytest.param('x: "' + "\\\n" * 50_000 + '"\n', id="escaped breaks"),
    ],
)
@pytest.mark.parametrize("path", ["a.yaml", "a.json"])
def test_hostile(path: str, text: str) -> None:
    hold(path, text)


def test_rules_that_read_each_other() -> None:
    rules = [{"record": f"a:b{n}", "expr": f"a:b{(n + 1) % 2000}"} for n in range(2000)]
    hold("a.json", json.dumps({"groups": [{"name": "g", "rules": rules}]}))


def test_rules_that_double_each_time() -> None:
    rules = [{"record": f"a:b{n + 1}", "expr": f"a:b{n} + a:b{n}"} for n in range(300)]
    hold("a.json", json.dumps({"groups": [{"name": "g", "rules": rules}]}))
