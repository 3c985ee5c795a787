"""The command: what it prints, what it refuses, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from monogen.cli import main
from monogen.live.simulate import known

FLEET = Path(__file__).parents[3] / "hosts/fleet.yaml"


def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["simulate", *arguments], env=environment)
    return result.exit_code, result.stdout, result.stderr


@contextmanager
def started(*arguments: str, temporary: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own, which is stopped in any case."""
    command = [sys.executable, "-m", "monogen", "simulate", str(FLEET), "--port-from", "0", *arguments]
    environment = {**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_page_is_printed() -> None:
    code, out, _ = run(str(FLEET), "--page", "spark-1/dcgm")
    assert code == 0
    assert out.startswith("# HELP DCGM_FI_DEV_GPU_UTIL ")
    assert out.endswith("\n") and not out.endswith("\n\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name an inventory, or say --list"),
        ([str(FLEET), "--page", "spark-1/dcg"], "did you mean `spark-1/dcgm`?"),
        ([str(FLEET), "--scenario", "nothing"], "there is no scenario `nothing`"),
        ([str(FLEET), "--interval", "soon"], "`soon` is no duration"),
        ([str(FLEET), "--speed", "0"], "--speed"),
        ([str(FLEET), "--scenarios", "missing.yaml"], "missing.yaml: the file cannot be read"),
        (["missing.yaml"], "missing.yaml"),
    ],
)
def test_wrong_input_exits_2_and_is_told(arguments: list[str], told: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_everything_that_is_wrong_is_told_at_once() -> None:
    _, _, err = run(str(FLEET), "--scenario", "one", "--scenario", "two")
    assert "`one`" in err and "`two`" in err


def test_the_list_of_scenarios() -> None:
    _, out, _ = run("--list")
    assert [line.split()[0] for line in out.splitlines()] == sorted(known())
    _, out, _ = run("--list", "--json")
    assert {entry["name"] for entry in json.loads(out)} == set(known())


def test_without_a_prometheus_it_says_how_to_get_one(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "MONOGEN_PROMETHEUS": ""}
    code, out, err = run(str(FLEET), "--prometheus", **nowhere)
    assert (code, out) == (1, "")
    assert "no Prometheus was found" in err and "prometheus.io/download" in err


def test_a_prometheus_that_is_none_is_told(tmp_path: Path) -> None:
    for name, text in (("missing", None), ("broken", "#!/bin/sh\necho it cannot >&2\nexit 3\n")):
        binary = tmp_path / name
        if text:
            binary.write_text(text)
            binary.chmod(0o755)
        code, _, err = run(str(FLEET), "--prometheus", "--port-from", "0", MONOGEN_PROMETHEUS=str(binary))
        assert code == 1
        assert str(binary) in err
        assert "Traceback" not in err
    assert "it cannot" in err
    assert f"`{binary}` ended with exit code 3" in err


def test_a_program_that_is_no_prometheus_is_named(tmp_path: Path) -> None:
    for name, line, ended in [("ok", "exit 0", "with exit code 0"), ("shot", "kill -9 $$", "by signal 9")]:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
        code, _, err = run(str(FLEET), "--prometheus", "--port-from", "0", MONOGEN_PROMETHEUS=str(program))
        assert code == 1
        assert f"Prometheus did not start: `{program}` ended {ended}" in err
        assert "MONOGEN_PROMETHEUS names the one to run" in err


def test_nobody_waits_for_a_prometheus_that_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "prometheus"
    slow.write_text('#!/bin/sh\ntouch "${0%/*}/began"\nexec sleep 60\n')
    slow.chmod(0o755)
    monkeypatch.setenv("MONOGEN_PROMETHEUS", str(slow))
    with started("--prometheus") as process:
        deadline = time.monotonic() + 20
        while not (tmp_path / "began").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_ctrl_c_while_it_is_imported_is_no_traceback() -> None:
    program = (
        "import sys\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'click':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Pressed())\n"
        "import runpy\n"
        "runpy.run_module('monogen', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "monogen: interrupted\n")


def test_a_port_that_is_taken_is_told() -> None:
    with started("--json") as process:
        address = first_json(process)["targets"][0]["address"]
        code, _, err = run(str(FLEET), "--port-from", address.partition(":")[2])
    assert code == 1
    assert "is taken" in err and "--port-from" in err


def first_json(process: subprocess.Popen[str]) -> dict[str, object]:
    """The document that the process prints before it goes on."""
    text = ""
    assert process.stdout
    while not text.endswith("}\n") or text.count("{") != text.count("}"):
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        text += line
    found: dict[str, object] = json.loads(text)
    return found


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_serves_until_it_is_stopped(ending: signal.Signals) -> None:
    with started("--json") as process, requests.Session() as session:
        session.trust_env = False
        told = first_json(process)
        assert told["prometheus"] is None
        targets = told["targets"]
        assert len(targets) == 11
        for target in targets:
            assert session.get(target["url"], timeout=5).ok
        process.send_signal(ending)
        assert process.wait(10) == 0
        with pytest.raises(requests.ConnectionError):
            session.get(targets[0]["url"], timeout=1)


def test_scenarios_are_told_as_they_happen() -> None:
    with started("--scenario", "disk-fills:nas@1s") as process:
        assert process.stdout
        for line in process.stdout:
            if "A disk fills" in line:
                break
        assert line == "1s  nas: A disk fills; watch for HostDiskFull\n"


@pytest.mark.prometheus
def test_prometheus_goes_with_it(
    prometheus_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONOGEN_PROMETHEUS", str(prometheus_binary))
    with started("--json", "--prometheus", "--interval", "1s", temporary=tmp_path) as process:
        told = first_json(process)
        assert list(tmp_path.iterdir()) != []
        with requests.Session() as session:
            session.trust_env = False
            wait_for(session, f"{told['prometheus']}/api/v1/query?query=count(host:memory_used_bytes)==4")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            with pytest.raises(requests.ConnectionError):
                session.get(f"{told['prometheus']}/-/ready", timeout=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.prometheus
def test_a_prometheus_that_dies_ends_it(
    prometheus_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed from outside: the simulation says so rather than serve to nobody."""
    wrapper = tmp_path / "prometheus"
    wrapper.write_text(f'#!/bin/sh\necho $$ > {tmp_path}/pid\nexec {prometheus_binary} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("MONOGEN_PROMETHEUS", str(wrapper))
    with started("--json", "--prometheus", temporary=tmp_path) as process:
        first_json(process)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 1
        assert "Prometheus has stopped by itself" in err
        assert "Traceback" not in err


def wait_for(session: requests.Session, url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if session.get(url, timeout=5).json()["data"]["result"]:
            return
        time.sleep(0.3)
    raise AssertionError(url)
