"""Holds each catalog against a page of its exporter, both ways.

The pages in tests/pages are written by hand from what is known of the exporters, never from the catalog.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from engine import found
from exposition import Page, read
from monogen.catalog import exporter
from page_cases import CASES, PAGES, Case, told_version


def page_of(case: Case) -> tuple[Page, Case]:
    """The page and the case, with the version that a node page tells itself."""
    page = read((PAGES / case.page).read_text(encoding="utf-8"))
    return page, case._replace(version=told_version(page) or case.version)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.page)
def test_what_is_on_the_page_is_in_the_catalog(case: Case) -> None:
    page, case = page_of(case)
    assert page.labels
    assert not differences(page, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.page)
def test_what_the_catalog_promises_is_on_the_page(case: Case) -> None:
    page, case = page_of(case)
    assert not broken_promises(page, case)


def differences(page: Page, case: Case) -> list[str]:
    """What the page has and the catalog does not know, or knows otherwise."""
    catalog = exporter(case.kind)
    found = []
    for name, series in page.labels.items():
        metric = catalog.by_sample_name(name)
        if metric is None:
            found.append(f"{name} is not in the catalog")
            continue
        if page.types.get(metric.name, "untyped") != metric.type:
            found.append(f"{name} is a {page.types.get(metric.name)}, not a {metric.type}")
        presence = metric.presence_on(case.os, case.hardware, case.version, case.collectors)
        if not presence.possible:
            found.append(f"{name} is there although never: {presence.why}")
        names = metric.label_names(case.os, case.hardware, case.version)
        closed = metric.label_values(case.os, case.hardware)
        for labels in series:
            own = labels.keys() - {"le", "quantile"}
            # Prometheus drops a label without text, so a label that may be empty is not certain.
            filled = {label for label in own if labels[label]} | closed.keys()
            if not (names.certain <= filled and own <= names.possible):
                found.append(f"{name} has {sorted(own)}, not {sorted(names.certain)}")
            found += [
                f"{name}: {label}={labels[label]}"
                for label in closed.keys() & labels.keys()
                if labels[label] not in closed[label]
            ]
    return found


def broken_promises(page: Page, case: Case) -> list[str]:
    """What the catalog calls certain and the page lacks."""
    return [
        f"{metric.name} is not on the page"
        for metric in exporter(case.kind).metrics.values()
        if metric.presence_on(case.os, case.hardware, case.version, case.collectors).certain
        and not any(name in page.labels for name in metric.sample_names())
    ]


def test_no_page_is_left_out() -> None:
    assert {path.name for path in PAGES.glob("*.prom")} == {case.page for case in CASES}


def test_a_page_with_faults_is_told() -> None:
    """The two comparisons above must be able to fail."""
    case = Case("", "node", "darwin", "apple-silicon", (1, 12, 1))
    page = read(
        "# TYPE node_load1 counter\nnode_load1 1\n"
        "node_made_up 1\n"
        "# TYPE node_memory_MemTotal_bytes gauge\nnode_memory_MemTotal_bytes 1\n"
        '# TYPE node_cpu_seconds_total counter\nnode_cpu_seconds_total{cpu="0",mode="iowait"} 1\n'
        '# TYPE node_disk_read_bytes_total counter\nnode_disk_read_bytes_total{disk="disk0"} 1\n'
    )
    told = "\n".join(differences(page, case))
    for part in (
        "node_load1 is a counter",
        "node_made_up is not in",
        "although never",
        "mode=iowait",
        "['disk']",
    ):
        assert part in told
    assert "node_memory_total_bytes is not on the page" in broken_promises(page, case)


@pytest.fixture(scope="module")
def live_page() -> Page:
    """The page of a real node_exporter on this machine."""
    binaries = found("prometheus-node-exporter", "node-exporter") or found("node_exporter")
    if not binaries:
        pytest.skip("no node_exporter here: run `.ci/get-prometheus` (Debian)")
    if sys.platform != "linux":
        pytest.skip("compared with the Linux side of the catalog only")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen([binaries[0], f"--web.listen-address={address}"], stderr=subprocess.DEVNULL)
    try:
        return read(fetch(f"http://{address}/metrics"))
    finally:
        process.terminate()
        process.wait(timeout=10)


def fetch(url: str) -> str:
    """The page, as soon as the exporter answers."""
    deadline = time.monotonic() + 15
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_the_page_of_a_real_node_exporter_is_in_the_catalog(live_page: Page) -> None:
    version = told_version(live_page)
    assert version
    assert not differences(live_page, Case("", "node", "linux", "generic", version))


def test_what_the_catalog_promises_is_on_the_page_of_a_real_node_exporter(live_page: Page) -> None:
    case = Case("", "node", "linux", "generic", told_version(live_page))
    assert not broken_promises(live_page, case)
