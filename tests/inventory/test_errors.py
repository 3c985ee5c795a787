"""Every mistake gets the answer that stands in errors/<case>.txt: the inventory, a line of ===, the answer.

`MONOGEN_REWRITE=1 pytest tests/inventory/test_errors.py` writes the answers anew; read them before
they are committed, as somebody who is tired.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from monogen.inventory import load
from monogen.problems import InputError

from .exporters import kinds

CASES = sorted(Path(__file__).with_name("errors").glob("*.txt"))
SEPARATOR = "\n=====\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_mistake_gets_its_answer(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = case.read_text("utf-8").partition(SEPARATOR)[0]
    monkeypatch.chdir(tmp_path)
    Path("hosts.yaml").write_text(inventory + "\n", "utf-8")
    with pytest.raises(InputError) as raised:
        load(Path("hosts.yaml"), kinds)
    answer = "\n".join(map(str, raised.value.problems)) + "\n"
    if os.environ.get("MONOGEN_REWRITE"):
        case.write_text(inventory + SEPARATOR + answer, "utf-8")
    assert answer == case.read_text("utf-8").partition(SEPARATOR)[2]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_no_answer_repeats_a_secret(case: Path) -> None:
    inventory, _, expected = case.read_text("utf-8").partition(SEPARATOR)
    assert expected
    if "hunter2" in inventory:
        assert "hunter2" not in expected


def test_there_are_cases() -> None:
    assert len(CASES) > 50
