"""A real llama-server: its page is the one monogen's rules are tried on, and it behaves as the docs say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama import LlamaServer, llama_version
from pages import TYPE, samples

PAGE = Path(__file__).parents[1] / "pages" / "llama_server.prom"
KEY = "sesame"
NOT_LOADED = "model is not loaded"


def families(text: str) -> dict[str, str]:
    """Type by name of a page's metrics."""
    return {match["name"]: match["type"] for line in text.splitlines() if (match := TYPE.match(line))}


@pytest.fixture(scope="module")
def server(
    llama_binary: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LlamaServer]:
    log = tmp_path_factory.mktemp("llama") / "llama.log"
    with LlamaServer(llama_binary, log, ["-m", tiny_model, "--metrics"]) as running:
        yield running


@pytest.fixture
def router(llama_binary: Path, tiny_model: Path, tmp_path: Path) -> Iterator[LlamaServer]:
    """Two models, of which one may be resident."""
    models = tmp_path / "models"
    models.mkdir()
    for name in ("a", "b"):
        shutil.copy(tiny_model, models / f"{name}.gguf")
    flags = ["--models-dir", models, "--models-max", "1", "--metrics"]
    with LlamaServer(llama_binary, tmp_path / "router.log", flags) as running:
        yield running


def test_page_has_the_names_and_types_of_the_test_page(server: LlamaServer, llama_binary: Path) -> None:
    real, ours = families(server.get("/metrics").text), families(PAGE.read_text("utf-8"))
    only_real, only_ours = sorted(real.items() - ours.items()), sorted(ours.items() - real.items())
    assert not (only_real or only_ours), (
        f"{llama_version(llama_binary)} and {PAGE.name} differ: "
        f"only the server has {only_real}, only the page has {only_ours}"
    )


def test_no_sample_has_a_label(server: LlamaServer) -> None:
    page = samples(server.get("/metrics").text)
    assert page
    assert not [series for series in page if "{" in series]


def test_counters_count_the_tokens_of_completions(server: LlamaServer) -> None:
    before = samples(server.get("/metrics").text)
    answers = [server.complete(f"request {number}", tokens=40) for number in range(3)]
    after = samples(server.get("/metrics").text)
    grown = {name: after[name] - before[name] for name in after}
    assert sum(answer["tokens_predicted"] for answer in answers) == 120
    assert grown["llamacpp:tokens_predicted_total"] == 120
    read = grown["llamacpp:prompt_tokens_total"] + grown["llamacpp:prompt_tokens_cached_total"]
    assert read == sum(answer["tokens_evaluated"] for answer in answers)
    assert grown["llamacpp:tokens_predicted_seconds_total"] > 0
    assert after["llamacpp:requests_processing"] == 0


def test_speed_gauge_is_taken_away_by_the_first_scrape(server: LlamaServer) -> None:
    """Why tokens per second is computed from counters: a second scraper would see 0."""
    server.complete("once", tokens=20)
    first, second = (samples(server.get("/metrics").text) for _ in range(2))
    assert first["llamacpp:predicted_tokens_seconds"] > 0
    assert second["llamacpp:predicted_tokens_seconds"] == 0
    assert second["llamacpp:tokens_predicted_total"] == first["llamacpp:tokens_predicted_total"]


def test_page_is_closed_without_metrics(llama_binary: Path, tiny_model: Path, tmp_path: Path) -> None:
    with LlamaServer(llama_binary, tmp_path / "llama.log", ["-m", tiny_model]) as plain:
        assert plain.get("/metrics").status_code == 501


def test_page_wants_the_key(llama_binary: Path, tiny_model: Path, tmp_path: Path) -> None:
    flags = ["-m", tiny_model, "--metrics", "--api-key", KEY]
    with LlamaServer(llama_binary, tmp_path / "llama.log", flags) as locked:
        assert locked.get("/metrics").status_code == 401
        assert locked.get("/metrics", key="wrong").status_code == 401
        assert families(locked.get("/metrics", key=KEY).text) == families(PAGE.read_text("utf-8"))
        assert locked.get("/health").status_code == 200


def test_router_has_no_page_of_its_own(router: LlamaServer) -> None:
    answer = router.get("/metrics")
    assert answer.status_code == 400
    assert "model name is missing" in answer.text


def test_scrape_without_autoload_false_loads_and_evicts(router: LlamaServer) -> None:
    """Why monogen's recipe sets autoload=false: looking must not move models."""
    assert router.loaded() == set()
    assert router.get("/metrics", model="a").ok
    assert router.loaded() == {"a"}
    assert router.get("/metrics", model="b").ok
    assert router.loaded() == {"b"}


def test_scrape_with_autoload_false_leaves_models_alone(router: LlamaServer) -> None:
    absent = router.get("/metrics", model="a", autoload="false")
    assert (absent.status_code, NOT_LOADED in absent.text) == (400, True)
    assert router.loaded() == set()
    router.get("/metrics", model="b")
    resident = router.get("/metrics", model="b", autoload="false")
    assert families(resident.text) == families(PAGE.read_text("utf-8"))
    assert router.get("/metrics", model="a", autoload="false").status_code == 400
    assert router.loaded() == {"b"}
