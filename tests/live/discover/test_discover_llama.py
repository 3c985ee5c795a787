"""A real llama-server: one model, a router of which no model may be moved, a key, no metrics."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from discover_servers import discovered
from llama import LlamaServer
from monogen.build import build

KEY = "sesame-open-wide"


def settings(*arguments: str | Path) -> Any:
    result = discovered(*arguments, "--name", "box")
    assert result.exit_code == 0, result.output
    (entry,) = yaml.safe_load(result.stdout)
    return entry["exporters"]["llama-server"]


def test_model_is_taken_from_the_servers_list(real_llama: Path, small_model: Path, tmp_path: Path) -> None:
    flags = ["-m", small_model, "--metrics", "--alias", "qwen3:30b"]
    with LlamaServer(real_llama, tmp_path / "log", flags) as server:
        assert settings(f"127.0.0.1:{server.port}") == {"port": server.port, "model": "qwen3:30b"}


@pytest.fixture
def router(real_llama: Path, small_model: Path, tmp_path: Path) -> Any:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("a", "b"):
        shutil.copy(small_model, models / f"{name}.gguf")
    flags = ["--models-dir", models, "--models-max", "1", "--metrics"]
    with LlamaServer(real_llama, tmp_path / "log", flags) as running:
        yield running


def test_looking_at_a_router_loads_and_evicts_nothing(router: LlamaServer, tmp_path: Path) -> None:
    expected = [
        {"name": name, "port": router.port, "model": name, "params": {"model": [name], "autoload": ["false"]}}
        for name in ("a", "b")
    ]
    assert settings(f"127.0.0.1:{router.port}") == expected
    assert router.loaded() == set()
    router.get("/metrics", model="b").raise_for_status()
    assert settings(f"127.0.0.1:{router.port}") == expected
    assert router.loaded() == {"b"}
    # And what is written asks for nothing that would load.
    file = tmp_path / "hosts.yaml"
    result = discovered(f"127.0.0.1:{router.port}", "--into", file, "--name", "box")
    assert result.exit_code == 0, result.output
    exporters = build(file, "prometheus").fleet.hosts[0].exporters
    assert len(exporters) == 2
    assert all(one.on_demand for one in exporters)


def test_loaded_models_are_the_hosts_models(router: LlamaServer) -> None:
    router.get("/metrics", model="b").raise_for_status()
    result = discovered(f"127.0.0.1:{router.port}", "--name", "box")
    (entry,) = yaml.safe_load(result.stdout)
    assert entry["models"] == [{"name": "b"}]


def test_key_is_asked_for_by_the_name_of_a_secret(
    real_llama: Path, small_model: Path, tmp_path: Path
) -> None:
    flags = ["-m", small_model, "--metrics", "--api-key", KEY]
    (tmp_path / "key").write_text(KEY)
    with LlamaServer(real_llama, tmp_path / "log", flags) as server:
        place = f"127.0.0.1:{server.port}"
        auth = {"bearer": {"secret": "llama-server", "key": "token"}}
        assert settings(place) == {"port": server.port, "auth": auth}
        with_key = discovered(place, "--token-file", tmp_path / "key", "--json")
        assert KEY not in with_key.output
        (host,) = json.loads(with_key.stdout)["hosts"]
        assert host["exporters"][0]["model"] == "tiny"
        assert host["entry"]["exporters"]["llama-server"]["auth"] == auth


def test_without_metrics_it_is_said_how_to_start_it(
    real_llama: Path, small_model: Path, tmp_path: Path
) -> None:
    with LlamaServer(real_llama, tmp_path / "log", ["-m", small_model]) as server:
        result = discovered(f"127.0.0.1:{server.port}")
        assert result.exit_code == 1
        assert "a llama-server that shows no metrics\n    start it with `--metrics`" in result.stderr
