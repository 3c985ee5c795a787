"""Measure `monogen verify` on a fleet that a real Prometheus scrapes: ``python tests/bench/verify.py 1000``.

GB10s with vLLM, Macs, GPU servers and plain Linux machines in turn; each gives whole pages of tests/pages,
served on loopback. It takes some minutes until all rates have data; only the command is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "prometheus"))

from engine import Prometheus, prometheus_binaries, version  # noqa: E402
from monogen.build import build  # noqa: E402
from monogen.output.writing import write  # noqa: E402

PAGES = {
    "/spark/node": "gb10_node", "/spark/dcgm": "gb10_dcgm", "/spark/vllm": "vllm",
    "/mac/node": "darwin_arm64_node", "/mac/macmon": "macmon",
    "/gpu/node": "nvidia_node", "/gpu/dcgm": "nvidia_dcgm", "/linux/node": "linux_node",
}  # fmt: skip
KINDS = (
    ("spark", "hardware: gb10, memory: 128GB, reserved: 12GiB", ("node", "dcgm", "vllm")),
    ("mac", "hardware: apple-silicon, memory: 64GB", ("node", "macmon")),
    ("gpu", "hardware: nvidia", ("node", "dcgm")),
    ("linux", "os: linux", ("node",)),
)
READY = 900.0
"""Seconds until every host has rates, at most."""


def inventory(hosts: int, port: int) -> str:
    """An inventory whose exporters are all on this machine."""
    lines = ["fleet: bench", "prometheus: {scrape_interval: 30s, scrape_timeout: 20s}", "hosts:"]
    for i in range(hosts):
        name, about, exporters = KINDS[i % len(KINDS)]
        served = ", ".join(f'{e}: {{endpoint: "127.0.0.1:{port}", path: /{name}/{e}/{i}}}' for e in exporters)
        lines.append(
            f"  - {{name: {name}-{i}, {about}, labels: {{rack: r{i // 40}}}, exporters: {{{served}}}}}"
        )
    return "\n".join(lines) + "\n"


def serve() -> ThreadingHTTPServer:
    """The pages as they are: that counters stand still makes no difference to what is asked."""
    folder = HERE.parent / "pages"
    texts = {path: (folder / f"{name}.prom").read_bytes() for path, name in PAGES.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = texts[self.path.split("?")[0].rpartition("/")[0]]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def timed(command: list[str]) -> tuple[float, int, str]:
    """Wall time in seconds, peak memory in MiB, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - start, usage.ru_maxrss // 1024, said


def main(hosts: int, runs: int = 3) -> None:
    """Build, run, wait, measure, tell."""
    http = serve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "hosts.yaml"
        file.write_text(inventory(hosts, http.server_address[1]))
        built = build(file, "prometheus")
        write(built.artifacts, folder / "out", built.fleet.name)
        binary = prometheus_binaries()[-1]
        with Prometheus(binary, folder / "out" / "prometheus.yml", folder / "data") as server:
            print(f"Prometheus {version(binary)}, {hosts:,} hosts: waiting for data", file=sys.stderr)
            server.wait_for(f"count(host:cpu_busy:ratio_rate5m) == {hosts}", READY)
            server.wait_for(f"count(host:state:worst) == {hosts} and count(up == 1) == count(up)", READY)
            time.sleep(120)
            command = [
                sys.executable,
                "-m",
                "monogen",
                "verify",
                str(file),
                "--prometheus",
                server.url,
                "--json",
            ]
            measured = [timed(command) for _ in range(runs)]
    http.shutdown()
    for seconds, memory, said in measured:
        report = json.loads(said)
        targets = next(one for one in report["checked"] if one["part"] == "targets")["all"]
        answers = next(one for one in report["checked"] if one["part"] == "answers")
        print(
            f"{seconds:.1f} s, {memory} MiB: {hosts:,} hosts, {targets:,} targets, "
            f"{report['series']['head']:,} series, {report['questions']} questions, "
            f"{answers['fine']:,} of {answers['all']:,} answers, {report['wrong']} wrong"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
