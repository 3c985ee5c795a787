"""The two machines that most people have: a GB10 with 128 GB, and a Mac of 64 GB that runs a cluster too."""

from __future__ import annotations

import pytest
from monogen.fit.hosts import host_spec
from monogen.fit.report import Row, report
from monogen.fit.spec import Architecture, HostSpec, ModelSpec, Serving
from monogen.fit.together import together
from monogen.fit.verdict import Verdict, capacity
from monogen.inventory.model import Host
from msgspec.structs import replace
from published import GIB, LLAMA_70B, plain, windowed

QWEN3_CODER = ModelSpec(
    "qwen3-coder-30b-a3b", file=round(18.6 * GIB), overhead=2 * GIB,
    architecture=Architecture("qwen3moe", plain(48, 4, 128)), serving=Serving(65_536),
    parameters=30_500_000_000, active_parameters=3_300_000_000,
)  # fmt: skip
GPT_OSS = ModelSpec(
    "gpt-oss-120b", file=round(60.8 * GIB), overhead=2 * GIB,
    architecture=Architecture("gpt-oss", windowed(18, 18, 8, 64, 128)), serving=Serving(131_072),
    parameters=117_000_000_000, active_parameters=5_100_000_000,
)  # fmt: skip
DENSE_Q4 = ModelSpec(
    "llama-3.3-70b-q4", file=round(39.6 * GIB), overhead=2 * GIB,
    architecture=Architecture("llama", LLAMA_70B), serving=Serving(32_768), parameters=70_600_000_000,
)  # fmt: skip
DENSE_Q8 = replace(DENSE_Q4, name="llama-3.3-70b-q8", file=round(69.8 * GIB))


def spark(*models: ModelSpec, exclusive: bool = False) -> HostSpec:
    memory = {"memory": 128 * GIB, "reserved": 12 * GIB}
    return host_spec(Host("spark-1", "spark-1", "linux", "gb10", (), **memory, exclusive=exclusive), models)


def mac(*models: ModelSpec) -> HostSpec:
    memory = {"memory": 64 * GIB, "gpu_memory_limit": 48 * GIB, "reservations": {"cluster": 16 * GIB}}
    return host_spec(Host("mac", "mac", "darwin", "apple-silicon", (), **memory, chip="M4 Max"), models)


def rows(host: HostSpec) -> dict[str, Row]:
    return {row.model.name: row for row in report([host]).rows}


def test_gb10_holds_each_alone() -> None:
    judged = rows(spark(QWEN3_CODER, GPT_OSS, DENSE_Q4, DENSE_Q8))
    assert {row.fit.capacity for row in judged.values()} == {116 * GIB}
    assert {row.fit.verdict for row in judged.values()} == {Verdict.FITS}
    budgets = {name: round((row.fit.budget.total or 0) / GIB, 1) for name, row in judged.items()}
    assert budgets == {
        "qwen3-coder-30b-a3b": 26.6, "gpt-oss-120b": 67.3, "llama-3.3-70b-q4": 51.6, "llama-3.3-70b-q8": 81.8,
    }  # fmt: skip


def test_gb10_ceilings() -> None:
    """A mixture of experts is quick, a dense 70B is unusable at any quantization worth having."""
    judged = rows(spark(QWEN3_CODER, GPT_OSS, DENSE_Q4, DENSE_Q8))
    empty = {name: row.ceiling.empty for name, row in judged.items()}
    assert empty["qwen3-coder-30b-a3b"] == pytest.approx(126, abs=1)
    assert empty["gpt-oss-120b"] == pytest.approx(96, abs=1)
    assert empty["llama-3.3-70b-q4"] == pytest.approx(6.4, abs=0.1)
    assert empty["llama-3.3-70b-q8"] == pytest.approx(3.6, abs=0.1)
    assert [name for name, row in judged.items() if row.ceiling.unusable] == [
        "llama-3.3-70b-q4",
        "llama-3.3-70b-q8",
    ]


def test_gb10_holds_both_small_ones_together() -> None:
    assert together(spark(QWEN3_CODER, GPT_OSS, DENSE_Q8)).sets == (
        ("qwen3-coder-30b-a3b", "gpt-oss-120b"),
        ("llama-3.3-70b-q8",),
    )
    assert together(spark(QWEN3_CODER, GPT_OSS, exclusive=True)).sets == (
        ("qwen3-coder-30b-a3b",),
        ("gpt-oss-120b",),
    )


def test_gb10_barely_is_not_enough() -> None:
    """A dense 70B at q8 with its whole context: 111.8 of 116 GiB, and the alert would fire at once."""
    whole = replace(DENSE_Q8, serving=Serving(131_072))
    (row,) = report([spark(whole)]).rows
    assert row.fit.verdict is Verdict.BARELY
    assert round((row.fit.headroom or 0) / GIB, 1) == 4.2
    quantized = replace(whole, serving=Serving(131_072, key_type="q8_0", value_type="q8_0"))
    assert report([spark(quantized)]).rows[0].fit.verdict is Verdict.FITS


def test_mac_with_a_cluster() -> None:
    """64 - 6 for macOS - 16 for the cluster's VM: 42 GiB, below Metal's 48."""
    subject = mac(QWEN3_CODER, GPT_OSS, DENSE_Q4)
    assert capacity(subject) == 42 * GIB
    judged = {name: row.fit.verdict for name, row in rows(subject).items()}
    assert judged == {
        "qwen3-coder-30b-a3b": Verdict.FITS,
        "gpt-oss-120b": Verdict.DOES_NOT_FIT,
        "llama-3.3-70b-q4": Verdict.DOES_NOT_FIT,
    }


def test_mac_without_the_cluster_is_bound_by_metal() -> None:
    alone = replace(mac(replace(DENSE_Q4, serving=Serving(8192))), reservations={})
    assert capacity(alone) == 48 * GIB
    (row,) = report([alone]).rows
    assert row.fit.verdict is Verdict.FITS
    assert row.ceiling.empty == pytest.approx(12.8, abs=0.1)
