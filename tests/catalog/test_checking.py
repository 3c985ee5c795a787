"""People's own catalog files: used when right, told with line and column when wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monogen.catalog import exporter, kinds
from monogen.catalog.checking import check_file
from monogen.problems import InputError

HEADER = "exporter: my-sensors\ntitle: my sensors\nport: 9101\nos: [linux]\n"
BODY = """sources:
  mine: {page: "my page, 2026-11-20"}
groups:
  - subject: Sensors
    presence: default
    source: mine
    metrics:
      sensors_clock: {type: counter, help: A clock.}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_an_own_file_is_used(write) -> None:
    path = write(HEADER + "---\n" + BODY)
    kind = kinds([path])["my-sensors"]
    assert (kind.job, kind.path, kind.hardware) == ("my-sensors", "/metrics", None)
    metric = exporter("my-sensors", [path]).metrics["sensors_clock"]
    assert metric.presence_on("linux", "gb10").kind == "default"
    assert metric.presence_on("darwin").kind == "default"  # stated for any place; the kind says where it runs
    assert "node" in kinds([path])


def test_the_file_in_the_docs_works(write) -> None:
    page = (Path(__file__).parents[2] / "docs/catalog.md").read_text(encoding="utf-8")
    example = next(
        block
        for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        if block.startswith("# The header")
    )
    catalog = exporter("my-sensors", [write(example)])
    clock = catalog.metrics["sensors_clock"]
    assert (clock.base_unit, clock.evidence_on("linux")) == ("hertz", "claim")
    assert "1.4.0" in clock.presence_on("linux").needs
    assert "room" not in clock.label_names("linux", version=(1, 2, 0)).possible
    assert [metric.name for metric in catalog.absent_but_watched("linux", "gb10")] == ["sensors_fan_rpm"]


def test_a_header_alone_is_enough(write) -> None:
    assert exporter("my-sensors", [write(HEADER)]).metrics == {}


def test_a_built_in_kind_is_only_replaced_on_purpose(write) -> None:
    header = HEADER.replace("my-sensors", "node")
    with pytest.raises(InputError) as caught:
        kinds([write("# mine\n" + header)])
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 1)
    assert '"node" is already in monogen itself' in problem.message
    assert "replaces: true" in problem.hint
    assert kinds([write(header + "replaces: true\n")])["node"].port == 9101


def test_two_own_files_of_one_kind_are_told(write) -> None:
    with pytest.raises(InputError, match=r"already in .*one\.yaml"):
        kinds([write(HEADER, "one.yaml"), write(HEADER, "two.yaml")])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (HEADER.replace("port: 9101", "port: many"), (3, 1), "does not fit here"),
        (HEADER.replace("title: my sensors\n", ""), (1, 1), '"title" is missing'),
        (HEADER.replace("port:", "prot:"), (3, 1), '"prot" is no key here'),
        (HEADER.replace("linux", "windows"), (4, 6), '"windows" is not known here'),
        (HEADER + "baseline: 1.10\n", (5, 1), "1.1 does not fit here"),
        (HEADER + "port: 1\n", (5, 1), '"port" is here twice, first in line 3'),
        (HEADER + "about: [\n", (6, 1), "this is no YAML"),
        (HEADER + "about: &a x\njob: *a\n", (6, 6), "anchors and aliases"),
        (HEADER + "about: " + "[" * 100, (5, 37), "nested too deeply"),
        ("", (0, 0), "0 YAML documents"),
        (HEADER + "--- \n" + BODY, (0, 0), "2 YAML documents"),
        (HEADER + "---\n", (6, 1), "nothing is stated here"),
        (HEADER + "---\n" + BODY.replace("counter", "counted"), (13, 23), '"counted" is not known here'),
        (HEADER + "---\n" + BODY.replace("source: mine", "source: yours"), (13, 7), 'from "yours"'),
        (HEADER + "---\n" + BODY.replace("    source: mine\n", ""), (12, 7), "has no source"),
        (HEADER + "---\n" + BODY.replace("default", "{gb10: default}"), (13, 7), "no presence on linux"),
        (HEADER + "---\n" + BODY.replace("help", "hlep"), (13, 38), '"hlep" is no key here'),
        (b"\x00\xff\xfe", (0, 0), "cannot be read"),
        (b"\x00\x01", (0, 0), "this is no YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(write, text, place, said) -> None:
    problems = check_file(write(text))
    assert any(said in problem.message for problem in problems), problems
    at = next(problem for problem in problems if said in problem.message)
    assert (at.line, at.column) == place
    assert at.hint


def test_the_nearest_word_is_named(write) -> None:
    problems = check_file(write(HEADER.replace("title", "titel")))
    assert any('did you mean "title"?' in problem.hint for problem in problems)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            kinds([path])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.integers(0, len(HEADER + BODY)),
    st.integers(0, 30),
    st.text(alphabet="{}[]:,\n -\"'&*!|>%@#~aé1\x00", max_size=12),
)
def test_a_damaged_file_is_told_or_used_but_never_a_crash(write, start, cut, put) -> None:
    whole = HEADER + "---\n" + BODY
    path = write(whole[:start] + put + whole[start + cut :])
    if not check_file(path):
        assert exporter(next(k for k in kinds([path]) if kinds([path])[k].file == str(path)), [path])
