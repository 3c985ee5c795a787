"""The series of model servers, computed from their pages by hand: one vocabulary, whoever serves."""

from __future__ import annotations

import pytest
from pages import samples, uptime
from world import World

pytestmark = pytest.mark.prometheus

GENERATED = {
    "vllm": "vllm:generation_tokens_total",
    "llama-server": "llamacpp:tokens_predicted_total",
    "sglang": "sglang:generation_tokens_total",
    "trtllm-serve": "trtllm_generation_tokens_total",
    "lmstudio": "lmstudio_output_tokens_total",
}
RUNNING = {
    "vllm": "vllm:num_requests_running",
    "llama-server": "llamacpp:requests_processing",
    "trtllm-serve": "trtllm_num_requests_running",
}
CACHE = {
    "vllm": "vllm:kv_cache_usage_perc",
    "sglang": "sglang:token_usage",
    "trtllm-serve": "trtllm_kv_cache_utilization",
}


def _sum(text: str, metric: str) -> float:
    return sum(value for series, value in samples(text).items() if series.split("{")[0] == metric)


def _over_15_seconds(proof: World, record: str) -> str:
    """The rule over a window that the server has been up for."""
    (rule,) = [rule for rule in proof.built.monitoring.rules if rule.record == record]
    proof.server.wait_for("min(count_over_time(up[20s])) > 17")
    return rule.expr.replace("[5m]", "[15s]")


def _by_server(proof: World, expr: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for series in proof.server.query(expr):
        server = series["metric"]["server"]
        found[server] = found.get(server, 0) + float(series["value"][1])
    return found


def test_tokens_per_second_are_the_growth_of_each_servers_own_counter(proof: World) -> None:
    found = _by_server(proof, _over_15_seconds(proof, "server:tokens_generated:rate5m"))
    expected = {}
    for server, metric in GENERATED.items():
        text = proof.page(f"/serve/{server}")
        expected[server] = _sum(text, metric) / uptime(text)
    assert found == pytest.approx(expected, rel=0.2)


def test_running_requests_and_cache_are_what_the_pages_say(proof: World) -> None:
    running = _by_server(proof, "server:requests_running")
    for server, metric in RUNNING.items():
        assert running[server] == _sum(proof.page(f"/serve/{server}"), metric), server
    cache = _by_server(proof, "server:kv_cache_used:ratio")
    assert set(cache) == set(CACHE)
    for server, metric in CACHE.items():
        assert cache[server] == pytest.approx(_sum(proof.page(f"/serve/{server}"), metric)), server


def test_every_series_names_host_job_server_and_model(proof: World) -> None:
    for series in proof.server.query('{__name__=~"server:.+"}'):
        labels = set(series["metric"]) - {"__name__"}
        wanted = {"instance", "os", "hardware", "fleet", "site", "job", "server"}
        assert wanted <= labels <= wanted | {"model"}
    models = {
        s["metric"]["server"]: s["metric"].get("model") for s in proof.server.query("server:model_resident")
    }
    assert models["llama-server"] == "qwen3-4b"  # its series name none, the inventory does
    assert all(models.values())


def test_tiers_are_told_by_who_answered(proof: World) -> None:
    """A local model that a frontier model rescued counts as frontier; refused scrapes count as nothing."""
    text = proof.page("/proxy/litellm")
    result = proof.server.query(_over_15_seconds(proof, "tier:requests:rate5m"))
    found = {series["metric"]["tier"]: float(series["value"][1]) for series in result}
    expected = {"frontier": 0.0, "local": 0.0}
    for series, value in samples(text).items():
        if series.startswith("litellm_proxy_total_requests_metric_total{") and 'status_code="2' in series:
            tier = "frontier" if 'api_provider="anthropic"' in series else "local"
            expected[tier] += value / uptime(text)
    assert found == pytest.approx(expected, rel=0.2)
