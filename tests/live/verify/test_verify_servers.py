"""Servers that lack parts of the API, want credentials, are wrong, slow, or do not tell the whole truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from checked_world import Checked, findings, run
from engine import free_port
from spoiling_proxy import Reply, in_front, slow

INVENTORY = "fleet: small\nhosts:\n  - {name: nas, os: linux}\n"


@pytest.fixture
def hosts(tmp_path: Path) -> str:
    file = tmp_path / "hosts.yaml"
    file.write_text(INVENTORY)
    return str(file)


def nothing(_: str, __: Mapping[str, str]) -> None:
    return None


def always(status: int, body: str, kind: str = "application/json"):  # type: ignore[no-untyped-def]
    return lambda _path, _headers: (status, kind, body.encode())


def failed(hosts: str, spoil, *options: str) -> str:  # type: ignore[no-untyped-def]
    """What is said on stderr where the server cannot be used; exit code 1."""
    with in_front("", spoil) as proxy:
        code, out, err = run([hosts, "--prometheus", proxy.url, *options])
    assert code == 1 and out == ""
    assert "Traceback" not in err
    return err


def test_a_server_that_nobody_runs(hosts: str) -> None:
    code, _, err = run([hosts, "--prometheus", f"http://127.0.0.1:{free_port()}"])
    assert code == 1 and "nobody listens" in err


def test_a_url_that_is_none(hosts: str) -> None:
    code, _, err = run([hosts, "--prometheus", "prometheus:9090"])
    assert code == 2 and "no http or https URL" in err


def test_an_inventory_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text("fleet: 5\n")
    assert run([str(file), "--prometheus", "http://127.0.0.1:1"])[0] == 2


def test_a_host_that_the_inventory_does_not_have(hosts: str) -> None:
    code, _, err = run([hosts, "--prometheus", "http://127.0.0.1:1", "--host", "nobody"])
    assert code == 2 and "no host `nobody`" in err


def test_credentials_that_are_wrong_are_not_echoed(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "very-secret-token")
    err = failed(hosts, always(401, "very-secret-token is wrong", "text/plain"), "--token-env", "TOKEN")
    assert "401" in err and "very-secret-token" not in err
    assert "the token of --token-env TOKEN was refused" in err


def test_a_web_page(hosts: str) -> None:
    err = failed(hosts, always(200, "<!doctype html><title>Grafana</title>", "text/html"))
    assert "web page (`Grafana`)" in err


def test_json_that_is_not_prometheus(hosts: str) -> None:
    assert "not as Prometheus answers" in failed(hosts, always(200, '{"hello": "world"}'))


@pytest.mark.parametrize(
    "data",
    ["null", "[]", '{"resultType": "vector"}', '{"resultType": "vector", "result": [{"metric": 3}]}',
     '{"resultType": "scalar", "result": ["x"]}'],
)  # fmt: skip
def test_an_answer_that_does_not_follow_the_api(hosts: str, data: str) -> None:
    err = failed(hosts, always(200, f'{{"status": "success", "data": {data}}}'))
    assert "not as Prometheus answers" in err


def test_a_server_that_does_not_know_the_time(hosts: str) -> None:
    data = '{"status": "success", "data": {"resultType": "vector", "result": []}}'
    assert "this is no Prometheus" in failed(hosts, always(200, data))


@pytest.mark.parametrize("status", [405, 501])
def test_a_plain_web_server(hosts: str, status: int) -> None:
    err = failed(hosts, always(status, "Unsupported method ('POST')", "text/html"))
    assert f"this is no Prometheus, it answers {status}" in err


def test_an_answer_that_breaks_off(hosts: str) -> None:
    err = failed(hosts, always(200, '{"status": "success", "data": {"resultType": "vec'))
    assert "breaks off" in err


def test_a_slow_server(hosts: str) -> None:
    assert "within 0.3 s" in failed(hosts, slow, "--timeout", "0.3")


def test_an_empty_server_lacks_everything(hosts: str) -> None:
    """All answers are well formed and empty: everything is missing, and nothing is passed silently."""

    def empty(path: str, _: Mapping[str, str]) -> Reply:
        data: object = {"resultType": "vector", "result": []}
        if path.startswith("/api/v1/targets"):
            data = {"activeTargets": []}
        elif path.startswith("/api/v1/rules"):
            data = {"groups": []}
        elif path.startswith("/api/v1/status/buildinfo"):
            data = {"version": "3.5.0"}
        elif path.startswith("/api/v1/status/tsdb"):
            data = {"headStats": {"numSeries": 0}}
        return 200, "application/json", json.dumps({"status": "success", "data": data}).encode()

    def first(path: str, headers: Mapping[str, str]) -> Reply:
        if not first.asked:  # type: ignore[attr-defined]
            first.asked = True  # type: ignore[attr-defined]
            answer = '{"status": "success", "data": {"resultType": "scalar", "result": [1e9, "1e9"]}}'
            return 200, "application/json", answer.encode()
        return empty(path, headers)

    first.asked = False  # type: ignore[attr-defined]
    with in_front("", first) as proxy:
        code, out, _ = run([hosts, "--prometheus", proxy.url, "--json"])
    report = json.loads(out)
    assert code == 1
    assert [one["hosts"] for one in findings(report, "targets", "missing")] == [["nas"]]
    assert len(findings(report, "rules", "missing")) > 4
    assert any(one["name"] == "host:cpu_count" for one in report["empty"])


@pytest.mark.prometheus
def test_mimir_has_a_prefix_a_tenant_and_no_targets(checked: Checked) -> None:
    """A real server behind what Mimir asks for: the path /prometheus, the header, 404 for /targets."""

    def mimir(path: str, headers: Mapping[str, str]) -> Reply | None:
        if headers.get("X-Scope-OrgID") != "house":
            return 401, "text/plain", b"no org id"
        if path.startswith(("/api/v1/targets", "/api/v1/status")):
            return 404, "text/plain", b"404 page not found"
        return None

    with in_front(checked.server.url, mimir, "/prometheus") as proxy:
        arguments = [str(checked.inventory), "--prometheus", proxy.url]
        code, out, err = run([*arguments, "--json", "--header", "X-Scope-OrgID: house"])
        assert code == 0, err
        text = run([*arguments, "--header", "X-Scope-OrgID: house"])[1]
        assert run(arguments)[0] == 1
    report = json.loads(out)
    assert any("does not tell its targets" in one for one in report["not_checked"])
    assert {one["part"]: one["fine"] for one in report["checked"]}["targets"] == 7
    assert "all that could be checked is well" in text and "Not checked:" in text


@pytest.mark.prometheus
def test_without_targets_a_failing_exporter_and_other_labels_are_still_found(checked: Checked) -> None:
    def no_targets(path: str, _: Mapping[str, str]) -> Reply | None:
        return (404, "text/plain", b"404 page not found") if path.startswith("/api/v1/targets") else None

    other = checked.inventory.with_name("renamed.yaml")
    other.write_text(checked.inventory.read_text("utf-8").replace("rack: a", "rack: b"), "utf-8")
    with in_front(checked.server.url, no_targets) as proxy:
        code, report = checked.verify(proxy.url, other)
    assert code == 1
    (labels,) = findings(report, "targets", "labels")
    assert labels["detail"].endswith("rack is `a`, not `b`")


@pytest.mark.prometheus
@pytest.mark.parametrize(
    "reply",
    [(404, b"404 page not found"), (400, b'unsupported path requested: "/api/v1/rules"'), (403, b"forbidden"),
     (200, b'{"status": "success", "data": {"groups": []}}'), (200, b"<html>login</html>")],
    ids=["none", "victoriametrics-cluster", "forbidden", "victoriametrics-empty", "html"],
)  # fmt: skip
def test_without_rules_it_is_said_that_they_were_not_checked(
    checked: Checked, reply: tuple[int, bytes]
) -> None:
    def no_rules(path: str, _: Mapping[str, str]) -> Reply | None:
        return (reply[0], "text/plain", reply[1]) if path.startswith("/api/v1/rules") else None

    with in_front(checked.server.url, no_rules) as proxy:
        code, report = checked.verify(proxy.url)
        other = checked.inventory.with_name("one-more.yaml")
        other.write_text(checked.inventory.read_text("utf-8") + "  - {name: new, os: linux}\n", "utf-8")
        with_new = checked.verify(proxy.url, other)[1]
    assert code == 0
    assert any("whether each rule is loaded" in one for one in report["not_checked"])
    assert all(one["part"] != "rules" for one in report["checked"])
    assert findings(with_new, "rules", "constants")


@pytest.mark.prometheus
def test_a_server_that_warns_of_a_partial_answer(checked: Checked) -> None:
    """As Thanos warns where a store does not answer."""

    def partly(path: str, content: bytes) -> bytes:
        body = json.loads(content)
        if path.startswith("/api/v1/query"):
            body["warnings"] = ["No StoreAPIs matched for this query"]
        return json.dumps(body).encode()

    with in_front(checked.server.url, nothing, edit=partly) as proxy:
        _, report = checked.verify(proxy.url)
    assert report["warnings"] == ["No StoreAPIs matched for this query"]


@pytest.mark.prometheus
def test_a_question_that_the_server_refuses_is_a_gap_of_its_own(checked: Checked) -> None:
    """A query that touches too much, as --query.max-samples refuses it."""

    def refuse(path: str, asked: str) -> Reply | None:
        if path.startswith("/api/v1/query") and "host:gpu_power_watts" in asked:
            answer = {"status": "error", "errorType": "execution", "error": "it would load too many samples"}
            return 422, "application/json", json.dumps(answer).encode()
        return None

    with in_front(checked.server.url, nothing, on_question=refuse) as proxy:
        code, report = checked.verify(proxy.url)
    refused = findings(report, "answers", "refused")
    assert code == 1
    assert "GPU power" in {one["what"] for one in refused}
    assert all("too many samples" in one["detail"] for one in refused)
    assert not [one for one in report["empty"] if one["gap"]]
