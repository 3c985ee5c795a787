"""The pages, and the server that plays the exporters: every real Prometheus reads each of them whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from engine import Prometheus
from pages import PageServer, moved, samples, uptime

PAGES = {path.stem: path for path in sorted((Path(__file__).parent.parent / "pages").glob("*.prom"))}
SCRAPED = """
global: {scrape_interval: 1s, scrape_timeout: 900ms}
scrape_configs:
  - job_name: pages
    static_configs:
"""


@pytest.fixture(scope="module")
def scraped(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A server that scrapes every page, each as an instance of its own."""
    folder = tmp_path_factory.mktemp("pages")
    with PageServer({f"/{name}": path for name, path in PAGES.items()}) as served:
        target = (
            f'{{targets: ["127.0.0.1:{served.port}"], labels: {{instance: %s, __metrics_path__: /%s}}}}\n'
        )
        config = folder / "prometheus.yml"
        config.write_text(SCRAPED + "".join(f"      - {target % (name, name)}" for name in PAGES))
        with Prometheus(prometheus_binary, config, folder / "data") as server:
            server.wait_for(f"count(count_over_time(up[1m]) >= 5) == {len(PAGES)}")
            yield server


@pytest.mark.prometheus
@pytest.mark.parametrize("page", PAGES)
def test_a_real_server_reads_every_sample(scraped: Prometheus, page: str) -> None:
    (target,) = [
        t for t in scraped.get("targets")["activeTargets"] if t["labels"]["instance"] == page
    ]  # fmt: skip
    assert (target["health"], target["lastError"]) == ("up", "")
    (count,) = scraped.query(f'scrape_samples_scraped{{instance="{page}"}}')
    assert int(count["value"][1]) == len(samples(PAGES[page].read_text("utf-8")))


@pytest.mark.prometheus
def test_each_cpu_has_a_second_each_second(scraped: Prometheus) -> None:
    sums = scraped.query("sum by (instance, cpu) (rate(node_cpu_seconds_total[5s]))")
    assert {series["metric"]["instance"] for series in sums} == {n for n in PAGES if n.endswith("_node")}
    for series in sums:
        assert float(series["value"][1]) == pytest.approx(1, rel=0.1), series["metric"]


@pytest.mark.prometheus
def test_clocks_are_right_and_hosts_stay_as_old_as_their_page(scraped: Prometheus) -> None:
    now = scraped.query("timestamp(node_time_seconds) - node_time_seconds")
    assert len(now) == sum(name.endswith("_node") for name in PAGES)
    assert all(abs(float(series["value"][1])) < 1 for series in now)
    for series in scraped.query("node_time_seconds - node_boot_time_seconds"):
        page = PAGES[series["metric"]["instance"]].read_text("utf-8")
        assert float(series["value"][1]) == pytest.approx(uptime(page), abs=60)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_that_it_was_made_up(page: str) -> None:
    header = PAGES[page].read_text("utf-8").split("# TYPE")[0]
    assert "not a capture" in header or "no real page was seen" in header or "RECONSTRUCTED" in header
    assert re.search(r"202\d-\d\d-\d\d", header)


@pytest.mark.parametrize("page", [name for name in PAGES if name.endswith("_node")])
def test_cpus_of_a_page_are_as_old_as_its_host(page: str) -> None:
    text = PAGES[page].read_text("utf-8")
    by_cpu: dict[str, float] = {}
    for series, value in samples(text).items():
        if match := re.match(r'node_cpu_seconds_total\{cpu="(\d+)"', series):
            by_cpu[match[1]] = by_cpu.get(match[1], 0) + value
    assert by_cpu
    assert list(by_cpu.values()) == pytest.approx([uptime(text)] * len(by_cpu), rel=1e-4)


def test_counters_grow_at_their_mean_rate_and_gauges_stay() -> None:
    text = (
        "# TYPE node_time_seconds gauge\nnode_time_seconds 1000\n"
        "# TYPE node_boot_time_seconds gauge\nnode_boot_time_seconds 500\n"
        "# TYPE a_total counter\na_total 50\n# TYPE b gauge\nb 7\n"
        "# TYPE node_vmstat_pswpin untyped\nnode_vmstat_pswpin 5\n# TYPE c untyped\nc 3\n"
        "# TYPE h histogram\n" + 'h_bucket{le="+Inf"} 10\nh_sum 20\nh_count 10\n'
    )
    later = samples(moved(text, elapsed=100, now=9000))
    assert later["node_time_seconds"] == 9000
    assert later["node_boot_time_seconds"] == 9000 - 100 - 500
    assert (later["a_total"], later["b"], later["node_vmstat_pswpin"], later["c"]) == (60, 7, 6, 3)
    assert (later['h_bucket{le="+Inf"}'], later["h_sum"], later["h_count"]) == (12, 24, 12)


def test_a_page_can_be_changed_taken_away_and_brought_back() -> None:
    with PageServer({"/x": PAGES["macmon"]}) as served:
        url = f"http://127.0.0.1:{served.port}/x"
        with requests.Session() as session:
            session.trust_env = False
            first = session.get(url, timeout=5)
            assert first.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            served.take_away("/x")
            assert session.get(url, timeout=5).status_code == 500
            served.bring_back("/x")
            served.edit("/x", lambda text: text.replace("0.82", "0.05"))
            assert "macmon_gpu_active_ratio" in first.text
            assert session.get(url, timeout=5).text == first.text.replace("0.82", "0.05")
            assert session.get(url + "/other", timeout=5).status_code == 404
