"""Sentences and hints about servers that did not give what they were asked for.

Each function gives a message and a hint, the first two arguments of the errors. What a server or a library
says is cleaned before it stands in a sentence: it may hold secrets, control characters, and whole pages.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from monogen.live.errors import (
    BadAnswerError,
    CannotConnectError,
    LiveError,
    ProxyFailedError,
    TimedOutError,
    TlsError,
    UnknownHostError,
)
from msgspec import Struct

LONGEST = 300
"""Letters of a server's own words that are shown."""

_LOGIN = re.compile(r"/(login|signin|sign_in|sign-in|oauth2?|sso|saml|auth)(/|$|\?)", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)

Words = tuple[str, str]


def cleaned(text: str, secrets: tuple[str, ...] = (), longest: int = LONGEST) -> str:
    """Text of others in one line: secrets as ***, no control characters, cut."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = "".join(c if c.isprintable() else " " for c in text[: 20 * longest])
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def is_html(body: bytes) -> bool:
    """Whether an answer is a web page."""
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<!--"))


def is_login(url: str) -> bool:
    """Whether a redirect leads to a page where people log in."""
    return bool(_LOGIN.search(urlsplit(url).path))


def reason(body: bytes) -> tuple[Any, str]:
    """An error's answer: its JSON (None where it is none), and the server's words in it ("" without)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None, "" if is_html(body) else body[: 20 * LONGEST].decode("utf-8", "replace")
    return data, _words(data)


def _words(data: Any) -> str:
    """Prometheus says ``error``, Grafana and Kubernetes ``message``, OpenAI's API ``error: {message}``."""
    if isinstance(data, str):
        return data
    if isinstance(data, dict):
        for key in ("message", "error", "detail"):
            if words := _words(data.get(key)):
                return words
    return ""


def status(
    method: str, url: str, number: int, words: str, *, html: bool = False, credentials: str = ""
) -> Words:
    """The sentence for an HTTP status of 400 and more; ``credentials`` says which were sent."""
    name = _PHRASES.get(number, "")
    said = f": {words}" if words else " with a web page" if html else ""
    message = f"{method} {url}: the server answered {number} {name}".rstrip() + said
    if number == HTTPStatus.UNAUTHORIZED and credentials:
        return message, f"{credentials} was refused: is it the right one, and not expired?"
    return message, _HINTS.get(number, _SERVER if number >= 500 else "")  # noqa: PLR2004


_PHRASES = {int(one): one.phrase for one in HTTPStatus}
_SERVER = "the server has a problem of its own: its log says more"
_HINTS = {
    401: "a login is wanted: give it with --token-file, --token-env or --user",
    403: "these credentials may not do this: ask for a token with more permissions",
    404: "is the URL right, with the path that a proxy may put before it?",
    405: "is the URL right? Something else than the server that was meant may answer there",
    407: "the proxy wants credentials: put them into HTTPS_PROXY or HTTP_PROXY",
    408: "the server waited too long for the request: try again",
    413: "a proxy or the server takes only smaller requests: raise its limit (nginx: client_max_body_size)",
    429: "the server is asked too much: try again later",
    502: "a proxy is there, and not the server behind it: is that running?",
    503: "the server is starting, stopping or overloaded: try again in a minute",
    504: "a proxy waited too long for the server behind it",
}


def not_json(url: str, body: bytes) -> Words:
    """An answer that should be JSON and is not."""
    if is_html(body):
        title = _TITLE.search(body[:65536])
        named = cleaned(title[1].decode("utf-8", "replace"), longest=60) if title else ""
        page = f"a web page (`{named}`)" if named else "a web page"
        return f"{url}: {page} came instead of JSON", (
            "is this the address of the server itself? A login page or a proxy may stand before it, "
            "or the URL lacks a sub-path"
        )
    what = "an answer that breaks off or is no JSON"
    return f"{url}: {what} came instead of JSON", "is this the address and port of the server that was meant?"


def too_large(url: str, limit: int) -> Words:
    """An answer that was not read to its end."""
    size = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit} bytes"
    return f"{url}: the answer is bigger than {size}", "is this the server that was meant?"


def too_slow(url: str, seconds: float) -> Words:
    """A server that takes longer than it may."""
    return f"{url}: no complete answer within {seconds:g} s", "raise --timeout if the server is just slow"


def late(url: str, error: BaseException, seconds: float) -> TimedOutError:
    """The error for a request that ended after its time: too slow, or never begun for want of TLS."""
    return _late(url, _causes(error), seconds)


def _late(url: str, causes: Iterable[BaseException], seconds: float) -> TimedOutError:
    if any(isinstance(cause, TimeoutError) and "handshake" in str(cause) for cause in causes):
        message = f"{url}: the server does not speak TLS at this port, or is stuck: no handshake in time"
        return TimedOutError(message, "write http:// instead")
    return TimedOutError(*too_slow(url, seconds))


def login(base: str, target: str) -> Words:
    """A redirect to a login page."""
    return f"{base}: the server sends to a login page, {target}", (
        "give credentials (--token-file, --token-env, --user); where a login proxy stands before "
        "the server, use an address that goes around it"
    )


def elsewhere(base: str, target: str) -> Words:
    """A redirect that is not followed."""
    return f"{base}: the server sends on to {target}", (
        "nothing is sent there with your credentials: if that is right, give that address as the URL"
    )


def failure(url: str, error: BaseException, seconds: float, secrets: tuple[str, ...] = ()) -> LiveError:
    """The error for what requests or the system raised."""
    causes = list(_causes(error))
    for kinds, telling in _FAILURES:
        if any(isinstance(cause, kinds) for cause in causes):
            return telling(_Failure(url, causes, seconds, secrets))
    words = cleaned(str(error), secrets)
    return BadAnswerError(f"{url}: {words or type(error).__name__}", "is this the server that was meant?")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made from."""
    seen: set[int] = set()
    open_errors: list[Any] = [error]
    while open_errors:
        one = open_errors.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            open_errors += [*one.args, getattr(one, "reason", None), getattr(one, "original_error", None),
                            one.__cause__, one.__context__]  # fmt: skip


def _os(causes: Iterable[BaseException]) -> str:
    """What the system calls it; the first that has a name for it."""
    return next((e.strerror for e in causes if isinstance(e, OSError) and e.strerror), "unreachable")


class _Failure(Struct, frozen=True):
    """What is known about a request that gave no answer."""

    url: str
    causes: list[BaseException]
    seconds: float
    secrets: tuple[str, ...]

    @property
    def place(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def text(self) -> str:
        """All that was said; to look into, not to show: it may hold a proxy's password."""
        return " ".join(str(cause) for cause in self.causes)


def _proxy(failure: _Failure) -> LiveError:
    if "407" in failure.text:
        hint = "put them into HTTPS_PROXY or HTTP_PROXY"
        return ProxyFailedError(f"{failure.url}: the proxy wants credentials", hint)
    hint = "check HTTP_PROXY and HTTPS_PROXY; NO_PROXY=HOST goes around the proxy"
    return ProxyFailedError(f"{failure.url}: the proxy that the environment names cannot be used", hint)


def _unknown(failure: _Failure) -> LiveError:
    host = urlsplit(failure.url).hostname
    hint = "check the name; names that end in .local need mDNS on this machine"
    return UnknownHostError(f"{failure.url}: the host `{host}` is not known", hint)


_TLS = (
    ("self-signed", "the certificate is signed by itself", "give it, or its CA, with --ca-file"),
    ("self signed", "the certificate is signed by itself", "give it, or its CA, with --ca-file"),
    ("unable to get local issuer", "the certificate's CA is not known here", "give the CA with --ca-file"),
    ("has expired", "the certificate has expired", "renew it on the server"),
    ("not yet valid", "the certificate is not valid yet", "do the clocks of both machines agree?"),
    ("Hostname mismatch", "the certificate is for another name", "use the name that stands in it"),
    ("IP address mismatch", "the certificate is for another address", "use the name that stands in it"),
    ("CERTIFICATE_REQUIRED", "the server wants a client's certificate", "give it with --cert and --key"),
    ("certificate required", "the server wants a client's certificate", "give it with --cert and --key"),
    ("WRONG_VERSION_NUMBER", "the server does not speak TLS at this port", "write http:// instead"),
    ("record layer failure", "the server does not speak TLS at this port", "write http:// instead"),
    ("KEY_VALUES_MISMATCH", "the client's certificate and key do not fit", "see --cert and --key"),
)


def _tls(failure: _Failure) -> LiveError:
    for known, message, hint in _TLS:
        if known in failure.text:
            return TlsError(f"{failure.url}: {message}", hint)
    reasons = [c.reason for c in failure.causes if isinstance(c, ssl.SSLError) and c.reason]
    words = (
        cleaned(reasons[0].replace("_", " ").lower(), failure.secrets) if reasons else "no secure connection"
    )
    return TlsError(f"{failure.url}: TLS failed: {words}", "see --ca-file, --cert and --key")


def _slow(failure: _Failure) -> LiveError:
    return _late(failure.url, failure.causes, failure.seconds)


def _silent(failure: _Failure) -> LiveError:
    hint = "is the host up, the address right, and no firewall between?"
    return TimedOutError(f"{failure.url}: {failure.place} does not answer at all", hint)


def _refused(failure: _Failure) -> LiveError:
    hint = "is the server running, and the port right?"
    return CannotConnectError(f"{failure.url}: nobody listens at {failure.place}", hint)


def _no_way(failure: _Failure) -> LiveError:
    message = f"{failure.url}: no way to {failure.place}: {_os(failure.causes)}"
    return CannotConnectError(message, "is the host up and reachable?")


def _broken(failure: _Failure) -> LiveError:
    return CannotConnectError(
        f"{failure.url}: the connection broke before the answer was complete",
        "is this the port of the server that was meant, and http or https right?",
    )


# The first that fits: a refused connection inside a proxy's error is the proxy's.
_FAILURES: tuple[tuple[tuple[type[BaseException], ...], Callable[[_Failure], LiveError]], ...] = (
    ((requests.exceptions.ProxyError, urllib3.exceptions.ProxyError), _proxy),
    ((socket.gaierror, urllib3.exceptions.NameResolutionError), _unknown),
    ((ssl.SSLError, requests.exceptions.SSLError), _tls),
    ((ConnectionRefusedError,), _refused),
    ((urllib3.exceptions.NewConnectionError,), _no_way),
    ((requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError), _silent),
    ((TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError), _slow),
    ((requests.exceptions.ConnectionError, urllib3.exceptions.ProtocolError, ConnectionError), _broken),
    ((requests.exceptions.ChunkedEncodingError, urllib3.exceptions.IncompleteRead), _broken),
)
