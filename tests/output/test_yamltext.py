"""What the emitter writes is read back as the same data by a YAML 1.1 and by a YAML 1.2 reader."""

from __future__ import annotations

import io
import math
from enum import StrEnum

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from monogen.output.flow import Flow
from monogen.output.yamltext import document
from ruamel.yaml import YAML


def read_both(text: str) -> tuple[object, object]:
    """The data as PyYAML (1.1) and as ruamel.yaml (1.2) read it."""
    return yaml.safe_load(text), YAML(typ="safe", pure=True).load(io.StringIO(text))


HOSTILE = [
    *("yes", "No", "ON", "y", "n", "null", "Null", "~", "true", "1e3", "1e+3", "0x1F", "0o17", "017", "0b1"),
    *("1_000", "12:30:45", "2001-12-14", ".5", ".inf", "-.INF", ".nan", "NaN", "+1", "-1", "1.0", "<<", "="),
    *("- a", "-", "--", "---", "...", "? a", "?", "key: v", "key:", "a:", "# c", "a # c", "a#c", "&a", "*a"),
    *("!a", "|", ">", "%a", "@a", "`a", "'", '"', "'a'", '"a"', "a'b", 'a"b', "{{ $labels.x }}", "[[ ]]"),
    *("{", "[", "]", "}", ",", "", " ", " a", "a ", "\t", "\ta", "a\tb", "a\t", "a\\b", "\\d+", "$1", "${x}"),
    *("a\n", "a\n\n", "\n", "\n\n", "\na", " a\nb", "a\n b", "a\n b\n", "  a\n b", "\n a", "a\n\nb", "a \nb"),
    *(
        "a\n\tb",
        "\ta\nb",
        "a\n  ",
        "a\n# b",
        "# a\nb",
        "a\n---\nb",
        "...\na",
        "a: b\nc: d",
        "- a\n- b",
        "a\r\nb",
    ),
    *("\r", "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "a\x85b", "\xa0", "\u2028", "a\u2029b\nc", "\ufeff"),
    *(
        "\ufffe",
        "\uffff",
        "é",
        "日本語",
        "😀",
        "👩\u200d💻",
        "\u202eabc",
        "°C",
        "\u2013",
        "a\u00adb",
        "\U0010ffff",
    ),
    *(
        "x" * 5000,
        "word " * 2000 + "end",
        "30s",
        "1h30m",
        "10.0.0.1:9100",
        "[::1]:9100",
        "a:9100",
        "http://x/#a",
    ),
    'sum by (instance) (rate(a{fleet="x"}[5m])) > 0',
    'label_replace(a, "b", "$1", "c", "(.+): d")',
    "a{b=~'c'}\n  + on (instance)\nd",
]

texts = (
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.text("ab \n\t:#-'\"\\{}[],")
    | st.sampled_from(HOSTILE)
)
keys = texts.filter(lambda key: len(key) < 150)
scalars = texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
data = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(data)
def test_any_data_comes_back_from_both_readers(value: object) -> None:
    assert read_both(document(value)) == (value, value)


@given(st.lists(st.dictionaries(keys, data, max_size=3), max_size=3))
def test_one_line_entries_come_back_from_both_readers(entries: list[object]) -> None:
    text = document({"before": 1, "entries": [Flow(entry) for entry in entries], "after": "x\ny"})
    expected = {"before": 1, "entries": entries, "after": "x\ny"}
    assert read_both(text) == (expected, expected)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_from_every_place(text: str) -> None:
    key = text[:150]
    value = {"v": text, key: [text, {key: text}, [[text]]], "flow": [Flow({key: [text]})], "end": text}
    plain = {**value, "flow": [{key: [text]}]}
    assert read_both(document(value)) == (plain, plain)
    assert read_both(document(text)) == (text, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_unseen_stands_in_the_output(text: str) -> None:
    for shown in (document({"v": text}), document([Flow({text: text})] if len(text) < 900 else [Flow(text)])):
        assert not set(shown) & set("\x00\x07\x1b\x7f\x85\xa0\u2028\u2029\u200d\u202e\ufeff\xad\r")
        assert shown.endswith("\n")


@pytest.mark.parametrize("number", [1e16, 1e-5, 1e300, 0.1, -0.0, 1.5, 0, -7, 2**70, True, False, None])
def test_numbers_keep_their_type(number: object) -> None:
    for read in read_both(document([number, Flow(number)])):
        assert read == [number, number]
        assert [type(value) for value in read] == [type(number)] * 2  # type: ignore[attr-defined]


def test_numbers_that_are_not_finite() -> None:
    for read in read_both(document([math.inf, -math.inf, math.nan])):
        assert repr(read) == "[inf, -inf, nan]"


def test_a_rule_reads_as_a_person_would_write_it() -> None:
    rule = {
        "alert": "HostDown",
        "expr": 'host:up{fleet="x"}\n  == 0',
        "for": "5m",
        "labels": {"severity": "critical"},
        "annotations": {"summary": "{{ $labels.instance }} is down", "pattern": "^a\\.b"},
        "keep": [],
        "on": {},
    }
    assert document({"groups": [{"name": "host: a", "rules": [rule]}]}) == (
        "groups:\n"
        '- name: "host: a"\n'
        "  rules:\n"
        "  - alert: HostDown\n"
        "    expr: |-\n"
        '      host:up{fleet="x"}\n'
        "        == 0\n"
        "    for: 5m\n"
        "    labels:\n"
        "      severity: critical\n"
        "    annotations:\n"
        '      summary: "{{ $labels.instance }} is down"\n'
        "      pattern: '^a\\.b'\n"
        "    keep: []\n"
        '    "on": {}\n'
    )


def test_a_target_stands_on_one_line() -> None:
    entry = {"targets": ["a:9100"], "labels": {"instance": "a", "n": None}}
    assert document({"staticConfigs": [Flow(entry)]}) == (
        'staticConfigs:\n- {"targets": ["a:9100"], "labels": {"instance": "a", "n": null}}\n'
    )


def test_long_lines_are_never_folded() -> None:
    assert document({"expr": "a + " * 1000 + "b"}).count("\n") == 1


@pytest.mark.parametrize("broken", ["\ud800", "a\udfffb", "a\n\ud800"])
def test_a_lone_surrogate_is_refused(broken: str) -> None:
    for value in (broken, {"k": broken}, [Flow({broken: 1})], {broken: 1}):
        with pytest.raises(ValueError, match="lone surrogate"):
            document(value)


@pytest.mark.parametrize("foreign", [object(), b"bytes", {1, 2}, {1: "a"}, [Flow({1: "a"})]])
def test_what_is_no_plain_data_is_refused(foreign: object) -> None:
    with pytest.raises(TypeError):
        document([foreign])


def test_a_key_that_readers_would_refuse_is_refused() -> None:
    assert read_both(document({"k" * 1000: 1}))[0] == {"k" * 1000: 1}
    for value in ({"k" * 1001: 1}, {"\n" * 600: 1}, Flow({"k" * 1001: 1})):
        with pytest.raises(ValueError, match="too long"):
            document(value)


def test_subclasses_are_written_as_their_plain_kind() -> None:
    class Os(StrEnum):
        LINUX = "linux"

    assert document({"os": Os.LINUX}) == "os: linux\n"
    assert document(Flow({"os": Os.LINUX})) == '{"os": "linux"}\n'
