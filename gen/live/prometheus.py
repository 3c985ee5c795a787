"""A Prometheus server, asked over its HTTP API: queries, series, rules, targets, metadata, status.

    with Prometheus(url, connection) as server:
        server.query('up{fleet="homelab"}')            # tuple of Sample
        server.query_range(expr, start, end, step)      # tuple of Line
        server.ask_all([expr, ...])                     # many at once, each an answer or an error

It speaks what Prometheus, Thanos, Mimir and VictoriaMetrics have in common. The URL carries a prefix where
there is one (Mimir: ``http://mimir/prometheus``, its tenant is the header X-Scope-OrgID). Expressions are
sent as a form, since they may be longer than a URL may be. What goes wrong is a LiveError: the server's own
refusal of an expression is RefusedError, a part of the API that it does not have NotOfferedError. What a
server says beside an answer (a store that did not answer, a result that was cut) is kept in ``warnings``:
such an answer may be a part of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from monogen.live.client import Client
from monogen.live.errors import (
    BadAnswerError,
    HttpStatusError,
    LiveError,
    NotJsonError,
    TimedOutError,
    TooLargeError,
)
from monogen.live.settings import Connection
from monogen.quantities import parse_duration
from msgspec import Struct, field

AT_ONCE = 4
"""Questions that are under way at the same time: a server has work of its own."""

MAX_BYTES = 256 * 2**20
"""The biggest answer that is read: the rules of 10,000 hosts are some 40 MB."""

MOST_TIMEOUTS = 3
"""Questions in one go that may take too long before the server is given up."""

SHOWN = 120
"""Letters of an expression that an error repeats."""

_NOT_OFFERED = frozenset({403, 404, 405, 410, 501})
_SAYS_UNSUPPORTED = ("unsupported path", "not implemented", "not supported", "not found")


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


class RefusedError(LiveError):
    """The server does not answer this expression: it cannot be read, takes too long, touches too much.

    ``kind`` is the API's errorType: "bad_data", "execution", "timeout", "canceled", ...
    """

    def __init__(self, message: str, hint: str = "", kind: str = "") -> None:
        """Keep the kind."""
        super().__init__(message, hint)
        self.kind = kind


class NotOfferedError(LiveError):
    """The server does not have this part of the API, or does not let us at it."""


class Sample(Struct, frozen=True):
    """One series of an instant query; ``time`` in seconds since 1970."""

    labels: Mapping[str, str]
    time: float
    value: float


class Line(Struct, frozen=True):
    """One series of a range query: (seconds since 1970, value), in the order of time."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class Target(Struct, frozen=True):
    """An active target. ``health`` is "up", "down" or "unknown" (not scraped yet).

    ``discovered`` are the labels before relabeling (``__address__``, ``__metrics_path__``), empty where the
    server does not tell them; ``last_scrape`` is seconds since 1970, 0 for never.
    """

    labels: Mapping[str, str]
    discovered: Mapping[str, str]
    pool: str
    url: str
    health: str
    error: str
    last_scrape: float


class LoadedRule(Struct, frozen=True):
    """A rule as the server runs it; ``health`` is "ok", "err" or "unknown" (not evaluated yet).

    ``expr`` is in the server's own spelling, ``seconds`` what the last evaluation took, ``last`` when it
    was (seconds since 1970, 0 for never), ``hold`` the alert's ``for`` in seconds.
    """

    name: str
    expr: str
    alert: bool
    labels: Mapping[str, str]
    health: str
    error: str
    seconds: float
    last: float
    hold: float = 0.0


class LoadedGroup(Struct, frozen=True):
    """A group of rules as the server runs it; ``interval`` in seconds."""

    name: str
    file: str
    interval: float
    seconds: float
    last: float
    rules: tuple[LoadedRule, ...]


class Build(Struct, frozen=True):
    """What the server calls itself; "" where it does not tell."""

    version: str = ""
    product: str = ""

    def __str__(self) -> str:
        """ "Prometheus 3.5.0"."""
        return " ".join(filter(None, (self.product or "a server", self.version)))


class Metadata(Struct, frozen=True):
    """What exporters say about a metric."""

    type: str
    help: str
    unit: str


class Database(Struct, frozen=True):
    """The head of the storage: its series, and the metrics that have most of them."""

    series: int
    by_name: Mapping[str, int] = field(default_factory=_empty)


T = TypeVar("T")


class Prometheus:
    """A server; see the module. Threads may share one."""

    def __init__(
        self,
        url: str,
        connection: Connection = Connection(),  # noqa: B008  it is frozen
        *,
        at_once: int = AT_ONCE,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Nothing is sent yet. ``at_once`` bounds how many questions ``ask_all`` has under way.

        Where ``moment`` is set (seconds since 1970), instant queries are of that moment, so that their
        answers fit together.
        """
        self._client = Client(url, connection, max_bytes=max_bytes)
        self._at_once = at_once
        self.moment: float | None = None
        self.warnings: dict[str, None] = {}
        self.questions = 0

    @property
    def url(self) -> str:
        """The server's URL, without secrets."""
        return self._client.url

    def query(self, expr: str, at: float | None = None) -> tuple[Sample, ...]:
        """The result of an instant query, now or ``at``; a scalar is one series without labels."""
        at = self.moment if at is None else at
        form = {"query": expr} if at is None else {"query": expr, "time": f"{at:.3f}"}
        data = self._asked("query", form, expr)
        return self._read(_samples, data)

    def query_range(self, expr: str, start: float, end: float, step: float) -> tuple[Line, ...]:
        """The series between two times (seconds since 1970), a point every ``step`` seconds."""
        form = {"query": expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        return self._read(_lines, self._asked("query_range", form, expr))

    def samples(self, selector: str, at: float) -> tuple[Line, ...]:
        """The samples as they are stored, of a selector with a range that ends ``at``: ``up[1h]``."""
        form = {"query": selector, "time": f"{at:.3f}"}
        return self._read(_lines, self._asked("query", form, selector))

    def ask_all(
        self, exprs: Iterable[str], at: float | None = None
    ) -> dict[str, tuple[Sample, ...] | LiveError]:
        """The answers of many instant queries, each asked once; of one that fails, its error.

        Raises the error instead where the server as a whole cannot be asked any more.
        """
        different = list(dict.fromkeys(exprs))
        slow: list[str] = []

        def ask(expr: str) -> tuple[Sample, ...] | LiveError:
            try:
                return self.query(expr, at)
            except (RefusedError, TooLargeError) as error:
                return error
            except TimedOutError as error:
                slow.append(expr)
                if len(slow) > MOST_TIMEOUTS:
                    raise
                return error

        return dict(zip(different, self.at_once([partial(ask, one) for one in different]), strict=True))

    def at_once(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do jobs side by side, a bounded number at a time; the first error ends it."""
        pool = ThreadPoolExecutor(self._at_once)
        try:
            waiting = [pool.submit(job) for job in jobs]
            return [one.result() for one in waiting]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def series(
        self, matches: Sequence[str], start: float | None = None, end: float | None = None
    ) -> tuple[Mapping[str, str], ...]:
        """The labels of every series that one of these selectors matches."""
        data = self._asked("series", [*(("match[]", one) for one in matches), *_between(start, end)])
        return self._read(lambda found: tuple(_labels(one) for one in _list(found)), data)

    def label_values(
        self, label: str, matches: Sequence[str] = (), start: float | None = None, end: float | None = None
    ) -> tuple[str, ...]:
        """The values that a label has in the series that match."""
        params = [*(("match[]", one) for one in matches), *_between(start, end)]
        data = self._got(f"label/{label}/values", params)
        return self._read(lambda found: tuple(str(one) for one in _list(found)), data)

    def targets(self) -> tuple[Target, ...]:
        """The active targets. Raises NotOfferedError where the server scrapes nothing itself."""
        data = self._offered("targets", [("state", "active")])
        return self._read(lambda found: tuple(_target(one) for one in _list(found["activeTargets"])), data)

    def rules(self, names: Sequence[str] = ()) -> tuple[LoadedGroup, ...]:
        """The loaded groups. Raises NotOfferedError.

        With ``names`` only rules of these names are asked for; an old server answers with all of them.
        """
        only = [("rule_name[]", name) for name in names]
        data = self._offered("rules", [("exclude_alerts", "true"), *only])
        return self._read(lambda found: tuple(_group(one) for one in _list(found["groups"])), data)

    def metadata(self, metric: str) -> tuple[Metadata, ...]:
        """What exporters say about a metric; empty where nobody does. Raises NotOfferedError."""
        data = self._offered("metadata", [("metric", metric)])
        return self._read(
            lambda found: tuple(
                Metadata(_text(one.get("type")), _text(one.get("help")), _text(one.get("unit")))
                for one in _list(found.get(metric, []))
            ),
            data,
        )

    def build(self) -> Build:
        """What the server calls itself. Raises NotOfferedError."""
        return self._read(_build, self._offered("status/buildinfo", []))

    def database(self) -> Database:
        """How many series are in the head, and of which metrics most. Raises NotOfferedError."""
        return self._read(_database, self._offered("status/tsdb", [("limit", "20")]))

    def retention(self) -> float | None:
        """Seconds that samples are kept, None where only their size is bounded. Raises NotOfferedError."""
        return self._read(_retention, self._offered("status/runtimeinfo", []))

    def loaded_at(self) -> float:
        """When the configuration was loaded, in seconds since 1970; 0 unknown. Raises NotOfferedError."""
        data = self._offered("status/runtimeinfo", [])
        return self._read(lambda found: _moment(found.get("lastConfigTime")), data)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """The server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.close()

    # ---- requests

    def _asked(self, path: str, form: Any, expr: str = "") -> Any:
        try:
            return self._data(self._client.post(f"/api/v1/{path}", form=form, safe=True))
        except HttpStatusError as error:
            raise self._refused(error, expr) from None

    def _got(self, path: str, params: Sequence[tuple[str, str]]) -> Any:
        try:
            return self._data(self._client.get(f"/api/v1/{path}", params))
        except HttpStatusError as error:
            raise self._refused(error, "") from None

    def _offered(self, path: str, params: Sequence[tuple[str, str]]) -> Any:
        """A part of the API that not every server has."""
        try:
            return self._data(self._client.get(f"/api/v1/{path}", params))
        except HttpStatusError as error:
            said = error.reason.lower()
            if error.status in _NOT_OFFERED or any(words in said for words in _SAYS_UNSUPPORTED):
                raise NotOfferedError(f"the server does not offer /api/v1/{path}: {error.status}") from None
            raise
        except NotJsonError:
            raise NotOfferedError(
                f"the server does not offer /api/v1/{path}: no JSON comes from there"
            ) from None

    def _data(self, body: Any) -> Any:
        self.questions += 1
        if not isinstance(body, Mapping) or body.get("status") not in ("success", "error"):
            raise self._no_prometheus()
        if body["status"] == "error":
            # Some proxies make a 200 of everything.
            said = self._client.cleaned(_text(body.get("error")))
            raise RefusedError(f"{self.url}: {said}", kind=_text(body.get("errorType")))
        for words in (*_listed(body.get("warnings")), *_listed(body.get("infos"))):
            if "PromQL info" not in words:
                self.warnings[self._client.cleaned(words)] = None
        return body.get("data")

    def _refused(self, error: HttpStatusError, expr: str) -> LiveError:
        """The server's own error, as the API tells it; the HTTP error itself where it is none of those."""
        data = error.data
        if not isinstance(data, Mapping) or data.get("status") != "error" or "errorType" not in data:
            return error
        shown = " ".join(expr.split())
        shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."
        asked = f" `{shown}`" if shown else ""
        kind = self._client.cleaned(_text(data["errorType"]))
        hint = _HINTS.get(kind, "")
        return RefusedError(f"{self.url}: the server does not answer{asked}: {error.reason}", hint, kind)

    def _read(self, reader: Callable[[Any], T], data: Any) -> T:
        """What a reader makes of an answer, which must follow the API."""
        try:
            return reader(data)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise self._no_prometheus() from None

    def _no_prometheus(self) -> LiveError:
        return BadAnswerError(
            f"{self.url}: JSON came, but not as Prometheus answers",
            "is this the address of a Prometheus, with its prefix? Mimir's is http://HOST/prometheus",
        )


_HINTS = {
    "timeout": "the server is overloaded, or its --query.timeout is short",
    "execution": "the server's log says more; --query.max-samples bounds what a query may touch",
}


def _between(start: float | None, end: float | None) -> list[tuple[str, str]]:
    given = (("start", start), ("end", end))
    return [(name, f"{value:.3f}") for name, value in given if value is not None]


def _samples(data: Any) -> tuple[Sample, ...]:
    kind, result = data["resultType"], data["result"]
    if kind in ("scalar", "string"):
        time, value = result
        return (Sample({}, float(time), float(value) if kind == "scalar" else math.nan),)
    return tuple(_sample(one) for one in _list(result))


def _sample(one: Any) -> Sample:
    # A native histogram has no value; that it is there is what counts.
    time, value = one["value"] if "value" in one else (one["histogram"][0], "NaN")
    return Sample(_labels(one["metric"]), float(time), float(value))


def _lines(data: Any) -> tuple[Line, ...]:
    return tuple(
        Line(_labels(one["metric"]), tuple((float(t), float(v)) for t, v in one.get("values", ())))
        for one in _list(data["result"])
    )


def _target(one: Any) -> Target:
    return Target(
        labels=_labels(one["labels"]),
        discovered=_labels(one.get("discoveredLabels") or {}),
        pool=_text(one.get("scrapePool")),
        url=_text(one.get("scrapeUrl")),
        health=_text(one.get("health")) or "unknown",
        error=_text(one.get("lastError")),
        last_scrape=_moment(one.get("lastScrape")),
    )


def _group(one: Any) -> LoadedGroup:
    return LoadedGroup(
        name=str(one["name"]),
        file=_text(one.get("file")),
        interval=float(one.get("interval") or 0),
        seconds=float(one.get("evaluationTime") or 0),
        last=_moment(one.get("lastEvaluation")),
        rules=tuple(_rule(rule) for rule in _list(one.get("rules") or [])),
    )


def _rule(one: Any) -> LoadedRule:
    return LoadedRule(
        name=str(one["name"]),
        expr=_text(one.get("query")),
        alert=one.get("type") == "alerting",
        labels=_labels(one.get("labels") or {}),
        health=_text(one.get("health")) or "unknown",
        error=_text(one.get("lastError")),
        seconds=float(one.get("evaluationTime") or 0),
        last=_moment(one.get("lastEvaluation")),
        hold=float(one.get("duration") or 0),
    )


def _build(data: Any) -> Build:
    version = _text(data.get("version"))
    # Mimir calls itself by `application`; VictoriaMetrics poses as a Prometheus 2.24.
    product = _text(data.get("application")) or "Prometheus"
    return Build(version, product)


def _retention(data: Any) -> float | None:
    """ "15d", "15d or 10GB", or "10GB"."""
    first = _text(data.get("storageRetention")).partition(" or ")[0]
    try:
        return parse_duration(first) or None
    except ValueError:
        return None


def _database(data: Any) -> Database:
    stats = data.get("headStats") or {}
    by_name = {
        str(one["name"]): int(one["value"]) for one in _list(data.get("seriesCountByMetricName") or [])
    }
    return Database(int(stats.get("numSeries") or data.get("totalSeries") or 0), by_name)


def _labels(data: Any) -> dict[str, str]:
    if not isinstance(data, Mapping):
        raise TypeError(data)
    return {str(name): str(value) for name, value in data.items()}


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError(data)
    return data


def _listed(data: Any) -> list[str]:
    return [one for one in data if isinstance(one, str)] if isinstance(data, list) else []


def _text(data: Any) -> str:
    return data if isinstance(data, str) else ""


def _moment(data: Any) -> float:
    """Seconds since 1970 of a time as Go writes it; 0 for its zero time and for what is none."""
    if not isinstance(data, str) or data.startswith("0001-"):
        return 0.0
    try:
        # Go writes nanoseconds, Python reads microseconds.
        head, dot, rest = data.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        zone = rest[len(digits) :] if dot else ""
        return datetime.fromisoformat(head + (f".{digits[:6]:0<6}" if dot else "") + zone).timestamp()
    except ValueError:
        return 0.0
