"""Verify just after a start or a reload: what has not happened yet is told as that, and as nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from checked_world import Checked, findings, messages, run
from engine import Prometheus
from monogen.build import build
from monogen.output.writing import write
from spoiling_proxy import Reply, in_front

pytestmark = pytest.mark.prometheus

NEVER = "0001-01-01T00:00:00Z"


def real(_: str, __: Mapping[str, str]) -> None:
    return None


def edited(part: str, change: Any) -> Any:
    """An answer of one part of the API, changed on its way."""

    def edit(path: str, content: bytes) -> bytes:
        if not path.startswith(f"/api/v1/{part}"):
            return content
        body = json.loads(content)
        change(body["data"])
        return json.dumps(body).encode()

    return edit


def test_a_server_that_was_just_started(checked: Checked, prometheus_binary: Path, tmp_path: Path) -> None:
    """A real one with intervals of a minute: nothing but the first scrapes can have happened."""
    inventory = tmp_path / "hosts.yaml"
    text = checked.inventory.read_text("utf-8")
    slow = "scrape_interval: 1m, scrape_timeout: 2s, evaluation_interval: 1m"
    inventory.write_text(
        text.replace("scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s", slow), "utf-8"
    )
    (tmp_path / "own.yml").write_text((checked.inventory.parent / "own.yml").read_text())
    built = build(inventory, "prometheus")
    write(built.artifacts, tmp_path / "out", built.fleet.name)
    with Prometheus(prometheus_binary, tmp_path / "out" / "prometheus.yml", tmp_path / "data", []) as server:
        code, out, _ = run([str(inventory), "--prometheus", server.url])
        in_json = run([str(inventory), "--prometheus", server.url, "--json"])
    report = json.loads(in_json[1])
    assert code == in_json[0] == 1
    assert ": too early: " in out.splitlines()[0] and "all is well" not in out
    assert "things are wrong" not in out and "thing is wrong" not in out, messages(report)
    assert not report["ok"] and report["too_early"] and report["wrong"] == 0, messages(report)
    assert findings(report, "rules", "waiting")


def test_targets_that_were_not_scraped_yet(checked: Checked) -> None:
    def unscraped(data: dict[str, Any]) -> None:
        for target in data["activeTargets"]:
            target |= {"health": "unknown", "lastScrape": NEVER, "lastError": ""}

    with in_front(checked.server.url, real, edit=edited("targets", unscraped)) as proxy:
        code, report = checked.verify(proxy.url)
        arguments = [str(checked.inventory), "--prometheus", proxy.url]
        first = run(arguments)[1].splitlines()[0]
        of_nas = run([*arguments, "--host", "nas"])
    assert code == 1 and not report["ok"]
    assert report["too_early"] == "7 of 7 targets have not been scraped yet"
    assert first.endswith("3 hosts: too early: 7 of 7 targets have not been scraped yet")
    assert of_nas[0] == 1
    assert of_nas[1].splitlines()[0].endswith("host nas: too early: 1 of 1 target has not been scraped yet")


def test_targets_that_discovery_has_not_found_yet(checked: Checked) -> None:
    """The server collects its targets every five seconds."""
    loaded = datetime.now(UTC).isoformat().replace("+00:00", "Z")

    def edit(path: str, content: bytes) -> bytes:
        content = edited("targets", lambda data: data["activeTargets"].clear())(path, content)
        return edited("status/runtimeinfo", lambda data: data.update(lastConfigTime=loaded))(path, content)

    def no_up(path: str, asked: str) -> Reply | None:
        if "query=up{" not in asked or " offset " in asked:
            return None
        body = {"status": "success", "data": {"resultType": "vector", "result": []}}
        return 200, "application/json", json.dumps(body).encode()

    with in_front(checked.server.url, real, edit=edit, on_question=no_up) as proxy:
        code, report = checked.verify(proxy.url)
    assert code == 1
    assert not findings(report, "targets", "missing"), messages(report)
    assert len(findings(report, "targets", "waiting")) == 7


def test_a_group_that_was_never_evaluated_explains_what_is_empty(checked: Checked) -> None:
    """As a group of a minute is, a few seconds after it was added."""
    file = next((checked.output / "rules").glob("checked-inventory*.yml")).name

    def later(text: str) -> str:
        return text.replace("interval: 1s", "interval: 10m")

    with checked.changed(f"rules/{file}", lambda _: ""):
        checked.verify_until(lambda _, r: bool(findings(r, "rules", "missing")))
    with checked.changed(f"rules/{file}", later):
        code, report = checked.verify()
        waiting = findings(report, "rules", "waiting")
        rules = next(one for one in report["checked"] if one["part"] == "rules")
    assert code == 1 and "not been evaluated yet" in report["too_early"]
    assert [one["gap"] for one in waiting] == [False]
    assert waiting[0]["message"] == "a group of rules waits for its first evaluation, at most 600 s"
    assert rules["fine"] < rules["all"]
    assert not [one for one in report["empty"] if one["gap"]], messages(report)


def test_a_reload_is_no_reason_for_alarm(checked: Checked) -> None:
    """Rules that begin anew read each other in several rounds."""
    with checked.changed("rules/checked-host.yml", lambda _: ""):
        checked.verify_until(lambda _, r: any(one["gap"] for one in r["empty"]))
    _, report = checked.verify()
    gaps = [one for one in report["empty"] if one["gap"]]
    assert not gaps, messages(report)


def test_a_group_that_should_have_been_evaluated_long_ago(checked: Checked) -> None:
    def never(data: dict[str, Any]) -> None:
        for group in data["groups"]:
            for rule in group["rules"]:
                if group["name"] == "monogen-checked-memory":
                    rule |= {"health": "unknown", "lastEvaluation": NEVER}

    def edit(path: str, content: bytes) -> bytes:
        content = edited("rules", never)(path, content)
        old = "2026-01-01T00:00:00Z"
        return edited("status/runtimeinfo", lambda data: data.update(lastConfigTime=old))(path, content)

    with in_front(checked.server.url, real, edit=edit) as proxy:
        code, report = checked.verify(proxy.url)
    assert code == 1 and report["too_early"] == ""
    (stuck,) = findings(report, "rules", "stuck")
    assert stuck["what"] == "monogen-checked-memory" and "was never evaluated" in stuck["message"]


def test_a_series_that_has_just_begun_is_no_gap_of_an_old_host(checked: Checked) -> None:
    """The server says: hosts scraped for long, recorded series only now, and one answer is not there yet."""

    def hidden(path: str, _: Mapping[str, str]) -> Reply | None:
        return (404, "text/plain", b"") if path.startswith("/api/v1/status/runtimeinfo") else None

    def answer(hosts: list[str]) -> Reply:
        result = [{"metric": {"instance": host}, "value": [1, "1"]} for host in hosts]
        body = {"status": "success", "data": {"resultType": "vector", "result": result}}
        return 200, "application/json", json.dumps(body).encode()

    def young(_: str, asked: str) -> Reply | None:
        if " offset " in asked and "up{" in asked:
            return answer(["spark", "mac", "nas"])
        begun = " offset " in asked and "__name__=~" in asked
        return answer([]) if begun or "/ 86400" in asked else None

    with in_front(checked.server.url, hidden, on_question=young) as proxy:
        _, report = checked.verify(proxy.url)
    late = [one for one in report["empty"] if one["name"] == "Uptime"]
    assert {one["reason"] for one in late} == {"young"}, messages(report)
    assert late and "only just begun" in late[0]["message"] and not late[0]["gap"]
