"""Simulated pages against the hand-written and real ones, and against what the catalog promises.

A simulated host has the series of a host of that kind: what is certain is on both pages, with the same
labels, and nothing is there that such a host never has.
"""

from __future__ import annotations

import math
import re

import pytest
from exposition import read
from monogen.catalog import exporter
from monogen.catalog.model import at
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.live.simulate import Simulation
from monogen.live.simulate.bodies import _all_hardware
from monogen.live.simulate.manners import FOLDER, manner
from page_cases import CASES, PAGES, Case, told_version
from simulated import values


def simulated(case: Case, version: tuple[int, ...] | None) -> str:
    one = Exporter(case.kind, "example:1", version=version, collectors=case.collectors)
    host = Host("box", "box.lan", case.os, case.hardware, (one,))
    return Simulation(Fleet("test", (host,))).page("box", case.kind)


@pytest.fixture(params=CASES, ids=lambda case: case.page)
def pair(request: pytest.FixtureRequest) -> tuple[Case, str, str]:
    """A case with the version its page has, that page, and the simulated one."""
    case: Case = request.param
    real = (PAGES / case.page).read_text("utf-8")
    version = told_version(read(real)) or case.version
    return case._replace(version=version), real, simulated(case, version)


def certain(case: Case) -> dict[str, str]:
    """What the catalog promises, with its type."""
    return {
        metric.name: metric.type
        for metric in exporter(case.kind).metrics.values()
        if metric.presence_on(case.os, case.hardware, case.version, case.collectors).certain
    }


def test_what_is_promised_is_on_both_with_the_same_labels(pair: tuple[Case, str, str]) -> None:
    case, real, page = pair
    expected, found = read(real), read(page)
    catalog = exporter(case.kind)
    wrong = {}
    for name in certain(case):
        for sample in catalog.metrics[name].sample_names():
            # Labels that some samples of a real page have and others lack are none of its promise.
            names = catalog.metrics[name].label_names(case.os, case.hardware, case.version)
            there = {frozenset(labels) & names.certain for labels in expected.labels.get(sample, ())}
            all_here = {frozenset(labels) - {"le", "quantile"} for labels in found.labels.get(sample, ())}
            here = {labels & names.certain for labels in all_here}
            if here != there or not here or not all(labels <= names.possible for labels in all_here):
                wrong[sample] = (here, there)
    assert wrong == {}, "simulated, and on the page"


def test_nothing_is_there_that_such_a_host_never_has(pair: tuple[Case, str, str]) -> None:
    case, _, page = pair
    catalog = exporter(case.kind)
    found = read(page)
    for name, series in found.labels.items():
        metric = catalog.by_sample_name(name)
        assert metric is not None, name
        flags = {**manner(case.kind).collectors, **case.collectors}
        presence = metric.presence_on(case.os, case.hardware, case.version, flags)
        assert presence.possible, (name, presence.why)
        assert found.types[metric.name] == metric.type
        closed = metric.label_values(case.os, case.hardware)
        for labels in series:
            for label in closed.keys() & labels.keys():
                assert labels[label] in closed[label], (name, label)


def test_types_are_those_of_the_page(pair: tuple[Case, str, str]) -> None:
    _, real, page = pair
    there, here = read(real).types, read(page).types
    assert {name: kind for name, kind in here.items() if there.get(name, kind) != kind} == {}


def test_buckets_are_those_of_the_page(pair: tuple[Case, str, str]) -> None:
    _, real, page = pair
    there, here = read(real), read(page)
    for name, kind in here.types.items():
        if kind == "histogram" and name in there.types:
            edges = [
                {float(labels["le"]) for labels in found.labels[f"{name}_bucket"]} for found in (here, there)
            ]
            assert edges[0] == edges[1], name


def test_what_is_simulated_though_optional_is_on_the_page_too(pair: tuple[Case, str, str]) -> None:
    """A plausible default is one that somebody has: the pages of that kind, taken together."""
    case, _, page = pair
    seen: set[str] = set()
    for other in CASES:
        if other.kind == case.kind and other.os == case.os:
            seen |= set(read((PAGES / other.page).read_text("utf-8")).types)
    assert set(read(page).types) - seen <= set(certain(case))


def test_numbers_are_numbers_and_every_line_is_read(pair: tuple[Case, str, str]) -> None:
    _, _, page = pair
    assert all(math.isfinite(value) for value in values(page).values())
    assert len(values(page)) == sum(not line.startswith("#") for line in page.splitlines())


def test_every_family_has_its_help_and_type_before_it(pair: tuple[Case, str, str]) -> None:
    case, _, page = pair
    current = ""
    for line in page.splitlines():
        if line.startswith("# HELP "):
            helped = line.split()[2]
        elif line.startswith("# TYPE "):
            current = line.split()[2]
            assert helped == current
        else:
            metric = exporter(case.kind).by_sample_name(re.split(r"[{ ]", line)[0])
            assert metric is not None and metric.name == current


def test_every_value_and_label_that_a_manner_names_is_in_the_catalog() -> None:
    """A metric that is renamed in the catalog must not be forgotten here."""
    for path in FOLDER.glob("*.yaml"):
        catalog = exporter(path.stem)
        stated = set(manner(path.stem).values)
        assert stated <= set(catalog.metrics), path.stem
        labels = {
            label.name
            for metric in catalog.metrics.values()
            for places in metric.labels.values()
            for label in places
        }  # fmt: skip
        assert set(manner(path.stem).labels) <= labels, path.stem


def test_every_quantity_that_a_page_shows_is_one_that_moves_or_stands() -> None:
    """A misspelt quantity would be 0 for ever."""
    missing = set()
    for case in CASES:
        one = Exporter(case.kind, "example:1", version=case.version, collectors=case.collectors)
        simulation = Simulation(Fleet("test", (Host("box", "box", case.os, case.hardware, (one,)),)))
        page = simulation.page("box", case.kind)
        assert page
        machine = simulation._machines["box"]
        view = machine.view(1.0)
        for families in simulation._layouts.values():
            for family in families:
                for series in family.series:
                    if not isinstance(series.shows, str):
                        continue
                    known = (
                        (series.scope, series.shows) in view.distributions
                        if family.type == "histogram"
                        else series.shows in view.scopes.get(series.scope, {})
                        or series.shows in view.scopes["host"]
                    )
                    if not known:
                        missing.add((case.kind, family.name, series.shows))
    assert missing == EVENTS_THAT_NEVER_HAPPEN


EVENTS_THAT_NEVER_HAPPEN = {
    ("vllm", "vllm:engine_sleep_state", "weights_offloaded"),
    ("vllm", "vllm:engine_sleep_state", "discard_all"),
    ("vllm", "vllm:num_requests_waiting_by_reason", "waiting_by_deferred"),
    ("vllm", "vllm:prompt_tokens_by_source_total", "prompt_external_kv_transfer"),
    ("vllm", "vllm:prompt_tokens_cached_by_source_total", "cached_host"),
    ("vllm", "vllm:prompt_tokens_cached_by_source_total", "cached_p2p"),
    ("ollama-exporter", "ollama_exporter_scrapes_total", "polls_error"),
}


def test_hardware_is_known_for_every_place_of_the_catalog() -> None:
    for os, hardware in [("linux", "gb10"), ("linux", "nvidia"), ("darwin", "apple-silicon"),
                         ("linux", "generic"), ("darwin", "generic")]:  # fmt: skip
        assert at(_all_hardware(), os, hardware) is not None
