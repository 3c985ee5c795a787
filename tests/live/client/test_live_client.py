"""The client against good and bad servers: what it sends, what it says, and what it never does."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from monogen.live.client import Auth, Client, Connection, Tls
from monogen.live.errors import (
    CannotConnectError,
    HttpStatusError,
    LiveError,
    NotJsonError,
    ProxyFailedError,
    RedirectedError,
    TimedOutError,
    TlsError,
    TooLargeError,
    UnknownHostError,
)
from monogen.problems import InputError
from web_server import Web, breaks_off, drip, drip_headers, serving

SECRET = "glsa_TopSecret123"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def client(web: Web, path: str = "", *, token: str = SECRET, timeout: float = 5, **options: object) -> Client:
    pauses: list[float] = []
    made = Client(
        web.url + path, Connection(Auth(token=token), timeout=timeout), sleep=pauses.append, **options
    )  # type: ignore[arg-type]
    made.pauses = pauses  # type: ignore[attr-defined]
    return made


def test_json_text_query_and_form(web: Web) -> None:
    web.says("/sub/json", b'{"a": [1]}')
    web.says("/sub/metrics", "up 1 °".encode())
    web.says("/sub/query", b"[]")
    web.says("/sub/empty", b"")
    asked = client(web, "/sub/")
    assert asked.get("/json", {"tag": "a b"}) == {"a": [1]}
    assert asked.text("metrics") == "up 1 °"
    assert asked.post("/query", form={"query": 'up{a="b"}'}, safe=True) == []
    assert asked.put("/query", json={"x": 1}) == []
    assert asked.delete("/empty") is None
    methods = [(method, path) for method, path, _, _ in web.seen]
    assert methods[0] == ("GET", "/sub/json?tag=a+b")
    assert web.seen[2][3] == b"query=up%7Ba%3D%22b%22%7D"
    assert json.loads(web.seen[3][3]) == {"x": 1}
    assert web.seen[0][2]["Authorization"] == f"Bearer {SECRET}"


def test_gzip_is_read_and_bounded_after_unpacking(web: Web) -> None:
    packed = {"Content-Encoding": "gzip"}
    web.says("/small", gzip.compress(b'{"a": 1}'), headers=packed)
    web.says("/bomb", gzip.compress(b" " * 5_000_000), headers=packed)
    asked = client(web, max_bytes=1_000_000)
    assert asked.get("/small") == {"a": 1}
    with pytest.raises(TooLargeError, match="bigger than"):
        asked.get("/bomb")


def test_credentials_in_the_url_become_basic_auth_and_are_never_shown(web: Web) -> None:
    web.says("/x", b'{"message": "bad hunter2\\u001b[2J"}', status=400)
    asked = Client(f"http://joe:hunter2@127.0.0.1:{web.port}/")
    with pytest.raises(HttpStatusError) as caught:
        asked.get("/x")
    assert web.seen[0][2]["Authorization"] == "Basic am9lOmh1bnRlcjI="
    assert asked.url == web.url
    assert "hunter2" not in str(caught.value) + repr(asked)
    assert "\x1b" not in str(caught.value)
    assert caught.value.reason == "bad *** [2J"


def test_credentials_twice_are_refused() -> None:
    with pytest.raises(InputError, match="given beside it"):
        Client("http://joe:x@localhost/", Connection(Auth(token="t")))


@pytest.mark.parametrize(
    "url",
    ["localhost:9090", "ftp://a", "http://", "http://a:99999", "http://a/?x=1", "http://a/#x", "http://a b/"],
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(InputError, match="URL"):
        Client(url)


def test_a_broken_url_does_not_show_its_password() -> None:
    with pytest.raises(InputError) as caught:
        Client("http://joe:hun/ter2@host:99999/")
    assert "ter2" not in str(caught.value)


def test_netrc_is_not_read(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    web.says("/x")
    Client(web.url).get("/x")
    assert "Authorization" not in web.seen[0][2]


@pytest.mark.parametrize(
    ("status", "part", "hint"),
    [
        (401, "401 Unauthorized", "the token was refused"),
        (403, "403 Forbidden", "permissions"),
        (404, "404 Not Found", "path"),
        (413, "413", "client_max_body_size"),
        (500, "500 Internal Server Error", "log"),
    ],
)
def test_a_status_is_a_sentence(web: Web, status: int, part: str, hint: str) -> None:
    web.says("/x", b'{"error": "it says why"}', status=status)
    with pytest.raises(HttpStatusError) as caught:
        client(web).get("/x")
    error = caught.value
    assert part in error.message
    assert error.message.endswith(": it says why")
    assert hint in error.hint
    assert (error.status, error.data) == (status, {"error": "it says why"})


@pytest.mark.parametrize(
    ("auth", "headers", "hint"),
    [
        (
            Auth(token="sesame", origin="the token of --token-env T"),
            {},
            "the token of --token-env T was refused",
        ),
        (Auth(user="joe", password="sesame"), {}, "the login was refused"),
        (Auth(), {"authorization": "Bearer sesame"}, "the Authorization of --header was refused"),
        (Auth(), {"X-Scope-OrgID": "lab"}, "a login is wanted"),
    ],
)
def test_a_401_says_what_was_refused(web: Web, auth: Auth, headers: dict[str, str], hint: str) -> None:
    web.says("/x", status=401)
    with pytest.raises(HttpStatusError) as caught:
        Client(web.url, Connection(auth, headers=headers)).get("/x")
    assert caught.value.hint.startswith(hint)
    assert "sesame" not in str(caught.value)


def test_a_401_for_the_login_of_the_url(web: Web) -> None:
    web.says("/x", status=401)
    with pytest.raises(HttpStatusError, match="401") as caught:
        Client(web.url.replace("//", "//joe:sesame@")).get("/x")
    assert caught.value.hint.startswith("the login in the URL was refused")


@pytest.mark.parametrize("timeout", [0.3, 30.0])
def test_a_server_that_waits_for_more_than_a_handshake(
    timeout: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain HTTP server that does not see the end of a request, as llama-server, says nothing at all."""
    monkeypatch.setattr("monogen.live.client.CONNECTING", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(TimedOutError, match="does not speak TLS at this port") as caught:
            Client(url, Connection(timeout=timeout)).get("/x")
    assert caught.value.hint == "write http:// instead"


def test_a_web_page_instead_of_json(web: Web) -> None:
    web.says("/x", b"<!DOCTYPE html><title>Login \x1b[31m</title>")
    web.says("/y", b"not json")
    with pytest.raises(NotJsonError, match="a web page \\(`Login") as caught:
        client(web).get("/x")
    assert caught.value.html
    assert "\x1b" not in str(caught.value)
    with pytest.raises(NotJsonError, match="no JSON"):
        client(web).get("/y")


def test_json_that_is_nested_without_end(web: Web) -> None:
    web.says("/x", b"[" * 200_000)
    with pytest.raises(NotJsonError):
        client(web).get("/x")


def test_a_redirect_to_another_host_is_not_followed(web: Web) -> None:
    with serving() as other:
        other.says("/x")
        web.says("/x", status=302, headers={"Location": f"{other.url}/x?token={SECRET}"})
        with pytest.raises(RedirectedError, match="sends on to") as caught:
            client(web).get("/x")
        assert other.seen == []
        assert SECRET not in str(caught.value)


def test_a_redirect_to_login_says_so(web: Web) -> None:
    web.says("/x", status=302, headers={"Location": "/login?next=x"})
    with pytest.raises(RedirectedError, match="login page"):
        client(web).get("/x")
    assert web.paths() == ["/x"]


def test_a_redirect_on_the_same_server_is_followed_for_get_only(web: Web) -> None:
    web.says("/x", status=301, headers={"Location": "/sub/x"})
    web.says("/sub/x", b'{"a": 1}')
    assert client(web).get("/x") == {"a": 1}
    with pytest.raises(RedirectedError, match="sends on to"):
        client(web).post("/x", json={})
    assert web.paths() == ["/x", "/sub/x", "/x"]


def test_redirects_in_a_circle_end(web: Web) -> None:
    web.says("/x", status=302, headers={"Location": "/x"})
    with pytest.raises(RedirectedError, match="circle"):
        client(web).get("/x")
    assert len(web.seen) < 10


def test_only_what_is_safe_is_tried_again(web: Web) -> None:
    answers = [(503, b"", {}), (502, b"", {}), (200, b'{"a": 1}', {})]
    web.says_in_turn("/get", *answers)
    asked = client(web)
    assert asked.get("/get") == {"a": 1}
    assert len(asked.pauses) == 2  # type: ignore[attr-defined]
    assert asked.pauses[1] > asked.pauses[0]  # type: ignore[attr-defined]
    web.says_in_turn("/post", *answers)
    with pytest.raises(HttpStatusError):
        client(web).post("/post", json={})
    web.says_in_turn("/safe", *answers)
    assert client(web).post("/safe", json={}, safe=True) == {"a": 1}
    assert [path for path in web.paths() if path == "/post"] == ["/post"]


def test_an_error_of_the_server_itself_is_not_asked_again(web: Web) -> None:
    web.says("/x", status=500)
    with pytest.raises(HttpStatusError):
        client(web).get("/x")
    assert len(web.seen) == 1


def test_retry_after_is_kept_and_bounded(web: Web) -> None:
    web.says_in_turn(
        "/x", (429, b"", {"Retry-After": "2"}), (429, b"", {"Retry-After": "9999"}), (200, b"{}", {})
    )
    asked = client(web)
    assert asked.post("/x", json={}) == {}
    assert asked.pauses == [2, 10]  # type: ignore[attr-defined]


@pytest.mark.parametrize("manner", [drip, drip_headers])
def test_a_server_that_drips_is_left(web: Web, manner: object) -> None:
    web.manners["/x"] = manner  # type: ignore[assignment]
    begun = time.monotonic()
    with pytest.raises(TimedOutError, match=r"within 0\.5 s"):
        client(web, timeout=0.5).get("/x")
    assert time.monotonic() - begun < 20, "it must end; how fast is nobody's promise here"


def test_a_server_that_says_nothing(web: Web) -> None:
    web.manners["/x"] = lambda handler, _: time.sleep(1)
    with pytest.raises(TimedOutError, match=r"within 0\.3 s"):
        client(web, timeout=0.3).get("/x")


def test_an_answer_that_breaks_off(web: Web) -> None:
    web.manners["/x"] = breaks_off
    with pytest.raises(CannotConnectError, match="broke before"):
        client(web, attempts=1).get("/x")


def test_nobody_listens_and_no_such_host() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CannotConnectError, match=f"nobody listens at 127.0.0.1:{port}"):
            Client(f"http://127.0.0.1:{port}", sleep=lambda _: None).get("/")
    with pytest.raises(UnknownHostError, match=r"`no-such-host\.invalid` is not known"):
        Client("http://no-such-host.invalid", sleep=lambda _: None).get("/")


def test_something_that_does_not_speak_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: server.accept()[0].sendall(b"SSH-2.0-OpenSSH_9.2\r\n"))
            with pytest.raises(LiveError) as caught:
                Client(f"http://127.0.0.1:{port}", Connection(timeout=2), attempts=1).get("/")
    assert "http" in caught.value.hint


def test_a_proxy_of_the_environment_is_used_and_its_password_not_shown(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.says("http://grafana.test/x", b'{"by": "proxy"}')
    monkeypatch.setenv("HTTP_PROXY", f"http://u:hidden1@127.0.0.1:{web.port}")
    assert Client("http://grafana.test").get("/x") == {"by": "proxy"}
    monkeypatch.setenv("HTTP_PROXY", "http://u:hidden1@127.0.0.1:1")
    with pytest.raises(ProxyFailedError) as caught:
        Client("http://grafana.test", sleep=lambda _: None).get("/x")
    assert "hidden1" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    web.says("/x", b'{"by": "itself"}')
    assert client(web).get("/x") == {"by": "itself"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(certificate) as web:
        web.says("/x", b'{"a": 1}')
        with pytest.raises(TlsError, match="signed by itself") as caught:
            Client(web.url).get("/x")
        assert "--ca-file" in caught.value.hint
        trusting = Connection(tls=Tls(ca_file=str(certificate[0])))
        assert Client(web.url, trusting).get("/x") == {"a": 1}
        with pytest.raises(TlsError, match="another name"):
            Client(f"https://localhost:{web.port}", Connection(tls=Tls(ca_file=str(certificate[0])))).get(
                "/x"
            )
        # An environment that trusts something else must not overrule what was asked for.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
        assert Client(web.url, Connection(tls=Tls(insecure=True))).get("/x") == {"a": 1}


def test_https_where_http_is_spoken(web: Web) -> None:
    with pytest.raises(TlsError, match="does not speak TLS") as caught:
        Client(web.url.replace("http:", "https:")).get("/x")
    assert "http://" in caught.value.hint


def test_threads_share_a_client(web: Web) -> None:
    web.says("/x", b'{"a": 1}')
    with client(web) as asked, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: asked.get("/x"), range(40))) == [{"a": 1}] * 40


def test_headers_are_sent_and_kept_secret(web: Web) -> None:
    web.says("/x", b"no access for proxy-pass-123", status=403)
    asked = Client(web.url, Connection(headers={"X-Scope-OrgID": "a", "X-Auth": "proxy-pass-123"}))
    with pytest.raises(HttpStatusError) as caught:
        asked.get("/x")
    assert web.seen[0][2]["X-Scope-OrgID"] == "a"
    assert caught.value.reason == "no access for ***"
