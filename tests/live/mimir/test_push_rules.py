"""`monogen push-rules` against a server that follows the documented API of Mimir's ruler."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from click.testing import CliRunner, Result
from engine import Prometheus
from fake_ruler import Mimir, Served, duration
from monogen.cli import main
from monogen.live.mimir.comparing import alike, normal

HOSTS = "fleet: lab\nhosts:\n  - {name: a, hardware: gb10, memory: 128GB, reserved: 12GiB}\n"
NAMESPACE = "monogen-lab"


@pytest.fixture
def mimir() -> Mimir:
    return Mimir()


@pytest.fixture
def url(mimir: Mimir) -> Iterator[str]:
    with Served(mimir) as served:
        yield served.url


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.yaml"
    file.write_text(HOSTS)
    return file


def push(hosts: Path, url: str, *options: str, tenant: str = "team") -> Result:
    given = ["--tenant", tenant] if tenant else []
    return CliRunner().invoke(main, ["push-rules", str(hosts), "--mimir", url, *given, *options])


def writes(mimir: Mimir) -> list[str]:
    return [request for request in mimir.requests if not request.startswith("GET")]


def test_what_is_stored_is_what_is_built(hosts: Path, url: str, mimir: Mimir, tmp_path: Path) -> None:
    done = push(hosts, url)
    assert done.exit_code == 0, done.output
    built = tmp_path / "out"
    CliRunner().invoke(main, ["build", str(hosts), "--target", "mimir", "-o", str(built), "-q"])
    file = yaml.safe_load((built / "rules" / "lab.yaml").read_text())
    assert file["namespace"] == NAMESPACE
    stored = mimir.stored["team"][NAMESPACE]
    assert list(stored) == [group["name"] for group in file["groups"]]
    assert all(alike(group, stored[group["name"]]) for group in file["groups"])
    assert f"{len(stored)} of {len(stored)} changes done" in done.output


def test_again_nothing_is_touched(hosts: Path, url: str, mimir: Mimir) -> None:
    push(hosts, url)
    before = len(writes(mimir))
    done = push(hosts, url)
    assert done.exit_code == 0
    assert "nothing to do" in done.output
    assert len(writes(mimir)) == before


def test_a_change_touches_its_group_only(hosts: Path, url: str, mimir: Mimir) -> None:
    push(hosts, url)
    before = len(writes(mimir))
    hosts.write_text(HOSTS.replace("12GiB", "10GiB"))
    done = push(hosts, url, "--diff")
    assert writes(mimir)[before:] == [f"POST /prometheus/config/v1/rules/{NAMESPACE}"]
    assert "updated monogen-lab-inventory" in done.output
    assert "-- expr: vector(12884901888)" in done.output
    assert "+- expr: vector(10737418240)" in done.output


def test_what_is_built_no_more_is_removed_and_nothing_else(hosts: Path, url: str, mimir: Mimir) -> None:
    rule = {"record": "a:b", "expr": "vector(1)"}
    for name in ("monogen-lab-old", "somebody-elses"):
        mimir.groups("team", NAMESPACE)[name] = {"name": name, "rules": [rule]}
    mimir.groups("team", "other")["monogen-lab-x"] = {"name": "monogen-lab-x", "rules": [rule]}
    mimir.groups("rival", NAMESPACE)["monogen-lab-x"] = {"name": "monogen-lab-x", "rules": [rule]}
    done = push(hosts, url)
    assert "removed monogen-lab-old" in done.output
    assert "left alone: somebody-elses" in done.output
    assert "monogen-lab-old" not in mimir.stored["team"][NAMESPACE]
    assert "somebody-elses" in mimir.stored["team"][NAMESPACE]
    assert list(mimir.stored["team"]["other"]) == list(mimir.stored["rival"][NAMESPACE]) == ["monogen-lab-x"]
    kinds = [request.split()[0] for request in writes(mimir)]
    assert kinds == sorted(kinds, reverse=True), "removed before all was stored"


@pytest.mark.parametrize("empty_is_404", [False, True])
def test_an_empty_namespace(hosts: Path, url: str, mimir: Mimir, empty_is_404: bool) -> None:
    mimir.empty_is_404 = empty_is_404
    assert push(hosts, url).exit_code == 0


def test_a_dry_run_writes_nothing(hosts: Path, url: str, mimir: Mimir) -> None:
    done = push(hosts, url, "--dry-run", "--json")
    assert done.exit_code == 0
    assert writes(mimir) == []
    groups = json.loads(done.stdout)["groups"]
    assert {group["action"] for group in groups} == {"create"}
    assert {group["state"] for group in groups} == {"to do"}
    assert "would create monogen-lab-spine" in push(hosts, url, "--dry-run").output


def test_a_failure_half_way_and_again(hosts: Path, url: str, mimir: Mimir) -> None:
    mimir.fail_after = 3
    done = push(hosts, url, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert [group["state"] for group in told["groups"]][:5] == ["done"] * 3 + ["failed", "not tried"]
    assert "the bucket is away" in told["stopped"]
    mimir.fail_after = None
    again = push(hosts, url, "--json")
    assert again.exit_code == 0
    actions = [group["action"] for group in json.loads(again.stdout)["groups"]]
    assert actions[:4] == ["keep", "keep", "keep", "create"]


def test_a_group_that_is_refused_does_not_stop_the_others(hosts: Path, url: str, mimir: Mimir) -> None:
    mimir.refuse = "-spine"
    done = push(hosts, url)
    assert done.exit_code == 1
    assert "not created: monogen-lab-spine" in done.output
    assert "could not parse expression" in done.output
    assert "monogen-lab-state" in mimir.stored["team"][NAMESPACE]
    assert "run it again" in done.output


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"most_rules": 10}, "ruler_max_rules_per_rule_group"),
        ({"most_groups": 3}, "ruler_max_rule_groups_per_tenant"),
        ({"protected": frozenset([NAMESPACE])}, "ruler_protected_namespaces"),
    ],
)
def test_limits_are_explained(hosts: Path, url: str, mimir: Mimir, settings: dict, said: str) -> None:
    for name, value in settings.items():
        setattr(mimir, name, value)
    done = push(hosts, url)
    assert done.exit_code == 1
    assert said in done.output


def test_no_tenant_and_wrong_prefix(hosts: Path, url: str, mimir: Mimir) -> None:
    done = push(hosts, url, tenant="")
    assert done.exit_code == 1
    assert "--tenant" in done.output
    done = push(hosts, url.removesuffix("/prometheus"))
    assert done.exit_code == 1
    assert "Mimir's prefix" in done.output
    mimir.multitenant = False
    assert push(hosts, url, tenant="").exit_code == 0
    assert list(mimir.stored["anonymous"]) == [NAMESPACE]


@pytest.mark.prometheus
def test_a_prometheus_is_no_ruler(hosts: Path, tmp_path: Path, prometheus_binary: Path) -> None:
    (tmp_path / "prometheus.yml").write_text("global: {}\n")
    with Prometheus(prometheus_binary, tmp_path / "prometheus.yml", tmp_path / "data") as server:
        done = push(hosts, server.url)
    assert done.exit_code == 1
    assert "this is a Prometheus, it has no ruler API" in done.output
    assert "`rule_files`" in done.output


@pytest.mark.parametrize(("tenant", "code"), [("a/b", 2), ("x" * 151, 2), ("..", 2), ("team-1", 0)])
def test_names_of_tenants(hosts: Path, url: str, tenant: str, code: int) -> None:
    assert push(hosts, url, tenant=tenant).exit_code == code


def test_the_tenant_is_given_once(hosts: Path, url: str) -> None:
    done = push(hosts, url, "--header", "x-scope-orgid: b")
    assert done.exit_code == 2
    assert "also given as --header" in done.output


def test_a_server_that_is_no_ruler(
    hosts: Path, url: str, mimir: Mimir, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fake_ruler  # noqa: PLC0415

    bomb = "a: &a [x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{f'*{chr(97 + i)},' * 9}]\n" for i in range(9)
    )
    for text in (
        "[1, 2]",
        f"{NAMESPACE}: 7",
        f"{NAMESPACE}: [{{rules: []}}]",
        "{",
        bomb + f"{NAMESPACE}: *j\n",
    ):
        monkeypatch.setattr(
            fake_ruler.Handler, "_get", lambda self, *_, text=text: self._send(200, "text/yaml", text)
        )
        done = push(hosts, url)
        assert done.exit_code == 1, text
        assert "no list of rule groups" in done.output
    assert writes(mimir) == []


def test_groups_are_alike_in_other_words() -> None:
    built = {
        "name": "a",
        "interval": "60s",
        "rules": [{"alert": "B", "expr": "up", "for": "90s", "labels": {"x": "1"}}],
    }
    stored = {"name": "a", "interval": "1m", "query_offset": "0s", "rules": [
        {"alert": "B", "expr": "up", "for": "1m30s", "labels": {"x": 1}, "annotations": {}}]}  # fmt: skip
    assert alike(built, stored)
    assert not alike(built, {**stored, "interval": "2m"})
    assert not alike(built, {**stored, "rules": stored["rules"] * 2})
    assert not alike(built, {**stored, "rules": [{**stored["rules"][0], "expr": "down"}]})
    assert normal(built)["interval"] == 60


def test_the_served_durations_are_gos() -> None:
    assert [duration(text) for text in ("60s", "90s", "24h", "36h", "500ms", "7d", "0s")] == [
        "1m", "1m30s", "1d", "36h", "500ms", "1w", "0s",
    ]  # fmt: skip
