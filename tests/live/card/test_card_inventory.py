"""The inventory given with a card against what was recorded, names that nobody knows, and short windows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from card_history import END, GIB, START
from click.testing import CliRunner, Result
from engine import Prometheus
from monogen.cli import main
from monogen.fit.verdict import Verdict
from monogen.inventory.model import Fleet, Host, Model
from monogen.live.card.window import Window
from msgspec.structs import replace

pytestmark = pytest.mark.prometheus

QWEN = Model("qwen", file=14 * GIB, kv_cache=4 * GIB, overhead=2 * GIB)
SPARK = Host("spark", "spark", "linux", "gb10", (), reserved=12 * GIB, models=(QWEN,))


def lab(host: Host) -> Fleet:
    return Fleet("homelab", (host,))


def run(server: Prometheus, host: str, *options: str) -> Result:
    window = ["--from", str(START), "--to", str(END)]
    return CliRunner().invoke(main, ["card", "--prometheus", server.url, "--host", host, *window, *options])


def test_the_file_counts_and_the_difference_is_told(made: Any) -> None:
    found = made("spark", inventory=lab(SPARK))
    # 26 GiB were recorded, the file says 20; 34 were measured.
    assert found.by_key["budget_bytes"].value == 20 * GIB
    assert found.by_key["budget_bytes"].note == "`qwen`; deployed: 26.0 GiB, file: 20.0 GiB"
    assert found.by_key["budget_used_ratio"].value == pytest.approx(34 / 20)
    assert "`qwen`: deployed: 26.0 GiB, file: 20.0 GiB; the card goes by the file" in found.notes
    assert "# was 20.0 GiB in all" in found.correction.lines
    assert "the file has no model `other` on this host; deployed: 60.0 GiB" in found.notes
    assert not any("`reserved`:" in note for note in found.notes)


def test_without_an_inventory_what_was_deployed_counts(made: Any) -> None:
    found = made("spark")
    assert found.by_key["budget_bytes"].value == 26 * GIB
    assert not any("file" in note for note in found.notes)


def test_a_reservation_that_is_not_the_deployed_one(made: Any) -> None:
    found = made("spark", inventory=lab(replace(SPARK, reserved=20 * GIB)))
    assert any("`reserved`: deployed: 12.0 GiB, file: 20.0 GiB" in note for note in found.notes)
    assert "reserved: 10GiB  # was 20.0 GiB" in found.correction.lines
    # 4 GiB stayed free: of 36 GiB that is enough, and of the 28 that the file leaves as well.
    assert "4.0 GiB (14.3 %)" in found.judgement.because[0]
    right = made("spark", inventory=lab(replace(SPARK, reserved=10 * GIB)))
    assert any("`reserved`: 10.0 GiB are right" in left for left in right.correction.left)


def test_more_reserved_than_there_was_free(made: Any) -> None:
    # RAM is 48 GiB: 46 reserved leave 2 for models, whatever else was free.
    found = made("spark", inventory=lab(replace(SPARK, reserved=46 * GIB)))
    assert "2.0 GiB (100.0 %)" in found.judgement.because[0]


def test_a_model_that_the_file_does_not_know(made: Any) -> None:
    found = made("spark", inventory=lab(replace(SPARK, models=())))
    assert found.subject.model == "qwen"
    assert found.by_key["budget_bytes"].value is None
    assert "deployed: 26.0 GiB" in found.by_key["budget_bytes"].why
    assert "the file has no model `qwen` on this host; deployed: 26.0 GiB" in found.notes


def test_a_model_that_was_never_deployed(made: Any) -> None:
    new = replace(QWEN, name="new")
    found = made("spark", inventory=lab(replace(SPARK, models=(QWEN, new))))
    assert "`new`: deployed: no budget, file: 20.0 GiB" in found.notes


@pytest.mark.parametrize(
    ("fleet", "name", "said"),
    [
        ("otherlab", "spark", "is the inventory of the fleet `otherlab`, and `spark` was recorded for"),
        ("homelab", "spook", "has no host `spark`"),
    ],
)
def test_an_inventory_of_others(
    remembered: Prometheus, tmp_path: Path, fleet: str, name: str, said: str
) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(f"fleet: {fleet}\nhosts:\n  - {{name: {name}, hardware: gb10, memory: 64GB}}\n")
    done = run(remembered, "spark", "--inventory", str(file))
    assert done.exit_code == 2
    assert said in done.output
    assert "#" not in done.output


def test_a_slip_of_the_pen(remembered: Prometheus) -> None:
    done = run(remembered, "spark", "--model", "qwne")
    assert done.exit_code == 2
    assert "no server of `spark` and no inventory names `qwne`" in done.output
    assert "did you mean `qwen`?" in done.output
    assert "known: `new`, `old`" in run(remembered, "duo", "--model", "zzz").output


def test_a_model_of_which_nothing_is_known(remembered: Prometheus) -> None:
    """One server, and it names no model: the host has room, and nobody knows for what."""
    done = run(remembered, "mac", "--model", "qwen", "--json")
    assert done.exit_code == 0
    (card,) = json.loads(done.output)["cards"]
    assert card["verdict"] == "unknown"
    assert card["because"][0].startswith("nothing names `qwen`")


def test_a_model_that_was_not_there(made: Any) -> None:
    """It is declared, and no server had it in memory."""
    found = made("spark", "other")
    assert found.verdict is Verdict.UNKNOWN
    assert found.judgement.because[0] == "no server reported `other` in the window"


def test_few_samples_are_no_verdict(made: Any) -> None:
    # A sample every 30 s: nine in four minutes, ten in four and a half.
    few = made("spark", window=Window("A", START + 600, START + 840, 600, END + 9999))
    assert few.verdict is Verdict.UNKNOWN
    assert few.judgement.because[0].startswith("the window has only 9 samples")
    one = made("spark", window=Window("A", START + 600, START + 605, 600, END + 9999))
    assert one.judgement.because[0].startswith("the window has only 1 sample,")
    enough = made("spark", window=Window("A", START + 600, START + 870, 600, END + 9999))
    assert enough.verdict is Verdict.FITS


def test_what_a_mac_cannot_have_is_not_advised(made: Any) -> None:
    for host in ("mac", "plain"):
        why = made(host).by_key["process_peak_bytes"].why
        assert why
        assert "nvidia_gpu_exporter" not in why
    assert "nvidia_gpu_exporter" in made("duo").by_key["process_peak_bytes"].why
