"""The table for people and the JSON form."""

from __future__ import annotations

import json

import pytest
from monogen.fit.report import as_json, report, text
from monogen.fit.spec import Architecture, HostSpec, ModelSpec, Serving
from published import GIB, LLAMA_8B

SMALL = ModelSpec(
    "llama-3.1-8b", file=16 * GIB, overhead=GIB, architecture=Architecture("llama", LLAMA_8B),
    serving=Serving(8192, slots=1), parameters=8,
)  # fmt: skip
DENSE = ModelSpec("dense", file=64 * GIB, kv_cache=8 * GIB, parameters=70)
ODD = ModelSpec(
    "odd", file=8 * GIB, architecture=Architecture("new", unknown="how 'new' caches is not known")
)
SPARK = HostSpec("spark-1", unified=True, memory=128 * GIB, reserved=28 * GIB, bandwidth=256 * GIB,
                 models=(SMALL, DENSE, ODD), notes=("spark-1: a note",))  # fmt: skip
BOX = HostSpec("box", unified=False, gpus=(12 * GIB,), models=(SMALL,))


def test_table() -> None:
    head, small, dense, odd, box = text(report([SPARK, BOX])).splitlines()[:5]
    assert head.startswith("HOST     MODEL ") and head.endswith(" TOKENS/S")
    assert small.split()[2:6] == ["16.0", "GiB", "1.0", "GiB"] and small.endswith(" 15-16")
    assert dense.endswith("  fits          3.6-4.0 unusable")
    assert ">8.0 GiB" in odd and "unknown" in odd
    assert "does not fit" in box and "-6.0 GiB" in box and box.endswith(" -")
    verdicts = [small.index("fits"), dense.index("fits"), odd.index("unknown"), box.index("does not fit")]
    assert set(verdicts) == {head.index("VERDICT")}
    assert len(dense) < 130


def test_table_tells_what_fits_together_and_every_reason() -> None:
    shown = text(report([SPARK, BOX]))
    assert (
        "resident together on spark-1:\n  llama-3.1-8b + dense\n  not even alone, or not known: odd\n"
        in shown
    )
    assert "resident together on box" not in shown
    assert "note: spark-1: a note\n" in shown
    assert "note: odd: how 'new' caches is not known; state it by hand" in shown
    assert "note: dense on spark-1: unusable" in shown
    assert "note: box: no source states the memory bandwidth" in shown
    assert "memory bandwidth / (weights" in shown
    assert "barely fits means it does not fit" in shown


def test_nothing_to_judge() -> None:
    assert "list them under `models:`" in text(report([HostSpec("h", unified=True)]))


def test_candidates_are_judged_on_every_host() -> None:
    result = report([SPARK, BOX], [DENSE])
    assert [(row.host.name, row.model.name) for row in result.rows] == [
        ("spark-1", "dense"),
        ("box", "dense"),
    ]
    assert result.together == ()


def test_json_is_plain_and_complete() -> None:
    data = json.loads(json.dumps(as_json(report([SPARK, BOX]))))
    first, dense, odd, box = data["models"]
    assert (
        first["budget_bytes"]
        == 18 * GIB
        == first["file_bytes"] + first["kv_cache_bytes"] + first["overhead_bytes"]
    )
    assert first["capacity_bytes"] - first["budget_bytes"] == first["headroom_bytes"]
    assert dense["unusable"] is True and dense["tokens_per_second_ceiling"]["empty_context"] == pytest.approx(
        4
    )
    assert odd["verdict"] == "unknown" and odd["budget_bytes"] is None
    assert box["verdict"] == "does not fit" and box["headroom_bytes"] == -6 * GIB
    assert data["together"]["spark-1"] == {
        "sets": [["llama-3.1-8b", "dense"]],
        "complete": True,
        "left_out": ["odd"],
    }
    assert data["margin"] == 0.07


def test_many_sets_are_cut_for_people_only() -> None:
    many = tuple(ModelSpec(f"m{index}", file=51 * GIB, kv_cache=0) for index in range(30))
    host = HostSpec("h", unified=True, memory=100 * GIB, models=many)
    shown = text(report([host]))
    assert "and 10 more (--json lists them)" in shown and "too many models" in shown
    assert len(as_json(report([host]))["together"]["h"]["sets"]) == 30
