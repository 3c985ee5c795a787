"""What can go wrong with a server that is asked something: a sentence that names it, and what to do.

Imports nothing heavy: the command line knows these too, and tells them with exit code 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LiveError(Exception):
    """A server did not give what it was asked for.

    ``message`` is one sentence that names the address and what is wrong, ``hint`` what to do ("" where
    there is nothing to say). Neither ever holds a token, a password or a control character.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep both; ``str()`` gives the message and the hint on a line of its own."""
        self.message = message
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        """The message, and the hint below it."""
        return self.message + (f"\n    {self.hint}" if self.hint else "")


class UnreachableError(LiveError):
    """No answer was had: the request may or may not have arrived."""


class CannotConnectError(UnreachableError):
    """Nobody listens there, or the connection broke."""


class UnknownHostError(UnreachableError):
    """The name is not known to DNS."""


class TlsError(UnreachableError):
    """The certificate is not trusted, is for another name, or the server does not speak TLS there."""


class TimedOutError(UnreachableError):
    """The server was too slow: to accept the connection, to begin its answer, or to end it."""


class ProxyFailedError(UnreachableError):
    """The proxy of the environment could not be used."""


class BadAnswerError(LiveError):
    """There was an answer, but none that can be used: this is hardly the server that was meant."""


class RedirectedError(BadAnswerError):
    """The server sends elsewhere: to another address, or to a login page. ``location`` has no secrets."""

    def __init__(self, message: str, hint: str = "", location: str = "") -> None:
        """Keep where it sends to."""
        super().__init__(message, hint)
        self.location = location


class NotJsonError(BadAnswerError):
    """Something else than JSON, as a rule a web page; ``html`` says that it is one."""

    def __init__(self, message: str, hint: str = "", *, html: bool = False) -> None:
        """Keep whether it was a web page."""
        super().__init__(message, hint)
        self.html = html


class TooLargeError(BadAnswerError):
    """The answer is bigger than is sensible; it was not read to its end."""


class HttpStatusError(LiveError):
    """The server answered with an HTTP status of 400 and more.

    ``status`` is the number, ``reason`` the server's own words (cleaned and cut, "" without), ``data`` its
    answer where that was JSON, else None. ``data`` is not cleaned: look into it, do not print it.
    ``html`` says that a web page came, ``retry_after`` how many seconds the server asks to wait (None where
    it does not say). ``headers`` are the answer's, of any case, not cleaned either.
    """

    def __init__(
        self, message: str, hint: str, *, status: int, reason: str = "", data: Any = None,
        html: bool = False, retry_after: float | None = None, headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Keep what a caller decides by."""
        super().__init__(message, hint)
        self.status = status
        self.reason = reason
        self.data = data
        self.html = html
        self.retry_after = retry_after
        self.headers: Mapping[str, str] = headers or {}
