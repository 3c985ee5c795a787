"""A real llama-server and a tiny model for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engine import REQUIRED
from llama import HOW_TO_GET_ONE, llama_server_binary
from tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def llama_binary() -> Path:
    """The llama-server of this machine. Without one a test skips; where servers are required it fails."""
    binary = llama_server_binary()
    if binary is None:
        if os.environ.get(REQUIRED):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    return binary


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of 300 kB, made once."""
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.gguf")
