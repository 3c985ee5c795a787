"""A real node_exporter: what it says is what this machine is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import yaml
from discover_servers import discovered
from engine import REQUIRED, found, free_port
from monogen.build import build

pytestmark = pytest.mark.prometheus


@pytest.fixture(scope="module")
def real_node_exporter() -> Iterator[int]:
    binaries = found("prometheus-node-exporter", "node-exporter") or found("node_exporter")
    if not binaries:
        message = "no node_exporter found: run `.ci/get-prometheus`, which fetches one too"
        pytest.fail(message) if os.environ.get(REQUIRED) else pytest.skip(message)
    port = free_port()
    command = [str(binaries[0]), f"--web.listen-address=127.0.0.1:{port}", "--no-collector.loadavg"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=1)
            break
        except requests.ConnectionError:
            time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def test_this_machine_as_an_entry(real_node_exporter: int, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    result = discovered(f"127.0.0.1:{real_node_exporter}", "--into", file)
    assert result.exit_code == 0, result.output
    (entry,) = yaml.safe_load(file.read_text())["hosts"]
    assert entry["name"] == os.uname().nodename.split(".")[0]
    assert entry["os"] == os.uname().sysname.lower()
    measured = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    assert measured - 0.1 <= int(entry["memory"].removesuffix("GB")) <= measured / 0.85 + 1
    node = entry["exporters"]["node"]
    # Debian's turns systemd on, which upstream leaves off; the flag of this test turned loadavg off.
    assert node["collectors"]["loadavg"] is False
    assert node["version"][0].isdigit()
    assert build(file, "operator").fleet.hosts[0].name == entry["name"]


@pytest.fixture(scope="module")
def locked_node_exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """One that speaks TLS only, with a certificate signed by itself; its port and the certificate."""
    binaries = found("prometheus-node-exporter", "node-exporter") or found("node_exporter")
    openssl = shutil.which("openssl")
    if not binaries or not openssl:
        pytest.skip("needs a node_exporter (`.ci/get-prometheus`) and openssl")
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
    ]
    subprocess.run([*command, *names], cwd=folder, check=True, capture_output=True)
    (folder / "web.yml").write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
    port = free_port()
    flags = [f"--web.listen-address=127.0.0.1:{port}", f"--web.config.file={folder / 'web.yml'}"]
    process = subprocess.Popen(
        [str(binaries[0]), *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.05)
    yield port, folder / "cert.pem"
    process.terminate()
    process.wait(10)


def test_https_is_found_out_and_its_certificate_checked(locked_node_exporter: tuple[int, Path]) -> None:
    port, certificate = locked_node_exporter
    refused = discovered(f"127.0.0.1:{port}")
    assert refused.exit_code == 1
    assert f"https://127.0.0.1:{port}" in refused.stderr
    assert "signed by itself" in refused.stderr
    for options, tls in (
        (["--ca-file", certificate], {"ca": {"secret": "node-tls", "key": "ca.crt"}}),
        (["--insecure"], {"insecure_skip_verify": True}),
    ):
        for place in (f"127.0.0.1:{port}", f"https://127.0.0.1:{port}"):
            result = discovered(place, *options)
            assert result.exit_code == 0, result.output
            (entry,) = yaml.safe_load(result.stdout)
            node = entry["exporters"]["node"]
            assert (node["scheme"], node["tls"]) == ("https", tls)
