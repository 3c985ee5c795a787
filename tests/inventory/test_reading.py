"""Files that are no text, too big or not there; and nothing but Fleet or InputError, whatever is read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from monogen.catalog import kinds
from monogen.inventory import load, reading
from monogen.inventory.model import Fleet
from monogen.problems import InputError

ROOT = Path(__file__).parents[2]
TOUR = (ROOT / "hosts" / "fleet.yaml").read_bytes()


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        load(path, kinds)
    return str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "none.yaml")


def test_a_name_that_no_file_system_takes(tmp_path: Path) -> None:
    assert "cannot be read: File name too long" in refusal(tmp_path / ("a" * 5000))
    file = tmp_path / "a.yaml"
    file.write_text(f"fleet: f\nrules: [{'a' * 5000}]\nhosts: [{{name: a, os: linux}}]")
    assert f"{file}:2:9: there is no" in refusal(file)


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in refusal(tmp_path / "a.yaml")


def test_a_file_of_100_megabytes(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as stream:
        stream.truncate(100 * 10**6)
    assert "bigger than 64 MiB" in refusal(file)


def test_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("fleet: f\nlabels: {site: Büro}\n".encode("latin-1"))
    assert f"{file}:2:17: not UTF-8 text: byte 0xfc" in refusal(file)


def test_utf_16(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("fleet: f".encode("utf-16"))
    assert "not UTF-8" in refusal(file)


def test_zero_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"fleet: f\nhosts: \0\n")
    assert f"{file}:2:8: the control character U+0000" in refusal(file)


def test_noise(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(random.Random(1).randbytes(10_000))
    refusal(file)


def test_reads_what_pyyaml_reads() -> None:
    data, problems = reading.read(ROOT / "hosts" / "fleet.yaml")
    assert not problems
    assert data == yaml.load(TOUR, yaml.CSafeLoader)


def test_many_hosts_may_share_one_anchor(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    hosts = "".join(f"  - {{name: h{i}, os: linux, exporters: *e}}\n" for i in range(3000))
    file.write_text(f"fleet: f\ndefaults: {{exporters: &e {{node: {{}}}}}}\nhosts:\n{hosts}")
    assert len(load(file, kinds).hosts) == 3000


def outcome(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        assert isinstance(load(path, kinds), Fleet)
    except InputError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message
            assert (problem.message + problem.hint).isprintable()


SNIPPETS = [
    b"{", b"}", b"[", b"]", b": ", b"- ", b"\n", b"\t", b" ", b"&a", b"*a", b"<<: ", b"!!x ", b"? ", b"| \n",
    b"null", b"on", b"1e9", b"-1", b"[]", b"{}", b'"\\0"', b"\xc3", b"0x1F", b"---\n", b"...", b"%", b"'",
    b"false", b"99999999999999999999", b"name", b"exporters", b"node", b"vllm", b"#", b"~", b".inf",
    b"\xef\xbb\xbf",
]  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, len(TOUR)), st.integers(0, 30), st.sampled_from(SNIPPETS)),
        min_size=1,
        max_size=4,
    )
)
def test_mutations_of_the_tour_never_give_a_traceback(tmp_path: Path, edits) -> None:
    content = TOUR
    for start, removed, inserted in edits:
        content = content[:start] + inserted + content[start + removed :]
    outcome(tmp_path / "a.yaml", content)


KEYS = st.sampled_from(
    [
        "fleet",
        "hosts",
        "name",
        "os",
        "hardware",
        "exporters",
        "node",
        "vllm",
        "port",
        "endpoint",
        "auth",
        "bearer",
        "basic",
        "secret",
        "key",
        "tls",
        "labels",
        "models",
        "file",
        "alerts",
        "threshold",
        "defaults",
        "jobs",
        "prometheus",
        "version",
        "params",
        "collectors",
        "kubernetes",
        "catalogs",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, VALUES, max_size=6))
@example({"fleet": "f", "hosts": [{"name": "a", "os": "linux", "exporters": {"node": 0}}]})
@example({"fleet": "f", "hosts": [{"name": "a", "os": "linux", "exporters": {"vllm": [None]}}]})
@example({"fleet": "f", "hosts": [{"name": "a", "os": "linux", "memory": True}]})
@example({"fleet": "f", "hosts": [{"name": "a", "os": "linux", "memory": 1.0}]})
@example({"fleet": "f", "hosts": [{"name": "a", "os": "linux"}], "catalogs": ["\x1f"]})
@example({"fleet": "f", "hosts": {"name": "a"}, "catalogs": [1]})
def test_any_document_gives_a_fleet_or_an_answer(tmp_path: Path, document) -> None:
    text = yaml.dump({"fleet": "f", **document}, allow_unicode=True)
    outcome(tmp_path / "a.yaml", text.encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    VALUES, st.sampled_from(["name", "os", "memory", "labels", "exporters", "models", "alerts", "address"])
)
def test_any_value_in_a_host_gives_a_fleet_or_an_answer(tmp_path: Path, value, key: str) -> None:
    document = {"fleet": "f", "hosts": [{"name": "a", "os": "linux", key: value}]}
    outcome(tmp_path / "a.yaml", yaml.dump(document).encode("utf-8", "surrogatepass"))
