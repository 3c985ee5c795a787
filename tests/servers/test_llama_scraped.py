"""A real Prometheus scrapes a real llama-server with the configuration that monogen writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from engine import Prometheus
from llama import LlamaServer
from monogen.build import build
from monogen.output.writing import write

KEY = "sesame"
INVENTORY = """
fleet: llama
prometheus: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
hosts:
  - name: box
    address: 127.0.0.1
    os: linux
    exporters:
      llama-server:
        - {{name: one, endpoint: "127.0.0.1:{one}", auth: {{bearer: {{secret: llama, key: token}}}}}}
        - {{name: resident, endpoint: "127.0.0.1:{router}", params: {{model: [a], autoload: ["false"]}}}}
        - {{name: absent, endpoint: "127.0.0.1:{router}", params: {{model: [b], autoload: ["false"]}}}}
"""


@pytest.mark.prometheus
def test_generated_configuration_scrapes_and_moves_no_model(
    prometheus_binary: Path, llama_binary: Path, tiny_model: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("a", "b"):
        shutil.copy(tiny_model, models / f"{name}.gguf")
    one = LlamaServer(llama_binary, tmp_path / "one.log", ["-m", tiny_model, "--metrics", "--api-key", KEY])
    flags = ["--models-dir", models, "--models-max", "1", "--metrics"]
    router = LlamaServer(llama_binary, tmp_path / "router.log", flags)
    with one, router:
        router.get("/metrics", model="a").raise_for_status()
        with Prometheus(prometheus_binary, configured(tmp_path, one, router), tmp_path / "data") as server:
            server.wait_for('count_over_time(up{server="absent"}[1m]) >= 3')
            one.complete("and now", tokens=100, key=KEY)
            (grown,) = server.wait_for('llamacpp:tokens_predicted_total{server="one"} == 100')
            up = {series["metric"]["server"]: series["value"][1] for series in server.query("up")}
            assert up == {"one": "1", "resident": "1", "absent": "0"}
            assert grown["metric"]["instance"] == "box"
            (absent,) = [
                target
                for target in server.get("targets")["activeTargets"]
                if target["labels"]["server"] == "absent"
            ]
            assert "400" in absent["lastError"]
        assert router.loaded() == {"a"}


def configured(folder: Path, one: LlamaServer, router: LlamaServer) -> Path:
    """The plain Prometheus folder of the inventory, with the key where it is read from; its main file."""
    inventory = folder / "fleet.yaml"
    inventory.write_text(INVENTORY.format(one=one.port, router=router.port))
    built = build(inventory, "prometheus")
    output = folder / "out"
    write(built.artifacts, output, built.fleet.name)
    token = output / "secrets" / "llama" / "token"
    token.parent.mkdir(parents=True)
    token.write_text(KEY)
    return output / "prometheus.yml"
