"""The abstract reading against real Prometheus servers: what the linter claims has to be so."""

from __future__ import annotations

from collections import Counter

import pytest
from attribution import FOLLOWS
from judgement import Judgement, shortest, smallest
from monogen.lint.world import World
from truth_worlds import Worlds, rule_groups

pytestmark = pytest.mark.prometheus

LEAST_PAIRS = 5000
LEAST_RECALL = 0.98
LEAST_OF_EACH = 100
"""Pairs that are empty for each of the three reasons, and pairs of each answer."""


def test_nothing_is_claimed_empty_that_has_data(judgement: Judgement, running_worlds: Worlds) -> None:
    reader = World(running_worlds.built.fleet, rule_groups(running_worlds.built))
    violations = [smallest(pair, running_worlds, reader) for pair in judgement.violations]
    assert not violations, "claimed empty, and there is data:\n" + shortest(violations)


def test_nearly_all_emptiness_that_follows_is_claimed(judgement: Judgement) -> None:
    assert judgement.recall >= LEAST_RECALL, "not claimed:\n" + shortest(judgement.missed)


def test_there_are_enough_pairs_and_enough_of_each(judgement: Judgement) -> None:
    """Otherwise the two above would say nothing."""
    assert len(judgement.judged) >= LEAST_PAIRS
    causes = Counter(pair.cause.kind for pair in judgement.following if pair.cause)
    assert all(causes[kind] >= LEAST_OF_EACH for kind in FOLLOWS), causes
    sources = Counter(pair.question.kind for pair in judgement.judged)
    assert all(sources[kind] >= LEAST_OF_EACH for kind in ("own", "public", "generated")), sources
    claims = Counter((pair.claim, pair.reality) for pair in judgement.judged)
    for told, real in (("data", "data"), ("conditional", "data"), ("empty", "empty"), ("unknown", "empty")):
        assert claims[told, real] >= LEAST_OF_EACH, claims
    refused = len(judgement.pairs) - len(judgement.judged)
    assert refused < len(judgement.pairs) / 20


def test_every_host_is_there_and_scraped(running_worlds: Worlds) -> None:
    for host in running_worlds.built.fleet.hosts:
        world = running_worlds.hosts[host.name]
        assert len(world.targets) == len(host.exporters), host.name
        assert not world.ask("up == 0").series, host.name
        assert {target["instance"] for target in world.targets} == {host.name}
        assert world.ask("rate(node_cpu_seconds_total[4s])").series, host.name


def test_what_the_server_reads_is_read(judgement: Judgement) -> None:
    assert not judgement.unread


def test_few_claims_of_data_fail(judgement: Judgement) -> None:
    """A label's text, or a join on texts that nobody knows, may be otherwise; more than that is a mistake."""
    wrong = [pair for pair in judgement.judged if pair.claim == "data" and pair.reality == "empty"]
    claimed = [pair for pair in judgement.judged if pair.claim == "data"]
    assert len(wrong) <= len(claimed) / 50, shortest(wrong)
