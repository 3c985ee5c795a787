"""Servers that are slow, broken, lying, locked or away: a clear line each, and the others go on."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest
import yaml
from discover_servers import Answer, Served, discovered, drips, exporter, floods, page, says, sleeps
from engine import free_port

HTML = "<!doctype html><html><head><title>Router</title></head><body>node_load1 1</body></html>"
CASES: dict[str, tuple[Answer, str]] = {
    "web page": (says(HTML, "text/html"), "a web page came instead of metrics"),
    "empty": (says(""), "the answer is empty"),
    "binary": (
        says(bytes(range(256)) * 100, "application/octet-stream"),
        "binary data came instead of metrics",
    ),
    "json": (says('{"a": 1}', "application/json"), "no page of metrics (it says `application/json`)"),
    "unknown": (says("caddy_up 1\ncaddy_x 2\n"), "metrics of nothing that monogen knows (caddy_...)"),
    "server error": (says("oops", status=500), "the server answered 500"),
    "redirect elsewhere": (
        says("", status=302, headers={"Location": "http://192.0.2.1/metrics"}),
        "the server sends on to http://192.0.2.1/metrics",
    ),
    "login page": (says("", status=302, headers={"Location": "/login"}), "sends to a login page"),
    "redirect circle": (says("", status=302, headers={"Location": "/metrics"}), "redirects in a circle"),
    "endless": (drips(20), "no complete answer within 0.5 s"),
    "flood": (floods, "the answer is bigger than 16 MiB"),
    "slow": (sleeps(20), "no complete answer within 0.5 s"),
    "liar": (says("vllm:x 1\nvllm:y 1\n"), "metrics of nothing that monogen knows"),
}


@pytest.mark.parametrize("case", CASES)
def test_trouble_is_a_line_and_the_others_go_on(case: str) -> None:
    answer, sentence = CASES[case]
    with Served(answer) as bad, exporter("linux_node") as good:
        begun = time.monotonic()
        result = discovered(bad.place, good.place, "--timeout", "0.5")
        assert time.monotonic() - begun < 15
        assert sentence in result.stderr, result.stderr
        assert f"http://{bad.place}" in result.stderr
        assert len(yaml.safe_load(result.stdout)) == 1
        assert result.exit_code == 0
        assert "Traceback" not in result.output


def test_host_that_gives_nothing_is_exit_code_1() -> None:
    with Served(says(HTML, "text/html")) as bad:
        result = discovered(bad.place)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "127.0.0.1: gave nothing for the inventory" in result.stderr


def test_nobody_listens() -> None:
    port = free_port()
    result = discovered(f"127.0.0.1:{port}")
    assert result.exit_code == 1
    assert f"nobody listens at 127.0.0.1:{port}" in result.stderr


def test_unknown_name() -> None:
    result = discovered("no-such-host.invalid")
    assert result.exit_code == 1
    assert "no-such-host.invalid: the name is not known" in result.stderr
    assert result.stderr.count("no-such-host.invalid: the") == 1


def test_connection_that_breaks() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def slam() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.recv(100)
            connection.close()

    threading.Thread(target=slam, daemon=True).start()
    with listener:
        result = discovered(f"127.0.0.1:{listener.getsockname()[1]}")
    assert result.exit_code == 1
    assert "the connection broke" in result.stderr


def test_login_at_an_unknown_server_is_a_guess_that_is_not_scraped() -> None:
    """By its port it may be LiteLLM: the entry has it as a comment."""
    locked = says('{"error": {"message": "no key"}}', "application/json", 401, {"WWW-Authenticate": "Bearer"})
    try:
        litellm = Served(locked, host="127.0.42.1", port=4000)
    except OSError as error:
        pytest.skip(f"loopback has no 127.0.42.1:4000 here: {error}")
    with litellm, exporter("linux_node", host="127.0.42.1") as node:
        result = discovered("127.0.42.1", node.place, "--name", "box")
        (entry,) = yaml.safe_load(result.stdout)
        assert list(entry["exporters"]) == ["node"]
        assert "# litellm: {auth: {bearer: {secret: litellm, key: token}}}" in result.stdout
        assert "a login is wanted (401); by its port it may be litellm" in result.stdout


def test_basic_auth_is_asked_for_as_such() -> None:
    locked = says("no", status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    try:
        node = Served(locked, host="127.0.42.2", port=9100)
    except OSError as error:
        pytest.skip(f"loopback has no 127.0.42.2:9100 here: {error}")
    with node, exporter("gb10_dcgm", host="127.0.42.2", port=9400):
        result = discovered("127.0.42.2", "--name", "box")
        keys = "username: {secret: node, key: username}, password: {secret: node, key: password}"
        assert f"# node: {{auth: {{basic: {{{keys}}}}}}}" in result.stdout


def test_credentials_go_to_named_ports_only(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame")
    refused = discovered("127.0.0.1", "--token-file", tmp_path / "token")
    assert refused.exit_code == 2
    assert "only to ports that you name" in refused.stderr
    try:
        usual = Served({"/metrics": says(page("vllm"))}, host="127.0.42.3", port=8000)
    except OSError as error:
        pytest.skip(f"loopback has no 127.0.42.3:8000 here: {error}")
    with usual, exporter("linux_node", host="127.0.42.3") as named:
        result = discovered("127.0.42.3", named.place, "--token-file", tmp_path / "token")
        assert result.exit_code == 0
        assert set(named.authorizations) == {"Bearer sesame"}
        assert set(usual.authorizations) == {""}
        assert "sesame" not in result.output


def test_wrong_content_type_is_told_because_prometheus_refuses_it() -> None:
    with Served(says(page("linux_node"), "application/octet-stream")) as node:
        result = discovered(node.place)
        assert result.exit_code == 0
        assert "Prometheus 3 refuses such a page unless `fallback_scrape_protocol`" in result.stdout


def test_broken_line_is_told_because_prometheus_refuses_the_page() -> None:
    with Served(says("node_load1{a=b} 1\n" + page("linux_node"))) as node:
        result = discovered(node.place)
        assert "line 1 is no sample" in result.stdout
        assert result.exit_code == 0


def test_all_hosts_side_by_side() -> None:
    with Served(sleeps(20)) as a, Served(sleeps(20)) as b, Served(sleeps(20)) as c:
        begun = time.monotonic()
        discovered(a.place, b.place, c.place, "--timeout", "1")
        assert time.monotonic() - begun < 8


def test_json_says_it_all_in_one_object() -> None:
    with exporter("linux_node") as node, Served(says("", status=500)) as bad:
        result = discovered(node.place, bad.place, "--json")
        told = json.loads(result.stdout)
        (host,) = told["hosts"]
        assert (told["complete"], host["state"], host["name"]) == (True, "new", "linux-1")
        assert host["told"]["os"] == {"value": "linux", "by": "node_uname_info", "guess": False}
        assert "500" in host["troubles"][0]["message"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("10.0.0.0/24", "this is no host"),
        ("spark:", "the port is missing"),
        ("spark:70000", "a port is from 1 to 65535"),
        ("spark:http", "a port is from 1 to 65535"),
        ("http://user:sesame@spark:9100", "this is no host"),
        ("https://spark/metrics", "this is no host"),
        ("fe80::1%eth0", "with a zone"),
        ("a b", "an address is"),
        ("", "an address is"),
        ("\x1b[31mred", "an address is"),
    ],
)
def test_what_is_no_host_is_exit_code_2(text: str, sentence: str) -> None:
    result = discovered(text)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "sesame" not in result.output
    assert "\x1b" not in result.output


def test_name_is_for_one_host() -> None:
    assert discovered("a", "b", "--name", "c").exit_code == 2
