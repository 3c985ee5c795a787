"""The ports of a simulation: addresses, answers, faults, and that nothing is left behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.live.simulate import Simulation, SimulationError

HERE = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return inventory.load(HERE / "hosts/fleet.yaml", catalog.kinds)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_one_port_an_exporter_at_its_own_path(fleet: Fleet, session: requests.Session) -> None:
    with Simulation(fleet) as simulation:
        assert set(simulation.addresses) == {
            ("spark-1", "node"), ("spark-1", "dcgm"), ("spark-1", "vllm"), ("mac-studio", "node"),
            ("mac-studio", "macmon"), ("mac-studio", "llama-server"), ("gpu-box", "node"),
            ("gpu-box", "dcgm"), ("gpu-box", "sglang"), ("nas", "node"), ("nas", "litellm"),
        }  # fmt: skip
        assert len(set(simulation.addresses.values())) == 11
        for key in simulation.addresses:
            answer = session.get(simulation.url(*key), timeout=5)
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            assert "# TYPE" in answer.text
        address = simulation.addresses["nas", "litellm"]
        redirected = session.get(f"http://{address}/metrics", timeout=5, allow_redirects=False)
        assert (redirected.status_code, redirected.headers["Location"]) == (307, "/metrics/")
        assert session.get(f"http://{address}/nothing", timeout=5).status_code == 404
        assert session.post(f"http://{address}/metrics/", timeout=5).status_code == 405
        models = session.get(f"http://{simulation.addresses['spark-1', 'vllm']}/v1/models", timeout=5).json()
        assert [model["id"] for model in models["data"]] == ["qwen3-coder-30b-a3b"]
        assert session.head(simulation.url("nas", "node"), timeout=5).text == ""


def test_the_fleet_that_can_be_scraped(fleet: Fleet) -> None:
    with Simulation(fleet) as simulation:
        for host in simulation.fleet.hosts:
            for exporter in host.exporters:
                name = exporter.server or exporter.kind
                assert exporter.address == simulation.addresses[host.name, name]
                assert (exporter.scheme, exporter.auth, exporter.tls) == ("http", None, None)
    with pytest.raises(RuntimeError):
        _ = simulation.addresses


def test_ports_in_a_row_and_one_that_is_taken(fleet: Fleet) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        taken = held.getsockname()[1]
        with pytest.raises(SimulationError) as caught, Simulation(fleet, port_from=taken - 3):
            pass
    assert f"port {taken} is taken" in str(caught.value) or f"port {taken - 3}" in str(caught.value)
    assert "--port-from" in str(caught.value)
    with pytest.raises(SimulationError, match="65536 is no port"), Simulation(fleet, port_from=65530):
        pass


def test_an_exporter_that_dies_refuses_and_comes_back(fleet: Fleet, session: requests.Session) -> None:
    with Simulation(fleet) as simulation:
        url = simulation.url("gpu-box", "dcgm")
        assert session.get(url, timeout=5).ok
        simulation.start("exporter-dies:gpu-box")
        until(lambda: refused(session, url))
        assert session.get(simulation.url("gpu-box", "node"), timeout=5).ok
        simulation.stop("exporter-dies", "gpu-box")
        until(lambda: not refused(session, url))
        assert session.get(url, timeout=5).ok


def test_a_frozen_host_accepts_and_never_answers(fleet: Fleet, session: requests.Session) -> None:
    with Simulation(fleet, stages=["host-freezes:gpu-box"]) as simulation:
        for name in ("node", "dcgm", "sglang"):
            with pytest.raises(requests.exceptions.ReadTimeout):
                session.get(simulation.url("gpu-box", name), timeout=0.5)
        assert session.get(simulation.url("nas", "node"), timeout=5).ok
        # It must not hold up the end.
        with socket.create_connection(tuple_of(simulation.addresses["gpu-box", "node"])) as waiting:
            waiting.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            begun = time.monotonic()
            simulation.__exit__(None, None, None)
            assert time.monotonic() - begun < 20


def test_a_server_without_its_model_is_not_there(fleet: Fleet, session: requests.Session) -> None:
    with Simulation(fleet, stages=["model-loads:spark-1@1h", "model-loads:mac-studio@1h"]) as simulation:
        until(lambda: refused(session, simulation.url("spark-1", "vllm")))
        loading = session.get(simulation.url("mac-studio", "llama-server"), timeout=5)
        assert (loading.status_code, loading.json()["error"]["message"]) == (503, "Loading model")
        assert session.get(simulation.url("spark-1", "dcgm"), timeout=5).ok


def test_a_router_that_may_not_load_says_400(session: requests.Session, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(
        "fleet: router\nhosts:\n  - name: box\n    os: linux\n    exporters:\n      node: {}\n"
        "      llama-server:\n"
        "        - {name: coder, model: coder, params: {model: [coder], autoload: ['false']}}\n"
        "        - {name: small, model: small, params: {model: [small], autoload: ['false']}}\n"
        "    models: [{name: coder, file: 4GiB}, {name: small, file: 2GiB}]\n"
    )
    fleet = inventory.load(file, catalog.kinds)
    with Simulation(fleet, stages=["model-loads:box@1h"]) as simulation:
        assert session.get(simulation.url("box", "coder"), timeout=5).status_code == 400
        assert session.get(simulation.url("box", "small"), timeout=5).status_code == 200


def test_garbage_and_silence_do_no_harm(fleet: Fleet, session: requests.Session) -> None:
    with Simulation(fleet) as simulation:
        place = tuple_of(simulation.addresses["nas", "node"])
        with socket.create_connection(place), socket.create_connection(place) as noisy:
            noisy.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            assert b"405" in noisy.recv(100)
            assert session.get(simulation.url("nas", "node"), timeout=5).ok


def test_many_hosts_are_served_by_one_thread(session: requests.Session, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    hosts = "".join(f"  - {{name: h{n}, hardware: gb10, exporters: {{dcgm: {{}}}}}}\n" for n in range(400))
    file.write_text(f"fleet: big\nhosts:\n{hosts}")
    assert serving_threads() == []
    with Simulation(inventory.load(file, catalog.kinds)) as simulation:
        for number in (0, 199, 399):
            assert session.get(simulation.url(f"h{number}", "dcgm"), timeout=5).ok
        assert serving_threads() == ["simulation"]
    assert serving_threads() == []


def serving_threads() -> list[str]:
    """The threads of a simulation and of its loop; other tests' servers come and go meanwhile."""
    return [
        thread.name for thread in threading.enumerate() if thread.name.startswith(("simulation", "asyncio"))
    ]


def refused(session: requests.Session, url: str) -> bool:
    try:
        session.get(url, timeout=5)
    except requests.exceptions.ConnectionError:
        return True
    return False


def until(holds: object, seconds: float = 5) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def tuple_of(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    return host, int(port)
