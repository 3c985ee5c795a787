"""Asks one port what it is, with as few requests as will do, and harmless ones only."""

from __future__ import annotations

import socket
import time
from typing import Any

from monogen.live.client import Answer, Client, Connection
from monogen.live.discover import llama
from monogen.live.discover.asking import Asked, Port
from monogen.live.discover.naming import short_name
from monogen.live.discover.page import Page, parse
from monogen.live.discover.recognising import Recogniser, prefixes
from monogen.live.discover.seen import Found, Login, Odd, Seen, Silent
from monogen.live.errors import (
    CannotConnectError,
    HttpStatusError,
    LiveError,
    TimedOutError,
    UnknownHostError,
)
from monogen.live.telling import cleaned, is_html
from msgspec import Struct
from msgspec.structs import replace

MAX_BYTES = 16 * 2**20
"""The biggest page that is read; a LiteLLM with many keys has a few MiB."""

OLLAMA = 11434
"""Where Ollama listens. It has no page of its own, but to be told so is better than silence."""

_PAGE = "/metrics"
_TEXT = "text/plain;version=0.0.4, text/plain;q=0.5, */*;q=0.1"
# What Prometheus 3 accepts; anything else it refuses, unless told to fall back.
_TYPES = ("text/plain", "application/openmetrics-text")
_ACCEPTING = 1.0
_KEY = "; its entry names a Secret (`auth`): put the key there"
_SEE = ", or see it with HOST:PORT and --token-file"


class Probe(Struct, frozen=True):
    """One port to ask. All requests together take at most ``seconds`` twice."""

    asked: Asked
    port: Port
    connection: Connection
    recogniser: Recogniser

    def look(self) -> Seen:
        """What answers there."""
        until = time.monotonic() + 2 * self.connection.timeout
        seen = self._look(self.port, until)
        if seen is None:
            # What speaks TLS only says so when it is spoken to without.
            seen = self._look(replace(self.port, scheme="https"), until)
        return seen or Odd(self.port, f"{self.asked.url(self.port)}: it wants https, and then http")

    def _look(self, port: Port, until: float) -> Seen | None:
        """What answers; None where it wants to be asked with https instead."""
        # Credentials go to ports that a person named, and nowhere else.
        connection = self.connection if port.named else self.connection.without_credentials()
        with Client(self.asked.url(port), connection, attempts=1, max_bytes=MAX_BYTES) as client:
            talk = _Talk(self, port, client, until)
            try:
                return talk.page()
            except HttpStatusError as error:
                return (
                    None if port.scheme == "http" and "HTTPS server" in error.reason else talk.refused(error)
                )
            except (CannotConnectError, UnknownHostError, TimedOutError) as error:
                return talk.silent(error)
            except LiveError as error:
                return Odd(port, error.message, error.hint)


class _Talk(Struct, frozen=True):
    """The requests to one server."""

    probe: Probe
    port: Port
    client: Client
    until: float

    def page(self) -> Seen:
        """The page at /metrics, or where else exporters have theirs."""
        first = self._ask(_PAGE)
        page = self._page_of(first)
        if not page.samples:
            return self._elsewhere() or Odd(self.port, *self._no_page(first))
        return self._told(page, first)

    def refused(self, error: HttpStatusError) -> Seen:
        """What follows from a status of 400 and more."""
        if llama.is_router(error):
            return self._router()
        if error.status in (401, 403):
            return self._login(error)
        if llama.is_closed(error):
            return Odd(self.port, f"{self.client.url}: a llama-server that shows no metrics",
                       "start it with `--metrics`")  # fmt: skip
        if llama.is_loading(error):
            return Odd(self.port, f"{self.client.url}: a llama-server that is loading its model",
                       "look again when it is ready")  # fmt: skip
        if error.status == 404:  # noqa: PLR2004
            found = self._elsewhere() or self._ollama()
            if found:
                return found
        return Odd(self.port, error.message, self._hint(error))

    def silent(self, error: LiveError) -> Seen:
        """Nobody there, or somebody who is too slow: a connection tells."""
        if isinstance(error, UnknownHostError):
            return Silent(self.port, "unknown host", error.message, error.hint)
        if isinstance(error, TimedOutError):
            if _accepts(self.probe.asked.address, self.port.number):
                return Odd(self.port, error.message, error.hint)
            return Silent(self.port, "slow", error.message, "is the host up, and no firewall between?")
        if "nobody listens" in error.message:
            return Silent(self.port, "refused", error.message, error.hint)
        if "no way to" in error.message:
            return Silent(self.port, "unreachable", error.message, error.hint)
        return Odd(self.port, error.message, error.hint)

    def _ask(self, path: str) -> Answer:
        left = max(min(self.client_timeout, self.until - time.monotonic()), 0.01)
        return self.client.send("GET", path, params=llama.HARMLESS, accept=_TEXT, timeout=left)

    @property
    def client_timeout(self) -> float:
        """Seconds for one request."""
        return self.probe.connection.timeout

    @staticmethod
    def _page_of(answer: Answer) -> Page:
        """The page of an answer; none where it is a web page, whatever stands in it."""
        if is_html(answer.body) or b"\0" in answer.body:
            return Page()
        return parse(answer.text)

    def _told(self, page: Page, answer: Answer) -> Seen:
        """The exporter of a page that has samples."""
        recognised = self.probe.recogniser.recognise(page)
        if recognised is None:
            names = ", ".join(f"{cleaned(begin, longest=40)}..." for begin in prefixes(page))
            return Odd(self.port, f"{answer.url}: metrics of nothing that monogen knows ({names})",
                       "a catalog of your own can describe it: docs/catalog.md")  # fmt: skip
        notes = [*_format_notes(page, answer)]
        if recognised.rivals:
            others = ", ".join(recognised.rivals)
            notes.append(
                f"{answer.url}: metrics of {others} are on the same page; only {recognised.kind} is taken"
            )
        by = f"{recognised.own} of its metrics"
        path = answer.url.removeprefix(self.client.url) or _PAGE
        found = Found(self.port, recognised.kind, by, path, page, notes=tuple(notes))
        if recognised.kind != "llama-server":
            return found
        models = llama.models(self.client) or []
        return replace(found, model=short_name(models[0].name) if len(models) == 1 else "")

    def _elsewhere(self) -> Seen | None:
        """A page at another path that some exporter has."""
        for path in self.probe.recogniser.paths():
            try:
                answer = self._ask(path)
            except LiveError:
                continue
            page = self._page_of(answer)
            if page.samples and self.probe.recogniser.recognise(page):
                return self._told(page, answer)
        return None

    def _ollama(self) -> Odd | None:
        """Ollama itself, at its own port only."""
        if self.port.number != OLLAMA:
            return None
        try:
            text = self._ask("/").text
        except LiveError:
            return None
        if "Ollama is running" not in text[:100]:
            return None
        return Odd(self.port, f"{self.client.url}: Ollama runs here, and has no metrics of its own",
                   "run ollama-exporter or ollama-proxy beside it: docs/servers.md")  # fmt: skip

    def _router(self) -> Seen:
        """A llama-server in router mode: its list of models, and no page, which might load one."""
        models = llama.models(self.client)
        by = "what a router answers"
        if not models:
            return Odd(self.port, f"{self.client.url}: a llama-server in router mode that lists no models",
                       "add an entry for each model: docs/servers.md, Router")  # fmt: skip
        notes = []
        if len(models) > llama.MOST_MODELS:
            what = f"{len(models)} models are offered, the first {llama.MOST_MODELS} are taken"
            notes.append(f"{self.client.url}: {what}")
        kept = tuple(models[: llama.MOST_MODELS])
        return Found(self.port, "llama-server", by, models=kept, router=True, notes=tuple(notes))

    def _login(self, error: HttpStatusError) -> Seen:
        """Somebody who wants to know who asks: known by the header ``Server``, or guessed by the port."""
        wants: Login = "basic" if _scheme(error) == "basic" else "bearer"
        refused = self.client.credentials
        what = f"{self.client.url}: "
        what += f"{refused} was refused" if refused else "a login is wanted"
        what += f" ({error.status})"
        key = _KEY if refused else _KEY + _SEE
        if llama.is_llama(error):
            by = "the header `Server`"
            return Found(self.port, "llama-server", by, login=wants, notes=(f"{what}{key}",))
        kinds = self.probe.recogniser.at_port(self.port.number)
        if not kinds:
            hint = "to see what it is, name the port and give credentials (--token-file, --user)"
            return Odd(self.port, what, "is it the right one, and not expired?" if refused else hint)
        by = f"port {self.port.number} and the answer {error.status}"
        path = self.probe.recogniser.kinds[kinds[0]].path
        notes = (f"{what}; by its port it may be {' or '.join(kinds)}{key}",)
        return Found(self.port, kinds[0], by, path, certain=False, login=wants, notes=notes)

    def _no_page(self, answer: Answer) -> tuple[str, str]:
        """Why an answer of 200 is no page."""
        if is_html(answer.body):
            what = "a web page came instead of metrics"
        elif not answer.body.strip():
            what = "the answer is empty"
        elif b"\0" in answer.body:
            what = "binary data came instead of metrics"
        else:
            kind = cleaned(answer.headers.get("Content-Type", ""), longest=40)
            what = "the answer is no page of metrics" + (f" (it says `{kind}`)" if kind else "")
        return f"{answer.url}: {what}", "something else than an exporter uses this port"

    def _hint(self, error: HttpStatusError) -> str:
        if error.status == 503:  # noqa: PLR2004
            kinds = self.probe.recogniser.at_port(self.port.number)
            if "llama-swap" in kinds:
                return "a llama-swap answers so while its performance monitoring is off: docs/servers.md"
            if "macmon" in kinds:
                return "macmon answers so until its first sample: look again in a few seconds"
        return error.hint if error.status >= 500 else "something else than an exporter may use this port"  # noqa: PLR2004


def _format_notes(page: Page, answer: Answer) -> list[str]:
    """What Prometheus would not take of a page that a patient reader understands."""
    notes = []
    if page.broken:
        notes.append(
            f"{answer.url}: line {page.broken} is no sample, and Prometheus refuses the whole page for it"
        )
    stated = answer.headers.get("Content-Type", "")
    if not stated.lower().startswith(_TYPES):
        shown = cleaned(stated, longest=40) or "no Content-Type"
        notes.append(
            f"{answer.url}: it says `{shown}`, and Prometheus 3 refuses such a page unless "
            "`fallback_scrape_protocol` is set for the job"
        )
    return notes


def _scheme(error: HttpStatusError) -> str:
    """The first word of WWW-Authenticate, in small letters."""
    words: Any = error.headers.get("WWW-Authenticate", "").split()
    return str(words[0]).lower() if words else ""


def _accepts(address: str, port: int) -> bool:
    """Whether somebody takes a connection there."""
    try:
        with socket.create_connection((address, port), timeout=_ACCEPTING):
            return True
    except OSError:
        return False
