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


def test_a_wrong_key_is_said_to_be_wrong(
    real_llama: Path, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "not-sesame")
    flags = ["-m", small_model, "--metrics", "--api-key", KEY]
    with LlamaServer(real_llama, tmp_path / "log", flags) as server:
        result = discovered(f"127.0.0.1:{server.port}", "--token-env", "TOKEN")
        assert "the token of --token-env TOKEN was refused (401)" in result.stdout
        assert "--token-file" not in result.output
        assert "not-sesame" not in result.output


@pytest.mark.parametrize(
    ("header", "access"),
    [
        (f"Authorization: Bearer {KEY}", {"bearer": {"secret": "llama-server", "key": "token"}}),
        (f"authorization: bearer {KEY}", {"bearer": {"secret": "llama-server", "key": "token"}}),
        ("X-Something: else", None),
    ],
)
def test_a_header_that_logs_in_is_an_access(
    real_llama: Path, small_model: Path, tmp_path: Path, header: str, access: Any
) -> None:
    flags = ["-m", small_model, "--metrics"]
    with LlamaServer(real_llama, tmp_path / "log", flags) as server:
        result = discovered(f"127.0.0.1:{server.port}", "--name", "box", "--header", header)
        (entry,) = yaml.safe_load(result.stdout)
        assert entry["exporters"]["llama-server"].get("auth") == access
        assert ("its key goes into the Secret `llama-server`" in result.stdout) == bool(access)
        assert KEY not in result.output


def test_https_where_it_speaks_plain_http(real_llama: Path, small_model: Path, tmp_path: Path) -> None:
    with LlamaServer(real_llama, tmp_path / "log", ["-m", small_model, "--metrics"]) as server:
        result = discovered(f"https://127.0.0.1:{server.port}", "--timeout", "1")
        assert result.exit_code == 1
        assert "does not speak TLS at this port" in result.stderr
        assert "write http:// instead" in result.stderr


def test_without_metrics_it_is_said_how_to_start_it(
    real_llama: Path, small_model: Path, tmp_path: Path
) -> None:
    with LlamaServer(real_llama, tmp_path / "log", ["-m", small_model]) as server:
        result = discovered(f"127.0.0.1:{server.port}")
        assert result.exit_code == 1
        assert "a llama-server that shows no metrics\n    start it with `--metrics`" in result.stderr
