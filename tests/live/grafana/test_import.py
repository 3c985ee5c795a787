"""``monogen import`` against a server that behaves as Grafana is documented to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fake_grafana import FakeGrafana, Request, running
from monogen.cli import main

FLEET = "monogen-lab-fleet"
HOST = "monogen-lab-host"
SERVING = "monogen-lab-serving"
BOTH = pytest.mark.parametrize("version", ["12.1.0", "13.0.1"])


def board(uid: str, title: str, **more: Any) -> dict[str, Any]:
    panels = [
        {"id": 1, "type": "stat", "title": "Up", "targets": [{"refId": "A", "expr": "host:up"}]},
        {"id": 2, "type": "timeseries", "title": "Memory", "description": ""},
    ]
    return {
        "uid": uid, "title": title, "tags": ["monogen", "monogen-lab"], "schemaVersion": 42, "panels": panels,
        **more,
    }  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "dashboards").mkdir(parents=True)
    for name, uid in (("fleet", FLEET), ("host", HOST), ("serving", SERVING)):
        text = json.dumps(board(uid, f"{name.title()} (lab)"))
        (folder / "dashboards" / f"lab-{name}.json").write_text(text)
    (folder / "lab-dashboard-fleet.yaml").write_text('metadata: {annotations: {grafana_folder: "The lab"}}\n')
    return folder


@pytest.fixture
def grafana(request: pytest.FixtureRequest) -> Iterator[FakeGrafana]:
    with running(version=getattr(request, "param", "12.1.0")) as server:
        yield server


def run(grafana: FakeGrafana | str, *arguments: object, token: str = "editor", code: int = 0) -> Result:
    url = grafana if isinstance(grafana, str) else grafana.url
    call = ["import", *map(str, arguments), "--grafana", url, "--token-env", "TOKEN", "--timeout", "5"]
    result = CliRunner().invoke(main, call, env={"TOKEN": token, "NO_PROXY": "127.0.0.1"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    assert token not in result.output or token in ("editor", "viewer", "second")
    return result


def as_json(grafana: FakeGrafana, *arguments: object, code: int = 0, token: str = "editor") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(run(grafana, *arguments, "--json", code=code, token=token).stdout)
    return data


def by_uid(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["uid"]: one for one in report["dashboards"]}


@BOTH
def test_makes_the_folder_and_the_boards_and_then_changes_nothing(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        first = as_json(grafana, out)
        assert first["grafana"]["interface"] == ("/apis" if version.startswith("13") else "/api")
        assert first["folder"]["made"]
        assert first["counts"] == {"created": 3}
        assert list(grafana.first.folders.values()) == ["The lab"]
        folder = first["folder"]["uid"]
        assert {uid: record.folder for uid, record in grafana.first.boards.items()} == dict.fromkeys(
            (FLEET, HOST, SERVING), folder
        )
        before = len(grafana.writes)
        assert as_json(grafana, out)["counts"] == {"unchanged": 3}
        assert len(grafana.writes) == before
        assert {record.version for record in grafana.first.boards.values()} == {1}


@BOTH
def test_updates_only_what_differs_and_keeps_the_history(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        run(grafana, out)
        file = out / "dashboards" / "lab-host.json"
        changed = json.loads(file.read_text())
        changed["panels"][0]["targets"][0]["expr"] = "sum(host:up)"
        file.write_text(json.dumps(changed))
        output = run(grafana, out, "--diff").stdout
        assert 'panels `Up` > targets `A` > expr: "host:up" -> "sum(host:up)"' in output
        assert "3 dashboards: 1 updated, 2 unchanged" in output
        record = grafana.first.boards[HOST]
        assert (record.version, record.history) == (2, ["monogen import"] * 2)
        assert record.json["panels"] == changed["panels"]
        assert record.folder in grafana.first.folders


@BOTH
def test_a_change_by_hand_is_shown_and_put_right(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        run(grafana, out)
        grafana.edit(HOST, title="Mine now", preload=False, weekStart="monday", links=[])
        grafana.edit(FLEET, preload=False, fiscalYearStartMonth=0, links=[], iteration=17)
        report = by_uid(as_json(grafana, out, "--dry-run", "--diff"))
        assert report[HOST]["diff"] == [{"where": "title", "old": "Mine now", "new": "Host (lab)"}]
        assert report[FLEET]["action"] == "unchanged"
        assert grafana.first.boards[HOST].json["title"] == "Mine now"
        run(grafana, out)
        assert grafana.first.boards[HOST].json["title"] == "Host (lab)"


@BOTH
def test_a_dry_run_only_reads(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        output = run(grafana, out, "--dry-run").stdout
        assert "3 create, the folder would be made" in output
        assert grafana.writes == []


@BOTH
def test_somebody_elses_board_needs_force(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        grafana.put({"uid": HOST, "title": "Theirs", "tags": ["prod"]})
        report = as_json(grafana, out, code=1)
        assert report["counts"] == {"created": 2, "refused": 1}
        assert "somebody else's dashboard, `Theirs`" in by_uid(report)[HOST]["reason"]
        assert grafana.first.boards[HOST].json["title"] == "Theirs"
        assert as_json(grafana, out, "--force")["counts"] == {"unchanged": 2, "updated": 1}
        assert grafana.first.boards[HOST].json["title"] == "Host (lab)"
        assert as_json(grafana, out)["counts"] == {"unchanged": 3}


def test_a_board_of_another_fleet_is_not_overwritten(grafana: FakeGrafana, out: Path) -> None:
    grafana.put(board(HOST, "Other", tags=["monogen", "monogen-other"]))
    assert "belongs to another fleet (tag `monogen-other`)" in run(grafana, out, code=1).stdout
    assert grafana.first.boards[HOST].json["title"] == "Other"


@BOTH
def test_a_provisioned_board_is_left_even_with_force(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        grafana.put(board(HOST, "From a file"), provisioned="host.json")
        result = run(grafana, out, "--force", code=1)
        assert "it comes from" in result.stdout
        assert "change it where it comes from" in result.stdout
        assert [
            r for r in grafana.writes if HOST in json.dumps(r.body) and FLEET not in json.dumps(r.body)
        ] == []


def test_a_provisioned_board_that_is_the_same_is_fine(grafana: FakeGrafana, out: Path) -> None:
    grafana.put(board(HOST, "Host (lab)"), folder="", provisioned="host.json")
    assert as_json(grafana, out)["counts"] == {"created": 2, "unchanged": 1}


@pytest.mark.parametrize("grafana", ["13.0.1"], indirect=True)
def test_a_board_that_terraform_looks_after_needs_force(grafana: FakeGrafana, out: Path) -> None:
    grafana.put(board(HOST, "x"), manager="terraform")
    assert "`terraform` looks after it" in run(grafana, out, code=1).stdout
    grafana.first.boards[HOST].manager = "repo"
    assert "Git repository" in run(grafana, out, "--force", code=1).stdout


def test_a_plugins_board_says_so_and_force_takes_it(grafana: FakeGrafana, out: Path) -> None:
    grafana.put(board(HOST, "x"), plugin="Some App")
    output = run(grafana, out, code=1).stdout
    assert "belongs to a plugin: The dashboard belongs to plugin Some App." in output
    assert "2 created, 1 failed" in output


@BOTH
def test_prune_removes_only_what_monogen_made(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        run(grafana, out)
        grafana.put(board("monogen-lab-old", "Old"))
        grafana.put(board("x1y2", "A copy"))
        grafana.put(board("monogen-lab-file", "File"), provisioned="f.json")
        grafana.put(board("monogen-other-old", "Other", tags=["monogen", "monogen-other"]))
        grafana.put(board("monogen-lab-untagged", "Untagged", tags=["monogen-lab"]))
        assert "1 remove, 3 unchanged, 2 keep" in run(grafana, out, "--prune", "--dry-run").stdout
        report = by_uid(as_json(grafana, out, "--prune"))
        left = set(grafana.first.boards)
        assert {uid for uid, one in report.items() if one["action"] == "delete"} == {"monogen-lab-old"}
        assert left == {FLEET, HOST, SERVING, "x1y2", "monogen-lab-file", "monogen-other-old",
                        "monogen-lab-untagged"}  # fmt: skip
        assert "somebody's copy" in report["x1y2"]["reason"]
        assert "1 unchanged" not in run(grafana, out, "--prune").stdout.replace("3 unchanged", "")


def test_without_prune_nothing_is_removed(grafana: FakeGrafana, out: Path) -> None:
    grafana.put(board("monogen-lab-old", "Old"))
    run(grafana, out)
    assert "monogen-lab-old" in grafana.first.boards


def test_prune_needs_to_know_the_fleet(grafana: FakeGrafana, out: Path) -> None:
    for file in (out / "dashboards").glob("*.json"):
        file.write_text(file.read_text().replace('["monogen", "monogen-lab"]', "[]"))
    assert "nothing to prune by" in run(grafana, out, "--prune", code=2).stderr
    assert grafana.writes == []


def test_peoples_own_boards_are_known_again(grafana: FakeGrafana, out: Path) -> None:
    own = {"uid": "own-board", "title": "Mine", "tags": ["power"], "panels": []}
    (out / "dashboards" / "lab-own.json").write_text(json.dumps(own))
    run(grafana, out)
    assert grafana.first.boards["own-board"].json["tags"] == ["power", "monogen", "monogen-lab"]
    assert as_json(grafana, out)["counts"] == {"unchanged": 4}


def test_a_folder_that_is_there_is_found_by_its_title(grafana: FakeGrafana, out: Path) -> None:
    grafana.first.folders.update({f"f{number}": f"Folder {number}" for number in range(1500)})
    grafana.first.folders["theirs"] = "The lab"
    assert as_json(grafana, out)["folder"] == {"uid": "theirs", "title": "The lab", "made": False}
    assert grafana.first.boards[HOST].folder == "theirs"


def test_a_folder_that_was_renamed_is_still_the_one(grafana: FakeGrafana, out: Path) -> None:
    uid = as_json(grafana, out)["folder"]["uid"]
    grafana.first.folders[uid] = "Renamed"
    report = as_json(grafana, out)
    assert report["folder"] == {"uid": uid, "title": "Renamed", "made": False}
    assert report["counts"] == {"unchanged": 3}


def test_the_folder_may_be_said(grafana: FakeGrafana, out: Path, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("fleet: lab\ngrafana: {folder: By inventory}\nhosts: [{name: a, os: linux}]\n")
    run(grafana, out, "--inventory", hosts)
    run(grafana, out, "--folder", "Elsewhere")
    assert list(grafana.first.folders.values()) == ["By inventory", "Elsewhere"]
    assert grafana.first.boards[HOST].folder == list(grafana.first.folders)[1]
    run(grafana, out, "--folder", "General")
    assert grafana.first.boards[HOST].folder == ""
    assert run(grafana, out, "--folder", " ", code=2)


def test_the_folder_is_made_by_somebody_else_in_between(grafana: FakeGrafana, out: Path) -> None:
    def race(request: Request) -> None:
        if (request.method, request.path) == ("POST", "/api/folders"):
            grafana.first.folders["raced"] = "The lab"

    grafana.before = race
    report = as_json(grafana, out)
    assert grafana.first.boards[HOST].folder == "raced"
    assert report["counts"] == {"created": 3}


def test_a_board_that_was_moved_comes_back(grafana: FakeGrafana, out: Path) -> None:
    run(grafana, out)
    grafana.first.boards[HOST].folder = ""
    output = run(grafana, out).stdout
    assert "[monogen-lab-host], into the folder" in output
    assert grafana.first.boards[HOST].folder in grafana.first.folders


@BOTH
def test_another_organization(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        run(grafana, out, token="second")
        assert set(grafana.organizations[2].boards) == {FLEET, HOST, SERVING}
        assert grafana.first.boards == {}


@BOTH
def test_a_user_in_another_organization(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        call = ["import", str(out), "--grafana", grafana.url, "--user", "admin", "--password-env", "PASSWORD"]
        call += ["--header", "X-Grafana-Org-Id: 2"]
        environment = {"PASSWORD": "pass word", "NO_PROXY": "127.0.0.1"}
        assert CliRunner().invoke(main, call, env=environment).exit_code == 0
        assert set(grafana.organizations[2].boards) == {FLEET, HOST, SERVING}


@BOTH
def test_a_version_that_changed_in_between_is_not_overwritten(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        run(grafana, out)
        grafana.edit(HOST, title="First")

        def race(request: Request) -> None:
            if request.method in ("POST", "PUT"):
                grafana.edit(HOST, title="Second")

        grafana.before = race
        output = run(grafana, out, code=1).stdout
        assert "`monogen-lab-host` was changed" in output
        assert "run the command again" in output
        assert grafana.first.boards[HOST].json["title"] == "Second"
        grafana.before = lambda request: None
        run(grafana, out)
        assert grafana.first.boards[HOST].json["title"] == "Host (lab)"


@pytest.mark.parametrize("grafana", ["9.5.2"], indirect=True)
def test_before_11_a_board_of_the_same_title_is_not_taken_over(grafana: FakeGrafana, out: Path) -> None:
    uid = as_json(grafana, out)["folder"]["uid"]
    del grafana.first.boards[HOST]
    grafana.put({"uid": "theirs", "title": "Host (lab)"}, folder=uid)
    output = run(grafana, out, "--force", code=1).stdout
    assert "already has another dashboard with the title" in output
    assert "theirs" in grafana.first.boards


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"message": "Dashboard refresh interval is too low"}, "refresh interval is too low"),
        (403, {"message": "Permissions needed: dashboards:create"}, "the role Editor"),
        (413, b"<html><title>413</title></html>", "client_max_body_size"),
        (422, {"message": "alert validation"}, "alert validation"),
        (409, {"message": "conflict"}, "by somebody else in the meantime"),
        (412, {"status": "odd"}, "as things stand"),
    ],
)
def test_a_refusal_of_one_board_does_not_stop_the_others(
    grafana: FakeGrafana, out: Path, status: int, body: Any, said: str
) -> None:
    def refuse(request: Request) -> None:
        grafana.faults.clear()
        if FLEET in json.dumps(request.body):
            grafana.fail("POST", "/api/dashboards/db", status, body)

    grafana.before = refuse
    report = as_json(grafana, out, code=1)
    failed = by_uid(report)[FLEET]
    assert report["counts"] == {"created": 2, "failed": 1}
    assert said in failed["reason"] + failed["hint"]
    assert FLEET in failed["reason"]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"message": "Token revoked"}, "does not know these credentials: Token revoked"),
        (500, {"message": "Failed to save dashboard"}, "failed at dashboard `monogen-lab-host` (500)"),
        (503, b"<html>nginx</html>", "failed at dashboard `monogen-lab-host` (503)"),
    ],
)
def test_trouble_half_way_says_what_was_done(
    grafana: FakeGrafana, out: Path, status: int, body: Any, said: str
) -> None:
    def trouble(request: Request) -> None:
        if request.method == "POST" and HOST in json.dumps(request.body):
            grafana.fail("POST", "/api/dashboards/db", status, body)

    grafana.before = trouble
    output = run(grafana, out, code=1).stdout
    assert "1 created, 1 failed, 1 not tried" in output
    assert said in output
    assert "run it again" in output
    grafana.before, grafana.faults = (lambda request: None), []
    assert as_json(grafana, out)["counts"] == {"created": 2, "unchanged": 1}


@BOTH
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_a_server_that_dies_half_way(version: str, out: Path, after: bool, writes: int) -> None:
    """Before or after it did what was asked: the second run completes it either way."""
    with running(version=version) as grafana:
        grafana.die_at = (writes, after)
        output = run(grafana, out, code=1).stdout
        assert "the import stopped" in output
        grafana.die_at = None
        counts = as_json(grafana, out)["counts"]
        assert sum(counts.values()) == 3
        assert counts.get("unchanged", 0) == max(0, writes - 2 + after)
        assert set(grafana.first.boards) == {FLEET, HOST, SERVING}
        assert len(grafana.first.folders) == 1
        assert {record.version for record in grafana.first.boards.values()} == {1}


@BOTH
def test_an_update_whose_answer_gets_lost(version: str, out: Path) -> None:
    with running(version=version) as grafana:
        run(grafana, out)
        grafana.edit(HOST, title="By hand")
        grafana.die_at = (5, True)
        before = len(grafana.writes)
        assert "the connection broke" in run(grafana, out, code=1).stdout
        assert len(grafana.writes) == before + 1
        grafana.die_at = None
        assert as_json(grafana, out)["counts"] == {"unchanged": 3}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_half_way_and_run_again(grafana: FakeGrafana, out: Path, number: signal.Signals) -> None:
    def slow(request: Request) -> None:
        if request.method == "POST" and "dashboards" in request.path:
            time.sleep(0.5)

    grafana.before = slow
    call = [sys.executable, "-m", "monogen", "import", out, "--grafana", grafana.url, "--token-env", "TOKEN"]
    with subprocess.Popen(
        list(map(str, call)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TOKEN": "editor", "NO_PROXY": "127.0.0.1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if "created" in line:
                break
        process.send_signal(number)
        rest = process.stdout.read()
    assert process.returncode == (1 if number is signal.SIGINT else -number)
    if number is signal.SIGINT:
        assert "stopped by you" in rest
        assert "not tried" in rest
    grafana.before = lambda request: None
    counts = as_json(grafana, out)["counts"]
    assert counts["unchanged"] >= 1
    assert sum(counts.values()) == 3
    assert as_json(grafana, out)["counts"] == {"unchanged": 3}
    assert {record.version for record in grafana.first.boards.values()} == {1}


@pytest.mark.parametrize(
    ("token", "said"),
    [("wrong", "does not know these credentials"), ("viewer", "may not change folder `The lab`")],
)
def test_bad_credentials(grafana: FakeGrafana, out: Path, token: str, said: str) -> None:
    assert said in run(grafana, out, token=token, code=1).output
    assert grafana.first.boards == {}


def test_refused_credentials_are_named(grafana: FakeGrafana, out: Path) -> None:
    output = run(grafana, out, token="no-such-token", code=1).output
    assert "the token of --token-env TOKEN was refused" in output
    assert "Service accounts" in output


def test_a_token_that_may_not_look_at_the_organization(grafana: FakeGrafana, out: Path) -> None:
    grafana.version = "13.0.1"
    grafana.fail("GET", "/api/org", 403, {"message": "orgs:read"})
    assert as_json(grafana, out)["grafana"]["interface"] == "/api"


def test_a_hidden_version_means_the_old_interface(grafana: FakeGrafana, out: Path) -> None:
    true_answer = grafana.answer
    grafana.answer = lambda request: (  # type: ignore[method-assign]
        (200, {"database": "ok"}) if request.path == "/api/health" else true_answer(request)
    )
    assert as_json(grafana, out)["grafana"] == {"url": grafana.url, "version": "", "interface": "/api"}


@pytest.mark.parametrize("grafana", ["13.0.1"], indirect=True)
def test_the_old_interface_may_be_asked_for(grafana: FakeGrafana, out: Path) -> None:
    assert as_json(grafana, out, "--api", "classic")["grafana"]["interface"] == "/api"


def test_the_new_interface_where_there_is_none(grafana: FakeGrafana, out: Path) -> None:
    assert "has no new interface" in run(grafana, out, "--api", "apis", code=1).stderr


@pytest.mark.parametrize("grafana", ["13.0.1"], indirect=True)
def test_falls_back_where_the_new_interface_is_switched_off(grafana: FakeGrafana, out: Path) -> None:
    grafana.fail("GET", "/apis/", 404, {"message": "Not found"})
    assert as_json(grafana, out)["grafana"]["interface"] == "/api"
    assert set(grafana.first.boards) == {FLEET, HOST, SERVING}


def test_a_sub_path_and_its_lack(out: Path) -> None:
    with running(sub_path="/grafana") as grafana:
        bare = grafana.url.removesuffix("/grafana")
        assert "404" in run(bare, out, code=1).stderr
        run(grafana.url + "/", out)
        assert set(grafana.first.boards) == {FLEET, HOST, SERVING}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<!doctype html><title>Sign in</title>", "a web page (`Sign in`) came instead of JSON"),
        (302, b"/login", "sends to a login page"),
        (200, {"status": "ok"}, "does not look like a Grafana"),
        (200, [1], "does not look like a Grafana"),
        (502, b"<html>bad gateway</html>", "502 Bad Gateway"),
    ],
)
def test_the_wrong_address(grafana: FakeGrafana, out: Path, status: int, body: Any, said: str) -> None:
    grafana.answer = lambda request: (status, body)  # type: ignore[method-assign]
    result = run(grafana, out, code=1)
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize("answer", [[], {}, {"dashboard": 1, "meta": {}}, "x", None])
def test_a_server_that_lies(grafana: FakeGrafana, out: Path, answer: Any) -> None:
    grafana.put(board(HOST, "x"))
    true_answer = grafana.answer
    grafana.answer = lambda request: (  # type: ignore[method-assign]
        (200, answer) if "/dashboards/uid/" in request.path else true_answer(request)
    )
    assert "no dashboard of Grafana" in run(grafana, out, code=1).stderr


def test_control_characters_of_a_server_are_not_printed(grafana: FakeGrafana, out: Path) -> None:
    grafana.put({"uid": HOST, "title": "\x1b[2Jgone", "tags": []})
    grafana.fail("POST", "/api/dashboards/db", 400, {"message": "\x1b[31mred\u202e"})
    assert not {"\x1b", "\u202e"} & set(run(grafana, out, code=1).output)


def test_what_is_no_board_is_told_at_once(grafana: FakeGrafana, tmp_path: Path, out: Path) -> None:
    boards = out / "dashboards"
    (boards / "a.json").write_text("{")
    (boards / "b.json").write_text('{"title": "x", "uid": "with space"}')
    (boards / "c.json").write_text("[]")
    assert run(grafana, boards / "a.json", boards / "b.json", boards / "c.json", tmp_path / "none", code=2)
    stderr = run(grafana, boards / "a.json", boards / "b.json", boards / "c.json", code=2).stderr
    for part in (
        "a.json: the file is not JSON",
        "b.json: the dashboard has no uid",
        "c.json: this is no dashboard",
    ):
        assert part in stderr
    assert "3 problems" in stderr
    assert "in " in run(grafana, boards / "lab-host.json", boards / "lab-host.json", code=2).stderr
    assert grafana.requests == []


@BOTH
def test_what_the_project_itself_builds(version: str, tmp_path: Path) -> None:
    fleet = Path(__file__).parents[3] / "hosts" / "fleet.yaml"
    for target in ("operator", "prometheus"):
        folder = tmp_path / target
        result = CliRunner().invoke(main, ["build", str(fleet), "-o", str(folder), "--target", target])
        assert result.exit_code == 0, result.output
    with running(version=version) as grafana:
        first = as_json(grafana, tmp_path / "operator")
        assert set(first["counts"]) == {"created"}
        assert first["folder"]["title"] == "monogen"
        second = as_json(grafana, tmp_path / "prometheus")
        assert set(second["counts"]) == {"unchanged"}
        assert second["folder"]["uid"] == first["folder"]["uid"]
