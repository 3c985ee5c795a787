"""The reader of Prometheus' API: shapes of answers, times, words, versions."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from checked_world import Checked
from monogen.live.errors import BadAnswerError, HttpStatusError, LiveError, TimedOutError
from monogen.live.prometheus import NotOfferedError, Prometheus, RefusedError, _moment
from monogen.live.settings import Connection
from monogen.live.verify.metrics import numbers
from monogen.live.verify.words import lasting, scrape_failure, some
from spoiling_proxy import Reply, in_front, slow


def answering(data: object, status: int = 200, **more: object):  # type: ignore[no-untyped-def]
    body = json.dumps({"status": "success", "data": data, **more}).encode()
    return lambda _path, _headers: (status, "application/json", body)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2026-11-27T00:00:00.123456789Z", 1795737600.123456),
        ("2026-11-27T01:00:00+01:00", 1795737600.0),
        ("2026-11-27T00:00:00.5Z", 1795737600.5),
        ("0001-01-01T00:00:00Z", 0.0),
        ("soon", 0.0),
        (None, 0.0),
    ],
)
def test_times_as_go_writes_them(told: object, seconds: float) -> None:
    assert _moment(told) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.11.1", (1, 11, 1)), ("v0.9.0-rc.1", (0, 9, 0)), ("4.5.3+ds1", (4, 5, 3)), ("unknown", ())],
)
def test_versions_begin_with_numbers(version: str, expected: tuple[int, ...]) -> None:
    assert numbers(version) == expected


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            'Get "http://a:1/metrics": dial tcp 10.0.0.1:1: connect: connection refused',
            "nobody listens at a:1",
        ),
        ('Get "http://a:1/metrics": context deadline exceeded', "a:1 gives no complete answer within"),
        (
            'Get "http://a:1": dial tcp: lookup a on 127.0.0.53:53: no such host',
            "not known to DNS",
        ),
        ("server returned HTTP status 401 Unauthorized", "a:1 refuses the credentials of the scrape (401)"),
        ("server returned HTTP status 503 Service Unavailable", "a:1 answers 503 Service Unavailable"),
        (
            "tls: failed to verify certificate: x509: certificate has expired",
            "taken: certificate has",
        ),
        ("http: server gave HTTP response to HTTPS client", "a:1 speaks http, and is asked with https"),
        (
            '"INVALID" is not a valid start token, expected a valid start token got',
            "cannot read",
        ),
        ("sample limit exceeded", "more than a limit"),
        (
            'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified',
            "a web page answers at a:1; something else listens there",
        ),
        (
            'expected a valid start token, got "<" ("INVALID") while parsing: "<"',
            "a web page answers at a:1",
        ),
        ('received unsupported Content-Type "text/plain2"', "sends no Content-Type that Prometheus knows"),
        (
            'Get "http://a:1/metrics": unable to read authorization credentials: unable to read file '
            "/etc/prom/secrets/llama/token: open /etc/prom/secrets/llama/token: no such file or directory",
            "Prometheus cannot read `secrets/llama/token`: put the key there",
        ),
        (
            "unable to read basic auth password: unable to read file /x/pw: open /x/pw: permission denied",
            "Prometheus cannot read `/x/pw`: permission denied",
        ),
        ("a new\nword\x1b[31m", "a new word [31m"),
        ("", "does not say why"),
    ],
)
def test_scrape_errors_in_words(error: str, words: str) -> None:
    assert words in scrape_failure(error, "a:1")


def test_many_names_are_counted() -> None:
    assert some(["a", "b", "c", "d"]) == "a, b, c, d"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert lasting(21_600) == "6 hours" and lasting(90) == "90 seconds"


def test_an_error_within_a_good_status_is_an_error() -> None:
    body = {"status": "error", "errorType": "bad_data", "error": "parse error"}
    with (
        in_front("", lambda _p, _h: (200, "application/json", json.dumps(body).encode())) as proxy,
        Prometheus(proxy.url) as server,
        pytest.raises(RefusedError, match="parse error"),
    ):
        server.query("1")


def test_a_part_of_the_api_that_fails_is_not_taken_for_one_that_is_not_there() -> None:
    spoiled = in_front("", lambda _p, _h: (500, "text/plain", b"disk full"))
    with spoiled as proxy, Prometheus(proxy.url) as server, pytest.raises(HttpStatusError, match="disk full"):
        server.rules()


def test_a_target_list_of_another_shape_is_a_bad_answer() -> None:
    for data in ({"activeTargets": [{"labels": 5}]}, [], {"activeTargets": None}):
        proxied = in_front("", answering(data))
        with proxied as proxy, Prometheus(proxy.url) as server, pytest.raises(BadAnswerError):
            server.targets()


def test_one_question_that_is_slow_does_not_end_the_others() -> None:
    def some_slow(path: str, asked: str) -> Reply | None:
        if "slow" in asked:
            return slow(path, {})
        data = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "2"]}]}
        return 200, "application/json", json.dumps({"status": "success", "data": data}).encode()

    def nothing(_: str, __: Mapping[str, str]) -> None:
        return None

    proxied = in_front("", nothing, on_question=some_slow)
    with proxied as proxy, Prometheus(proxy.url, Connection(timeout=0.5)) as server:
        found = server.ask_all(["a", "slow", "b", "a"])
        assert list(found) == ["a", "slow", "b"]
        assert isinstance(found["slow"], TimedOutError)
        assert not isinstance(found["b"], LiveError) and found["b"][0].value == 2
        with pytest.raises(TimedOutError):
            server.ask_all([f"slow{i}" for i in range(9)])


@pytest.mark.prometheus
def test_a_real_server_answers_everything(checked: Checked) -> None:
    with Prometheus(checked.server.url) as server:
        now = server.query("time()")[0].value
        assert server.query("up", at=now - 86_400) == ()
        (line,) = server.query_range('count(up{fleet="checked"})', now - 2, now, 1)
        assert len(line.points) == 3 and line.points[-1] == (pytest.approx(now, abs=0.01), 7.0)
        assert {one["instance"] for one in server.series(['up{fleet="checked"}'])} == {"spark", "mac", "nas"}
        assert set(server.label_values("instance", ["up"])) >= {"spark", "mac", "nas"}
        assert {one.type for one in server.metadata("node_load1")} == {"gauge"}
        assert server.metadata("nobody_has_this") == ()
        assert str(server.build()).startswith("Prometheus ")
        assert server.database().series > 1000
        with pytest.raises(RefusedError) as refused:
            server.query("sum(")
        assert refused.value.kind == "bad_data" and "`sum(`" in str(refused.value)
    proxied = in_front(checked.server.url, lambda _p, _h: (404, "text/plain", b""))
    with proxied as proxy, Prometheus(proxy.url) as server, pytest.raises(NotOfferedError):
        server.targets()
