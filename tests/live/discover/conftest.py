"""A real llama-server for discover; proxies of the environment are left out of loopback."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from engine import REQUIRED

sys.path.append(str(Path(__file__).parents[2] / "servers"))
from llama import HOW_TO_GET_ONE, llama_server_binary
from tiny_model import write_tiny_model


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def real_llama() -> Path:
    """The llama-server of this machine. Without one a test skips; where servers are required it fails."""
    binary = llama_server_binary()
    if binary is None:
        if os.environ.get(REQUIRED):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    return binary


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of 300 kB, made once."""
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.gguf")
