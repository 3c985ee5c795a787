"""A real llama-server for the tests: where it is, how it is started, asked and stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from engine import engines_folder, free_port

HOW_TO_GET_ONE = (
    "no llama-server found: run `.ci/get-llama-server` (Debian) or `brew install llama.cpp` (macOS)"
)
# One thread and two slots: the tests share their machine with others.
_SMALL = ("--ctx-size", "512", "--parallel", "2", "--threads", "1")
_OWN_SETTINGS = ("LLAMA_", "HF_")


def llama_server_binary() -> Path | None:
    """The program of MONOGEN_LLAMA_SERVER, else the fetched one, else the one in PATH."""
    named = os.environ.get("MONOGEN_LLAMA_SERVER")
    fetched = engines_folder() / "llama-server" / "usr" / "bin" / "llama-server"
    if named:
        return Path(named)
    if os.access(fetched, os.X_OK):
        return fetched
    in_path = shutil.which("llama-server")
    return Path(in_path) if in_path else None


def llama_version(binary: Path) -> str:
    """ "version: 0.7.0 (build 11669, commit Debian)", as the server says itself."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    lines = (said.stdout + said.stderr).splitlines()
    return next((line for line in lines if line.startswith("version")), "version: unknown")


class LlamaServer:
    """A running server on loopback; a context manager that stops it, and a router's models, in any case.

    ``flags`` say what it serves: ``-m FILE`` one model, ``--models-dir FOLDER`` a router.
    """

    def __init__(self, binary: Path, log: Path, flags: Sequence[str | Path]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._command = [binary, "--host", "127.0.0.1", "--port", str(self.port), *_SMALL, *flags]
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        # What the user set for a llama-server of their own is not meant for this one.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)
        }
        # A router also offers the models in the user's cache.
        environment["LLAMA_CACHE"] = str(self._log.parent)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if self._session.get(f"{self.url}/health", timeout=1).ok:
                    return self
            except requests.RequestException:
                pass
            time.sleep(0.05)
        self._stop()
        raise RuntimeError(f"llama-server did not start:\n{self._log.read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def get(self, path: str, key: str = "", **params: str) -> requests.Response:
        """An answer as it came, whatever its status."""
        return self._session.get(f"{self.url}{path}", params=params, headers=_bearer(key), timeout=60)

    def loaded(self) -> set[str]:
        """Which models a router says are resident."""
        models = self.get("/models").json()["data"]
        return {model["id"] for model in models if model["status"]["value"] == "loaded"}

    def complete(self, prompt: str, tokens: int, key: str = "") -> Mapping[str, Any]:
        """Let it generate exactly ``tokens`` tokens; the answer tells how many it counted."""
        body = {"prompt": prompt, "n_predict": tokens, "ignore_eos": True, "cache_prompt": True}
        answer = self._session.post(f"{self.url}/completion", json=body, headers=_bearer(key), timeout=60)
        answer.raise_for_status()
        told: Mapping[str, Any] = answer.json()
        return told


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
