"""The catalog's answers: kinds, presence, labels, versions, renamings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from monogen.catalog import exporter, kinds
from monogen.catalog.checking import check_file
from monogen.catalog.evidence import put
from monogen.catalog.loading import builtin_files

ROOT = Path(__file__).parent.parent.parent
HOSTS = [
    ("linux", "generic"),
    ("linux", "gb10"),
    ("linux", "nvidia"),
    ("darwin", "apple-silicon"),
    ("darwin", "generic"),
]
HOST_EXPORTERS = {"node", "dcgm", "nvidia-smi", "macmon", "mactop"}
FULL = sorted(kinds())


def test_kinds_know_ports_paths_and_jobs() -> None:
    found = {kind.kind: (kind.port, kind.path, kind.job) for kind in kinds().values()}
    assert found == {
        "node": (9100, "/metrics", "node-exporter"),
        "dcgm": (9400, "/metrics", "dcgm-exporter"),
        "nvidia-smi": (9835, "/metrics", "nvidia-gpu-exporter"),
        "macmon": (9090, "/metrics", "macmon"),
        "mactop": (2112, "/metrics", "mactop"),
        "vllm": (8000, "/metrics", "vllm"),
        "llama-server": (8080, "/metrics", "llama-server"),
        "sglang": (30000, "/metrics", "sglang"),
        "litellm": (4000, "/metrics/", "litellm"),
        "trtllm-serve": (8000, "/prometheus/metrics", "trtllm-serve"),
        "ollama-exporter": (8000, "/metrics", "ollama-exporter"),
        "ollama-proxy": (9400, "/metrics", "ollama-proxy"),
        "lmstudio": (9103, "/metrics", "lmstudio-exporter"),
        "llama-swap": (8080, "/metrics", "llama-swap"),
        "blackbox": (9115, "/probe", "blackbox-exporter"),
    }


def test_kinds_know_where_they_run() -> None:
    assert kinds()["dcgm"].runs_on("linux", "gb10")
    assert not kinds()["dcgm"].runs_on("linux", "generic")
    assert not kinds()["macmon"].runs_on("linux", "generic")
    assert kinds()["node"].runs_on("darwin", "generic")
    servers = {kind.kind for kind in kinds().values() if kind.server}
    assert servers == kinds().keys() - HOST_EXPORTERS - {"blackbox"}


def test_only_the_prober_runs_elsewhere() -> None:
    assert {kind.kind for kind in kinds().values() if kind.remote} == {"blackbox"}


@pytest.mark.parametrize("path", builtin_files(), ids=lambda path: path.stem)
def test_own_files_pass_the_checks_of_other_peoples(path: Path) -> None:
    assert check_file(path) == []


@pytest.mark.parametrize("path", sorted((ROOT / "gen/catalog").glob("*.yaml")), ids=lambda path: path.stem)
def test_lines_are_short_and_name_no_private_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if len(line) > 140] == []
    assert "/work" not in text


@pytest.mark.parametrize("kind", FULL)
def test_every_metric_answers_for_every_host_the_exporter_runs_on(kind: str) -> None:
    catalog = exporter(kind)
    assert catalog.metrics
    for metric in catalog.metrics.values():
        for os, hardware in HOSTS:
            presence = metric.presence_on(os, hardware)
            if not catalog.kind.runs_on(os, hardware):
                continue
            assert presence.kind != "never" or presence.why
            assert presence.kind != "optional" or presence.needs
            assert metric.evidence_on(os, hardware) in ("page", "source", "claim")
        assert metric.help.endswith("."), metric.name
        assert not metric.renamed_to or metric.renamed_to in catalog.metrics


def test_presence_by_system_device_and_version() -> None:
    node = exporter("node").metrics
    available = node["node_memory_MemAvailable_bytes"]
    assert available.presence_on("linux").kind == "default"
    assert available.presence_on("linux", "gb10").kind == "default"
    mac = available.presence_on("darwin", "apple-silicon")
    assert (mac.kind, mac.instead) == ("never", "host:memory_available_bytes")
    internal = node["node_memory_internal_bytes"]
    assert internal.presence_on("darwin", "generic", (1, 2, 0)).kind == "never"
    assert internal.presence_on("darwin", "generic", (1, 4, 0)).kind == "default"
    assert internal.presence_on("darwin", "generic").kind == "default"
    assert internal.presence_on("linux").kind == "never"


def test_an_unknown_version_makes_newer_and_lost_metrics_optional() -> None:
    node = exporter("node").metrics
    assert node["node_filesystem_mount_info"].presence_on("linux").needs == "node_exporter 1.9.0 or newer"
    assert node["node_memory_KReclaimable_bytes"].presence_on("linux", version=(1, 9, 0)).kind == "never"
    assert node["node_memory_KReclaimable_bytes"].presence_on("linux").kind == "optional"
    dcgm = exporter("dcgm").metrics
    assert dcgm["DCGM_FI_DEV_FB_USED"].presence_on("linux", "nvidia").needs == "dcgm-exporter below 4.9.0"


def test_collectors_can_be_switched() -> None:
    node = exporter("node").metrics
    units = node["node_systemd_unit_state"]
    assert "--collector.systemd" in units.presence_on("linux").needs
    assert units.presence_on("linux", collectors={"systemd": True}).needs == "systemd as the init system"
    stalled = node["node_load1"].presence_on("linux", collectors={"loadavg": False})
    assert (stalled.kind, "loadavg" in stalled.why) == ("never", True)
    apps = exporter("nvidia-smi").metrics["nvidia_smi_compute_apps"]
    assert apps.presence_on("linux", "gb10").needs == "--collect.compute-apps"
    assert apps.presence_on("linux", "gb10", collectors={"compute-apps": True}).certain


def test_modes_are_closed_sets_by_system() -> None:
    cpu = exporter("node").metrics["node_cpu_seconds_total"]
    assert cpu.label_values("darwin")["mode"] == {"user", "system", "nice", "idle"}
    linux = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"}
    assert cpu.label_values("linux", "gb10")["mode"] == linux
    assert "cpu" not in cpu.label_values("linux")


def test_label_names_follow_the_version() -> None:
    size = exporter("node").metrics["node_filesystem_size_bytes"]
    assert "device_error" not in size.label_names("linux", version=(1, 7, 0)).possible
    since = size.label_names("linux", version=(1, 8, 0))
    assert "device_error" in since.possible - since.certain  # empty, and so not there, while all is well
    build = exporter("node").metrics["node_exporter_build_info"]
    assert "goos" not in build.label_names("linux", version=(1, 2, 2)).possible
    assert "goos" in build.label_names("linux", version=(1, 5, 0)).certain
    unknown = exporter("node").metrics["node_disk_info"].label_names("linux")
    assert "rotational" in unknown.possible - unknown.certain
    clock = exporter("dcgm").metrics["DCGM_FI_DEV_SM_CLOCK"]
    assert "Hostname" in clock.label_names("linux", "gb10", (4, 5, 3)).certain
    assert {"Hostname", "hostname"} <= clock.label_names("linux", "gb10", (4, 7, 0)).possible
    assert "Hostname" not in clock.label_names("linux", "gb10", (4, 8, 3)).possible


def test_dcgm_knows_both_namings_and_the_factor_to_base_units() -> None:
    dcgm = exporter("dcgm").metrics
    used = dcgm["DCGM_FI_DEV_FB_USED"]
    assert (used.unit, used.base_unit, used.factor) == ("MiB", "bytes", 1048576)
    assert dcgm[used.renamed_to].presence_on("linux", "nvidia", (4, 9, 0)).certain
    assert not dcgm[used.renamed_to].presence_on("linux", "nvidia", (4, 8, 4)).possible
    assert not used.presence_on("linux", "nvidia", (4, 9, 0)).possible
    assert dcgm["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"].factor == 0.001
    assert dcgm["DCGM_FI_DEV_GPU_UTIL"].factor == 0.01
    renamed = [metric for metric in dcgm.values() if metric.renamed_to]
    assert len({metric.renamed_to for metric in renamed}) == len(renamed) == 24
    for metric in renamed:
        assert dcgm[metric.renamed_to].base_unit == metric.base_unit, metric.name
        assert dcgm[metric.renamed_to].factor == 1


def test_gb10_has_no_framebuffer_and_constant_zeros() -> None:
    dcgm = exporter("dcgm").metrics
    for name in ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_USED_BYTES"):
        gone = dcgm[name].presence_on("linux", "gb10")
        assert (gone.kind, gone.instead) == ("never", "host:model_footprint_bytes")
    new_names = {metric.renamed_to for metric in dcgm.values()}
    zero = {metric.name for metric in dcgm.values() if "gb10" in metric.zero_on} - new_names
    assert zero == {
        "DCGM_FI_DEV_" + field
        for field in (
            "MEM_COPY_UTIL",
            "MEMORY_TEMP",
            "ENC_UTIL",
            "DEC_UTIL",
            "NVLINK_BANDWIDTH_TOTAL",
            "VGPU_LICENSE_STATUS",
        )
    }
    assert (
        exporter("nvidia-smi").metrics["nvidia_smi_memory_used_bytes"].presence_on("linux", "gb10").kind
        == "never"
    )


def test_what_may_appear_one_day_is_watched() -> None:
    def watched(kind: str, os: str, hardware: str) -> set[str]:
        return {metric.name for metric in exporter(kind).absent_but_watched(os, hardware)}

    dcgm = watched("dcgm", "linux", "gb10")
    assert {"DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_USED_BYTES"} <= dcgm
    assert all("_FB_" in name for name in dcgm)
    assert "nvidia_smi_memory_used_bytes" in watched("nvidia-smi", "linux", "gb10")
    assert watched("node", "darwin", "apple-silicon") == {"node_thermal_temperature_celsius"}
    assert watched("node", "linux", "generic") == watched("dcgm", "linux", "nvidia") == set()


@pytest.mark.parametrize("kind", FULL)
def test_what_is_watched_is_never_there_today(kind: str) -> None:
    for metric in exporter(kind).metrics.values():
        for os, hardware in HOSTS:
            if metric.watch & {os, hardware}:
                assert metric.presence_on(os, hardware).kind == "never"


def test_only_seen_names_have_a_page_as_evidence() -> None:
    new_names = {metric.renamed_to for metric in exporter("dcgm").metrics.values()} - {""}
    for metric in exporter("dcgm").metrics.values():
        assert metric.evidence_on("linux", "gb10") != "page", metric.name
        if metric.name in new_names:
            assert metric.evidence_on("linux", "nvidia") != "page", metric.name
    for kind in ("macmon", "mactop"):
        assert {m.evidence_on("darwin", "apple-silicon") for m in exporter(kind).metrics.values()} == {
            "source"
        }


def test_summaries_and_histograms_tell_their_stored_names() -> None:
    node = exporter("node")
    assert node.metrics["go_gc_duration_seconds"].sample_names() == (
        "go_gc_duration_seconds",
        "go_gc_duration_seconds_sum",
        "go_gc_duration_seconds_count",
    )
    found = node.by_sample_name("go_gc_duration_seconds_count")
    assert found is node.metrics["go_gc_duration_seconds"]
    assert node.by_sample_name("node_load1_count") is None


def test_model_servers_know_what_versions_lost() -> None:
    vllm = exporter("vllm").metrics
    old = vllm["vllm:gpu_cache_usage_perc"]
    assert old.presence_on("linux", "gb10", (0, 33, 0)).kind == "never"
    assert old.presence_on("linux", "gb10").kind == "optional"
    assert vllm[old.renamed_to].presence_on("linux", "gb10", (0, 33, 0)).certain
    llama = exporter("llama-server").metrics
    assert not llama["llamacpp:kv_cache_usage_ratio"].presence_on("linux", version=(0, 7, 0)).possible


def test_names_that_mislead_keep_their_true_type_and_a_note() -> None:
    vllm, llama = exporter("vllm").metrics, exporter("llama-server").metrics
    assert vllm["vllm:iteration_tokens_total"].type == "histogram"
    assert exporter("ollama-exporter").metrics["ollama_models_total"].type == "gauge"
    high_water = llama["llamacpp:n_tokens_max"]
    assert high_water.type == "counter"
    assert "high-water mark" in high_water.note


def test_flags_of_model_servers_are_switched_like_collectors() -> None:
    read = exporter("vllm").metrics["vllm:estimated_read_bytes_per_gpu_total"]
    assert read.presence_on("linux", "gb10").needs == "--enable-mfu-metrics"
    assert read.presence_on("linux", "gb10", collectors={"mfu-metrics": True}).certain
    first = exporter("trtllm-serve").metrics["trtllm_time_to_first_token_seconds"]
    assert "return_perf_metrics" in first.presence_on("linux", "nvidia").needs


def test_rules_name_only_server_metrics_that_the_catalog_knows() -> None:
    """A misspelt name would be a rule that never gives anything."""
    catalogs = [exporter(kind.kind) for kind in kinds().values() if kind.server or kind.remote]
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates/rules").glob("*.j2"))
    named = set(
        re.findall(r"\b(?:vllm:|sglang:|llamacpp:|(?:trtllm|litellm|ollama|lmstudio|probe)_)\w+", text)
    )
    assert len(named) > 20
    assert {name for name in named if not any(known.by_sample_name(name) for known in catalogs)} == set()


def test_created_series_follow_their_metric() -> None:
    vllm = exporter("vllm").metrics
    began = vllm["vllm:generation_tokens_created"]
    assert (began.type, began.base_unit, began.labels) == (
        "gauge",
        "seconds",
        vllm["vllm:generation_tokens_total"].labels,
    )
    assert "PROMETHEUS_DISABLE_CREATED_SERIES" in began.presence_on("linux").needs
    assert "vllm:num_requests_running_created" not in vllm
    drafts = vllm["vllm:spec_decode_num_drafts_created"].presence_on("linux").needs
    assert drafts.startswith("speculative decoding, ")


def test_only_servers_that_were_run_have_a_page_as_evidence() -> None:
    """llama-server and LiteLLM were run; all others are known from their code."""
    for kind in kinds().values():
        if kind.server:
            known = {
                metric.evidence_on("linux", "generic") for metric in exporter(kind.kind).metrics.values()
            }
            assert ("page" in known) == (kind.kind in ("llama-server", "litellm")), kind.kind


def test_the_evidence_table_of_the_docs_is_current() -> None:
    page = (ROOT / "docs/catalog.md").read_text(encoding="utf-8")
    assert put(page) == page, "run: python -m monogen.catalog.evidence docs/catalog.md"


def test_headers_are_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every build reads them, and no metrics with them."""
    from monogen.catalog import loading  # noqa: PLC0415

    parsed: list[int] = []
    load = loading._load
    monkeypatch.setattr(loading, "_load", lambda text: parsed.append(len(text)) or load(text))
    monkeypatch.setattr(loading, "compiled", lambda file, make, *_: make(file.read_text("utf-8")))
    loading._builtin_kinds.cache_clear()
    kinds()
    assert len(parsed) == len(builtin_files())
    assert sum(parsed) * 10 < sum(file.stat().st_size for file in builtin_files())
