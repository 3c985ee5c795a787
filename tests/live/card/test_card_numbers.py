"""Every number of a card against what card_history.py lets one work out by hand, on a real Prometheus."""

from __future__ import annotations

from typing import Any

import pytest
from card_history import AROUND, END, EVERY, GIB, START
from monogen.fit.verdict import Verdict
from monogen.inventory.model import Fleet, Host, Model
from monogen.live.card import history as history_module
from monogen.live.card.window import Window
from msgspec.structs import replace

pytestmark = pytest.mark.prometheus

SPARK = {
    # 40 GiB of RAM in use less 12 GiB; one sample of 44.
    "footprint_peak_bytes": 32 * GIB,
    # 111 samples of the 121 are with the model: the median and the 95th percentile are among them.
    "footprint_median_bytes": 28 * GIB,
    "footprint_p95_bytes": 28 * GIB,
    # RAM in use, 44 less 10: the footprint would hide the 2 GiB below the reservation.
    "added_bytes": 34 * GIB,
    "budget_bytes": 26 * GIB,
    "budget_used_ratio": 34 / 26,
    "held_before_bytes": 0,
    "held_after_bytes": 0,
    "kept_bytes": 0.5 * GIB,
    "capacity_bytes": 36 * GIB,
    "headroom_lowest_bytes": 4 * GIB,
    "swap_peak_bytes": 0.5 * GIB,
    "swap_grown_bytes": 0.25 * GIB,
    "stalled_peak_ratio": 0.04,
    "stalled_median_ratio": 0.01,
    "process_peak_bytes": 29 * GIB,
    "tokens_generated_typical": 40,
    "tokens_generated_peak": 40,
    # Every five minutes backwards from the end there is one of nine that is 40, and tells of 300 s.
    "tokens_generated_total": 9 * 40 * 300,
    # One sample above 0: no moment with five minutes of it behind it.
    "tokens_prompt_typical": None,
    "tokens_prompt_peak": 400,
    "tokens_prompt_total": 400 * 300,
    "ttft_typical_seconds": 1.5,
    "ttft_worst_seconds": 2.5,
    "gpu_busy_median_ratio": 0.9,
    "gpu_busy_peak_ratio": 0.9,
    "gpu_power_median_watts": 100,
    "gpu_power_peak_watts": 100,
    "gpu_heat_median_celsius": 50,
    "gpu_heat_peak_celsius": 71,
    "gpu_clock_lowest_hertz": 7e8,
    # Ten samples of the 111 in which it worked.
    "gpu_throttled_ratio": 10 / 111,
    # 100 W for an hour, at 0.30 EUR.
    "energy_watthours": 100,
    "energy_cost": 0.03,
}
PEAKS = {
    "footprint_peak_bytes": 1800,
    "headroom_lowest_bytes": 1800,
    "swap_peak_bytes": 900,
    "ttft_worst_seconds": 1200,
    "gpu_heat_peak_celsius": 600,
    "gpu_clock_lowest_hertz": 1500,
}


def test_all_numbers(made: Any) -> None:
    found = made("spark")
    values = {measure.key: measure.value for measure in found.measures}
    assert values == pytest.approx(SPARK)
    assert found.coverage == 1
    assert found.verdict is Verdict.FITS  # 4 of 36 GiB are 11 %


def test_when_the_peaks_were(made: Any) -> None:
    by_key = made("spark").by_key
    assert {key: by_key[key].at - START for key in PEAKS} == PEAKS


def test_the_model_that_was_loaded_is_found(made: Any) -> None:
    found = made("spark")
    assert found.subject.model == "qwen"
    assert found.subject.before == frozenset()
    assert "`qwen` is the one model that was loaded in the window" in found.notes
    assert found.by_key["kept_bytes"].note == "released"
    assert found.by_key["budget_bytes"].note == "`qwen`"


def test_what_is_not_there_is_not_made_up(made: Any) -> None:
    found = made("mac").by_key
    for key in ("tokens_prompt_peak", "ttft_worst_seconds", "energy_watthours", "stalled_peak_ratio"):
        assert found[key].value is None
    assert "macOS" in found["stalled_peak_ratio"].why
    assert "`server:time_to_first_token_seconds:p95_5m`" in found["ttft_worst_seconds"].why
    assert found["tokens_generated_total"].value == pytest.approx(25 * 3600)


def test_barely_and_not_released(made: Any) -> None:
    found = made("tight")
    assert found.verdict is Verdict.BARELY
    assert "6.0 GiB (6.0 %)" in found.judgement.because[0]
    assert "swap grew by 2.0 GiB" in found.judgement.because[1]
    assert found.by_key["kept_bytes"].value == 47 * GIB
    assert found.by_key["kept_bytes"].note == "not released: 50.0 % of what was added"


def test_stalls_say_that_it_does_not_fit(made: Any) -> None:
    found = made("full")
    assert found.verdict is Verdict.DOES_NOT_FIT
    assert "30.0 % of the time" in found.judgement.because[0]


def test_one_full_gpu_is_not_hidden_by_the_sum(made: Any) -> None:
    found = made("box")
    assert found.verdict is Verdict.BARELY
    assert "0.5 GiB (2.1 %) of the GPU `a`" in found.judgement.because[0]
    assert found.by_key["energy_watthours"].value == pytest.approx(300)
    assert found.by_key["gpu_power_peak_watts"].value == 300
    assert "never busier than 50 %" in found.by_key["gpu_throttled_ratio"].why


def test_two_models(made: Any) -> None:
    found = made("duo")
    assert found.subject.model == "new"
    assert found.by_key["added_bytes"].value == 30 * GIB
    assert found.by_key["budget_used_ratio"].value == pytest.approx(0.75)
    assert found.by_key["tokens_generated_typical"].value == 40
    assert any("beside `new`" in note and "`old`" in note for note in found.notes)
    assert made("duo", "new").by_key["tokens_generated_typical"].value == 30


def test_a_model_that_was_there_before_has_no_size(made: Any) -> None:
    found = made("duo", "old").by_key
    assert found["added_bytes"].value is None
    assert "`old` was loaded before the window" in found["added_bytes"].why
    assert found["budget_bytes"].value == 20 * GIB
    assert found["budget_used_ratio"].value is None


def test_a_model_that_nobody_reports(made: Any) -> None:
    by_key = made("duo", "mistral").by_key
    assert by_key["tokens_generated_peak"].value is None
    assert "`new`, `old`" in by_key["tokens_generated_peak"].why
    assert "no budget for `mistral`" in by_key["budget_bytes"].why


def test_a_server_that_names_no_model(made: Any) -> None:
    found = made("mac")
    assert any("names no model" in note for note in found.notes)
    assert "in memory before the window was a model without a name" in found.correction.left[0]
    asked = made("mac", "qwen").by_key
    assert asked["tokens_generated_peak"].value is None
    assert "`model:`" in asked["tokens_generated_peak"].why


def test_gaps_count_nothing_and_leave_the_verdict_open(made: Any) -> None:
    found = made("gappy")
    assert found.verdict is Verdict.UNKNOWN
    assert found.coverage == pytest.approx((1170 + 1200) / 3600)
    # 90 W in the 19.5 and 20 minutes that have data.
    assert found.by_key["energy_watthours"].value == pytest.approx(90 * (1170 + 1200) / 3600)
    assert any(note.startswith("no data for 20m 30s, from") for note in found.notes)
    assert any(note.startswith("the host did not answer for about 10m") for note in found.notes)


def test_a_host_without_memory_for_models(made: Any) -> None:
    found = made("plain")
    assert found.verdict is Verdict.UNKNOWN
    assert "no memory for models" in found.judgement.because[0]
    assert found.by_key["added_bytes"].value == 2 * GIB


def test_a_window_without_an_after(made: Any) -> None:
    found = made("spark", window=Window("A", START, END, 600, END)).by_key
    assert found["held_after_bytes"].value is None
    assert "ends now" in found["held_after_bytes"].why
    assert found["footprint_peak_bytes"].value == 32 * GIB


def test_a_window_without_a_before(made: Any) -> None:
    first = START - AROUND
    found = made("spark", window=Window("A", first, END, 600, END + 9999)).by_key
    assert found["added_bytes"].value is None
    assert "before the window" in found["added_bytes"].why
    assert found["swap_grown_bytes"].value is None


def test_a_window_that_is_longer_than_the_data(made: Any) -> None:
    found = made("spark", window=Window("A", START - 36_000, END + 36_000, 600, END + 99_999))
    # Data for 4,800 of 75,600 seconds.
    assert found.coverage == pytest.approx(4800 / 75_600)
    assert found.verdict is Verdict.UNKNOWN
    assert found.by_key["footprint_peak_bytes"].value == 32 * GIB
    assert sum(note.startswith("no data for") for note in found.notes) == 2


def test_too_many_samples_are_taken_together(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MOST_SAMPLES", 48)
    found = made("spark")
    # 4,800 s in at most 48 steps.
    assert found.history.step == 100
    # A mean would be lower: one of some three samples is 44.
    assert found.by_key["footprint_peak_bytes"].value == 32 * GIB
    assert found.by_key["headroom_lowest_bytes"].value == 4 * GIB
    assert found.by_key["energy_watthours"].value == pytest.approx(100, rel=0.05)
    assert found.by_key["tokens_generated_total"].value == pytest.approx(97_200, rel=0.05)
    assert any("each value stands for" in note for note in found.notes)
    assert len(found.history.one("host:model_footprint_bytes").times) <= 48


def test_the_lines_for_the_inventory(made: Any) -> None:
    model = Model("qwen", file=18 * GIB, kv_cache=6 * GIB, overhead=2 * GIB)
    host = Host("spark", "spark", "linux", "gb10", (), reserved=12 * GIB, models=(model,))
    correction = made("spark", inventory=Fleet("homelab", (host,))).correction
    # 34 GiB less 18 and 6 are overhead; 10 GiB were in use without a model.
    assert correction.lines == (
        "- name: spark\n"
        "  reserved: 10GiB  # was 12.0 GiB\n"
        "  models:\n"
        "    - {name: qwen, file: 18GiB, kv_cache: 6GiB, overhead: 10GiB}"
        "  # was 26.0 GiB in all, measured 34.0 GiB\n"
    )
    assert len(correction.measured) == len(correction.inferred) == 2


def test_less_than_declared_goes_to_the_cache(made: Any) -> None:
    model = Model("qwen", file=30 * GIB, kv_cache=20 * GIB, overhead=2 * GIB)
    host = Host("spark", "spark", "linux", "gb10", (), reserved=10 * GIB, models=(model,))
    lines = made("spark", inventory=Fleet("homelab", (host,))).correction.lines
    assert "file: 30GiB, kv_cache: 4GiB, overhead: 0GiB" in lines


def test_less_than_its_file_is_no_correction(made: Any) -> None:
    model = Model("qwen", file=40 * GIB, kv_cache=GIB)
    host = Host("spark", "spark", "linux", "gb10", (), models=(model,))
    correction = made("spark", inventory=Fleet("homelab", (host,))).correction
    assert "models:" not in correction.lines
    assert any("less than its file of 40.0 GiB" in left for left in correction.left)


def test_a_size_that_is_right_is_left(made: Any) -> None:
    model = Model("new", file=20 * GIB, kv_cache=5 * GIB)
    host = Host("duo", "duo", "linux", "gb10", (), models=(model,))
    correction = made("duo", inventory=Fleet("homelab", (host,))).correction
    # The file counts, 25 GiB, not the 40 that were recorded then; 30 are measured.
    assert "overhead: 5GiB" in correction.lines
    right = Host("duo", "duo", "linux", "gb10", (), models=(replace(model, kv_cache=9 * GIB),))
    correction = made("duo", inventory=Fleet("homelab", (right,))).correction
    assert "29.0 GiB for `new` are right, 30.0 GiB were measured" in correction.left[-1]
    assert made("duo", "old").correction.lines == ""


def test_samples_lie_as_close_as_they_were_recorded(made: Any) -> None:
    found = made("spark").history
    assert found.distance == EVERY
    assert found.step == 0
    assert found.price == (0.3, "EUR")
