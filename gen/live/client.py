"""The one way in which monogen speaks HTTP with a server.

    with Client("https://grafana.lan/sub/path", Connection(Auth(token="..."))) as client:
        client.get("/api/health")                              # parsed JSON
        client.get("/api/search", {"tag": "monogen"})          # with a query
        client.text("/metrics")                                # as text
        client.post("/api/v1/query", form={"query": "up"}, safe=True)
        client.put(path, json={...}); client.delete(path)
        client.send("GET", path).headers                       # the whole Answer

Paths are below the URL's own. Everything that goes wrong is a LiveError (monogen.live.errors) with a
sentence and a hint that can be shown as they are; a URL that is none raises InputError.

What it keeps to: a request ends after ``timeout`` seconds, an answer is not read beyond ``max_bytes``.
Only what can be repeated without harm is tried again (GET, PUT and DELETE, and a POST that says
``safe=True`` because it only asks), with growing pauses; any request where the server says 429. No
redirect is followed to another scheme, host or port. Proxies and CA bundles come from the environment as
usual (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE), credentials never do: ``.netrc`` is not read. Threads may
share a client: each has its own connections.
"""

from __future__ import annotations

import json as json_module
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import requests
import urllib3
from monogen import __version__
from monogen.live import telling
from monogen.live.address import Address, address, without_secrets
from monogen.live.errors import (
    CannotConnectError,
    HttpStatusError,
    LiveError,
    NotJsonError,
    RedirectedError,
    TimedOutError,
    TooLargeError,
)
from monogen.live.settings import Auth, Connection, Tls
from monogen.live.transport import Adapter
from monogen.problems import InputError, Problem
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

__all__ = ["Answer", "Auth", "Client", "Connection", "LiveError", "Tls"]

MAX_BYTES = 64 * 2**20
"""The biggest answer that is read, in bytes."""

ATTEMPTS = 3
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
PASSING = frozenset({502, 503, 504})
"""Statuses of a server or proxy that may be well again in a second."""

TOO_MANY = 429
LONGEST_PAUSE = 10.0
"""Seconds that a server may make us wait with ``Retry-After``."""

CONNECTING = 10.0
"""Seconds for the connection itself, at most."""

REDIRECTS = 5
CHUNK = 2**16

Query = Mapping[str, Any] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer below status 400. ``url`` has no secrets."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none becomes a replacement character."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, None where it is empty; raises NotJsonError."""
        if not self.body.strip():
            return None
        try:
            return json_module.loads(self.body)
        except (ValueError, RecursionError):
            html = telling.is_html(self.body)
            raise NotJsonError(*telling.not_json(self.url, self.body), html=html) from None


class Client:
    """A server at ``base_url``, asked in the way that ``connection`` says; see the module."""

    def __init__(
        self,
        base_url: str,
        connection: Connection = Connection(),  # noqa: B008  it is frozen
        *,
        attempts: int = ATTEMPTS,
        max_bytes: int = MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is sent yet. ``attempts`` counts the first one; 1 never tries again."""
        self._address: Address = address(base_url)
        if self._address.auth and connection.auth:
            hint = "take them out of the URL, or leave the options away"
            problem = Problem(self._address.url, 0, 0, "credentials are in the URL and given beside it", hint)
            raise InputError([problem])
        self._auth = connection.auth or self._address.auth
        self._connection = connection
        self._secrets = tuple(dict.fromkeys((*connection.secrets, *self._auth.secrets)))
        self._attempts = attempts
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()
        if connection.tls.insecure:
            # It was asked for; urllib3 would say so with every request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    @property
    def url(self) -> str:
        """The server's URL, without secrets: may be shown."""
        return self._address.url

    @property
    def credentials(self) -> str:
        """What is sent to log in, in words and without the secret; "" where nothing is."""
        if self._auth:
            return self.cleaned(self._auth.origin) or ("the token" if self._auth.token else "the login")
        return "the Authorization of --header" if self._connection.authorization else ""

    def get(self, path: str, params: Query | None = None) -> Any:
        """The JSON at ``path``."""
        return self.send("GET", path, params=params).json()

    def text(self, path: str, params: Query | None = None) -> str:
        """What stands at ``path``, as text."""
        return self.send("GET", path, params=params, accept="text/plain, */*;q=0.1").text

    def post(
        self, path: str, *, json: Any = None, form: Query | None = None, params: Query | None = None,
        safe: bool = False,
    ) -> Any:  # fmt: skip
        """Send JSON or a form, get JSON. ``safe`` says that it only asks and may be repeated."""
        return self.send("POST", path, json=json, form=form, params=params, safe=safe).json()

    def put(self, path: str, *, json: Any = None, params: Query | None = None) -> Any:
        """Replace what stands at ``path``; the server's JSON."""
        return self.send("PUT", path, json=json, params=params).json()

    def delete(self, path: str, params: Query | None = None) -> Any:
        """Remove what stands at ``path``; the server's JSON, None where it says nothing."""
        return self.send("DELETE", path, params=params).json()

    def send(
        self, method: str, path: str, *, params: Query | None = None, json: Any = None,
        form: Query | None = None, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        accept: str = "application/json", safe: bool | None = None, timeout: float | None = None,
    ) -> Answer:  # fmt: skip
        """Any request; the answer is whole and its status below 400. Raises LiveError.

        At most one of ``json``, ``form`` and ``body``. ``timeout`` (seconds) overrides the connection's,
        ``safe`` what follows from the method: whether it may be sent again when no answer came.
        """
        repeatable = method in REPEATABLE if safe is None else safe
        arguments: dict[str, Any] = {
            "params": params, "json": json, "data": body if body is not None else form,
            "headers": {"Accept": accept, **(headers or {})},
        }  # fmt: skip
        seconds = timeout or self._connection.timeout
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                return self._once(method, self._address.of(path), arguments, seconds)
            except HttpStatusError as error:
                again = error.status == TOO_MANY or (repeatable and error.status in PASSING)
                if last or not again:
                    raise
                pause = error.retry_after
            except CannotConnectError:
                # After a timeout nobody wants to wait as long again.
                if last or not repeatable:
                    raise
                pause = None
            self._sleep(_backoff(attempt) if pause is None else min(pause, LONGEST_PAUSE))
        raise AssertionError("unreachable")  # the last attempt returned or raised

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        self._local = threading.local()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def cleaned(self, text: str) -> str:
        """A server's words, made fit to show: no secrets, no control characters, not long."""
        return telling.cleaned(text, self._secrets)

    def _once(self, method: str, url: str, arguments: dict[str, Any], seconds: float) -> Answer:
        """One attempt, with the redirects that stay on this server."""
        deadline = time.monotonic() + seconds
        for _ in range(REDIRECTS):
            shown = without_secrets(url)
            left = max(deadline - time.monotonic(), 0.001)
            try:
                with self._request(method, url, arguments, left) as response:
                    body = self._body(response, shown, deadline, seconds)
            except LiveError:
                raise
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                if time.monotonic() > deadline:
                    raise telling.late(shown, error, seconds) from None
                raise telling.failure(shown, error, seconds, self._secrets) from None
            if "Location" not in response.headers or response.status_code // 100 != 3:  # noqa: PLR2004
                return self._answer(method, shown, response, body)
            url = self._redirect(method, url, response.headers["Location"])
            arguments = {**arguments, "params": None}
        raise RedirectedError(f"{self.url}: the server redirects in a circle", "is this its right address?")

    def _request(self, method: str, url: str, arguments: dict[str, Any], seconds: float) -> requests.Response:
        tls = self._connection.tls
        return self._session().request(
            method, url, **arguments, stream=True, allow_redirects=False,
            timeout=(min(CONNECTING, seconds), seconds),
            # Said with each request: what is only a session's is overruled by REQUESTS_CA_BUNDLE.
            verify=False if tls.insecure else tls.ca_file or True,
            cert=(tls.cert_file, tls.key_file) if tls.key_file else tls.cert_file or None,
        )  # fmt: skip

    def _body(self, response: requests.Response, shown: str, deadline: float, seconds: float) -> bytes:
        """The body, bounded in size and time; a server that drips is not waited for."""
        parts: list[bytes] = []
        size = 0
        if time.monotonic() > deadline:
            raise TimedOutError(*telling.too_slow(shown, seconds))
        while part := response.raw.read1(CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self._max_bytes:
                raise TooLargeError(*telling.too_large(shown, self._max_bytes))
            if time.monotonic() > deadline:
                raise TimedOutError(*telling.too_slow(shown, seconds))
        return b"".join(parts)

    def _answer(self, method: str, shown: str, response: requests.Response, body: bytes) -> Answer:
        status = response.status_code
        if status < 400:  # noqa: PLR2004
            return Answer(shown, status, response.headers, body)
        data, reason = telling.reason(body)
        reason, html = self.cleaned(reason), telling.is_html(body)
        raise HttpStatusError(
            *telling.status(method, shown, status, reason, html=html, credentials=self.credentials),
            status=status, reason=reason, data=data, html=html, headers=response.headers,
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )  # fmt: skip

    def _redirect(self, method: str, url: str, location: str) -> str:
        """Where a redirect leads, if it stays on this server and repeats the same request."""
        target = urljoin(url, location)
        shown = self.cleaned(without_secrets(target))
        if telling.is_login(target):
            raise RedirectedError(*telling.login(self.url, shown), location=shown)
        if not self._address.same_server(target) or method != "GET":
            raise RedirectedError(*telling.elsewhere(self.url, shown), location=shown)
        return target

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            for scheme in ("http://", "https://"):
                session.mount(scheme, Adapter())
            session.headers = CaseInsensitiveDict(
                {"User-Agent": f"monogen/{__version__}", "Accept-Encoding": "gzip, deflate",
                 **self._connection.headers}
            )  # fmt: skip
            session.auth = _Header(self._auth.header)
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session


class _Header(AuthBase):
    """Sets ``Authorization``, or nothing; that there is one keeps requests from reading ``.netrc``."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request


def _backoff(attempt: int) -> float:
    """Seconds before the next attempt: about 0.3, 0.6, 1.2, with some chance so that threads spread."""
    return 0.3 * float(2 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311


def _seconds(text: str) -> float | None:
    """The seconds of ``Retry-After``; None where it is missing, or a date."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() else None
