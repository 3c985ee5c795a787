"""The Serving board: what do the model servers do, how fast, and has their host room left?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grafanalib import core
from monogen.dashboards import colours, links, panels, shared, variables
from monogen.dashboards.finish import finish
from monogen.dashboards.layout import STRIP_HEIGHT, Section, line, timeline_height
from monogen.dashboards.view import Query, View
from monogen.monitoring import Dashboard

GENERATED = "server:tokens_generated:rate5m"
PROMPT = "server:tokens_prompt:rate5m"
RUNNING = "server:requests_running"
WAITING = "server:requests_waiting"
KV_CACHE = "server:kv_cache_used:ratio"
TTFT = "server:time_to_first_token_seconds:p95_5m"
PER_REQUEST = "server:tokens_per_request:rate5m"
RESIDENT = "server:model_resident"

SERVERS = {
    "vllm": "vLLM",
    "llama-server": "llama-server",
    "sglang": "SGLang",
    "trtllm-serve": "trtllm-serve",
    "lmstudio": "LM Studio",
    "ollama-proxy": "Ollama (maravexa's exporter)",
    "ollama-exporter": "Ollama (lucavb's exporter)",
    "llama-swap": "llama-swap",
}
"""The kinds of model servers, as people call them."""

_NO_REQUESTS = frozenset({"ollama-exporter", "llama-swap"})
"""lucavb's exporter knows what is loaded and no more, llama-swap not even that."""

_NO_TOKENS = _NO_REQUESTS | {"ollama-proxy"}

NOT_EXPORTED: dict[str, frozenset[str]] = {
    GENERATED: _NO_TOKENS,
    PROMPT: _NO_TOKENS,
    RUNNING: _NO_REQUESTS,
    WAITING: _NO_TOKENS,
    KV_CACHE: _NO_TOKENS | {"llama-server", "lmstudio"},
    TTFT: _NO_TOKENS | {"llama-server"},
    PER_REQUEST: _NO_TOKENS,
    RESIDENT: frozenset({"llama-swap"}),
}
"""Which servers say nothing of a series, for the words in its place; a test holds it against the rules."""

TOKENS = "suffix: t/s"
LOADED = {"0": ("Not loaded", colours.GREY), "1": ("Loaded", "")}
MOST_TABLE_HEIGHT = 14
TIMELINE_ROWS = 4
"""Models of one host that a timeline has room for; more make it scroll."""


def wanted(view: View) -> bool:
    """Whether some host of the fleet runs a model server, be it one that only says what is loaded."""
    return view.has(RESIDENT)


def board(view: View) -> Dashboard:
    """The board of one host's model servers, chosen at its top, below all of the fleet."""
    return finish(
        view,
        "serving",
        "Serving",
        "What do the model servers do, how fast, and has their host room left?",
        [make(view) for group, make in SECTIONS.items() if view.wants(group)],
        [
            variables.chosen_host(view, RUNNING, RESIDENT),
            *variables.of_host(view, ("server", "model"), RUNNING, RESIDENT),
        ],
        one_host=True,
    )


def _chosen(view: View) -> str:
    """The matchers of the chosen host, its servers and models; All takes series without a model too."""
    return f"{view.host}, server=~`${{server:regex}}`, model=~`${{model:regex}}`"


def _silent(view: View, series: str) -> str:
    """Who of the fleet's servers exports no such thing: "llama-server does not export this", or ""."""
    present = {exporter.kind for host in view.fleet.hosts for exporter in host.exporters}
    names = [title for kind, title in SERVERS.items() if kind in present & NOT_EXPORTED[series]]
    if not names:
        return ""
    if len(names) == 1:
        return f"{names[0]} does not export this"
    return f"{', '.join(names[:-1])} and {names[-1]} do not export this"


def _absent(view: View, series: str, otherwise: str) -> str:
    """What a graph says in place of data."""
    silent = _silent(view, series)
    return f"{otherwise}, or: {silent}" if silent else otherwise


def _about(view: View, meaning: str, series: str) -> str:
    """A description: the meaning, who does not export it, and the series."""
    silent = _silent(view, series)
    return f"{meaning}{f' {silent}.' if silent else ''} Metric: `{series}`."


def _stat(view: View, title: str, meaning: str, how: str, series: str, **options: Any) -> core.Stat:
    """One number over the chosen servers and models; ``how`` is an expression with ``%s`` for them."""
    options.setdefault("absent", "not exported" if _silent(view, series) else "no data")
    queries = view.shown(Query(how % f"{series}{{{_chosen(view)}}}"))
    return panels.stat(title, _about(view, meaning, series), queries, **options)


def _summary(view: View) -> Section:
    stats = [
        _stat(view, "Tokens/s", "Generated per second by all that is chosen above.", "sum(%s)", GENERATED,
              unit=TOKENS, decimals=1, sparkline=colours.MODELS, size=30),
        _stat(view, "Running", "Requests being worked on.", "sum(%s)", RUNNING, decimals=0,
              sparkline=colours.MODELS),
        _stat(view, "Waiting", "Requests that wait for a place. For long above zero: more come than it can "
              "serve.", "sum(%s)", WAITING, decimals=0, sparkline=colours.STALLED),
        _stat(view, "First token p95", "The slowest of the chosen: 95 % of the requests of the last five "
              "minutes got their first token within this time. None: no request came.", "max(%s >= 0)",
              TTFT, unit="s", decimals=2, absent="none"),
        _stat(view, "Fullest KV", "The fullest KV cache of the chosen. Near 100 % requests wait or are "
              "computed again: fewer slots, or a shorter context.", "max(%s)", KV_CACHE, unit="percentunit",
              decimals=0, sparkline=colours.CACHE, share=True),
        _stat(view, "Models loaded", "Models in memory, of the chosen. One that is not costs the first "
              "request its loading time.", "count(%s) or vector(0)", RESIDENT, decimals=0),
    ]  # fmt: skip
    return Section("", (line(*((4, stat) for stat in stats), height=STRIP_HEIGHT),))


def _servers(view: View) -> Section:
    fleet = f'{{fleet="{view.fleet.name}"}}'
    columns = _columns(fleet)
    shown = {heading: query for heading, query in columns.items() if view.shown(query)}
    fields = {"instance": "Host", "server": "Server", "model": "Model"}
    fields |= {f"Value #{query.name}": heading for heading, query in shown.items()}
    series = [one for one in NOT_EXPORTED if one != PROMPT and view.has(one)]
    table = panels.table(
        "All servers of the fleet",
        "A line a server and model, whatever is chosen above; the host's name chooses it. Not loaded: was in "
        "memory in the chosen period and is not now, or sleeps. A silent server has no numbers. A "
        f"dash: no request, or not exported. Metrics: {', '.join(f'`{one}`' for one in series)}.",
        list(shown.values()),
        columns=fields,
        overrides=[*_name_columns(view), *_number_columns(shown)],
        sort=[(heading, True) for heading in ("Tokens/s", "Running") if heading in shown],
        absent="No model server answers: see the alerts of their hosts",
    )
    lines = sum(1 for host in view.fleet.hosts for one in host.exporters if one.kind in SERVERS)
    return Section("", (line((24, table), height=min(max(lines, 1) + 4, MOST_TABLE_HEIGHT)),))


def _columns(fleet: str) -> dict[str, Query]:
    """The table's numbers, each by the same three labels, so that they merge into one line."""
    by = "by (instance, server, model)"
    loaded = (
        f"max {by} ({RESIDENT}{fleet})\n"
        f"or max {by} ({RUNNING}{fleet}) * 0\n"
        f"or max {by} (max_over_time({RESIDENT}{fleet}[$__range])) * 0"
    )
    return {
        "Loaded": Query(loaded, "Loaded"),
        "Tokens/s": Query(f"sum {by} ({GENERATED}{fleet})", "Generated"),
        "Per request": Query(f"sum {by} ({PER_REQUEST}{fleet})", "PerRequest"),
        "Running": Query(f"sum {by} ({RUNNING}{fleet})", "Running"),
        "Waiting": Query(f"sum {by} ({WAITING}{fleet})", "Waiting"),
        "KV cache": Query(f"max {by} ({KV_CACHE}{fleet})", "Cache"),
        "First token": Query(f"max {by} ({TTFT}{fleet} >= 0)", "FirstToken"),
    }


def _name_columns(view: View) -> list[panels.Json]:
    here = links.from_cell(view, "serving", "Show ${__value.text} below")
    there = links.from_cell(view, "host", "Open ${__value.text}")
    return [
        colours.by_name("Host", custom__minWidth=110, links=[here, there], custom__filterable=True),
        colours.by_name("Server", custom__minWidth=90, custom__filterable=True),
        colours.by_name("Model", custom__minWidth=180, custom__filterable=True),
    ]


def _number_columns(shown: dict[str, Query]) -> list[panels.Json]:
    width: panels.Json = {"custom__width": 100}
    looks: dict[str, panels.Json] = {
        "Loaded": {"mappings": [colours.words(LOADED)], "custom__cellOptions": {"type": "color-text"}},
        "Tokens/s": {"unit": TOKENS, "decimals": 1},
        "Per request": {"unit": TOKENS, "decimals": 1},
        "Running": {"decimals": 0},
        "Waiting": {"decimals": 0},
        "KV cache": {"unit": "percentunit", "decimals": 0},
        "First token": {"unit": "s", "decimals": 2},
    }
    return [colours.by_name(heading, **width, **look) for heading, look in looks.items() if heading in shown]


def _lines(
    view: View,
    title: str,
    meaning: str,
    series: str,
    unit: str,
    otherwise: str,
    only: str = "",
    **options: Any,
) -> core.TimeSeries:
    """A line for each of the chosen servers and models; ``only`` is a comparison that drops values."""
    return panels.timeseries(
        title,
        _about(view, meaning, series),
        view.shown(Query(f"{series}{{{_chosen(view)}}}{only}", "{{server}} {{model}}")),
        unit=unit,
        absent=_absent(view, series, otherwise),
        **options,
    )


NOT_ANSWERING = "No server answers on this host"


def _speed(view: View) -> Section:
    charts = [
        _lines(view, "Tokens per second", "Generated, all requests of a server together.", GENERATED, TOKENS,
               NOT_ANSWERING),
        _lines(view, "Tokens per second per request", "What one person sees: tokens generated over requests "
               "that run. It falls as more run at once; far below what it was last week with few requests: "
               "look at the GPU's clock.", PER_REQUEST, TOKENS, "No request ran"),
        _lines(view, "Prompt tokens per second", "Prompts read. High while few tokens come out: long ones. "
               "What a server takes from its cache may not be in it.", PROMPT, TOKENS, NOT_ANSWERING),
    ]  # fmt: skip
    return Section("Speed", (line(*((8, chart) for chart in charts)),))


def _requests(view: View) -> Section:
    charts = [
        _lines(view, "Requests running", "Requests that a server works on now. Running without tokens: it is "
               "stuck.", RUNNING, "none", NOT_ANSWERING, soft_maximum=1),
        _lines(view, "Requests waiting", "Requests that wait for a place. Growing: more come than the server "
               "can serve.", WAITING, "none", NOT_ANSWERING, soft_maximum=1),
        _lines(view, "Time to first token, p95", "95 % of the requests of the last five minutes got their "
               "first token within this time. Long with nothing waiting: long prompts, or a model that "
               "loads.", TTFT, "s", "No request in this period", only=" >= 0"),
    ]  # fmt: skip
    return Section("Requests", (line(*((8, chart) for chart in charts)),))


def _room(view: View) -> Section:
    charts = [_kv_cache(view), _memory(view), shared.gpu_busy(view)]
    loaded = line((24, _loaded(view)), height=timeline_height(TIMELINE_ROWS))
    return Section("Room", (loaded, line(*((8, chart) for chart in charts))))


def _kv_cache(view: View) -> core.TimeSeries:
    return _lines(
        view,
        "KV cache",
        "Share of the KV cache in use. Near 1 requests wait or are computed again.",
        KV_CACHE,
        "percentunit",
        NOT_ANSWERING,
        maximum=1,
    )


def _loaded(view: View) -> core.StateTimeline:
    return panels.state_timeline(
        "When each model was loaded",
        "When each model was in memory; a gap is when it was not, or its server did not answer. Two at once "
        f"must fit together. Metric: `{RESIDENT}`.",
        view.shown(Query(f"{RESIDENT}{{{_chosen(view)}}}", "{{server}} {{model}}")),
        states={"1": ("Loaded", colours.MODELS)},
        absent="No model was loaded in this period",
    )


def _memory(view: View) -> core.TimeSeries:
    """The host's memory beside its servers: room for models where the fleet knows it, and RAM."""
    headroom, low, ram = (
        "host:model_headroom_bytes", "host:model_headroom_low_bytes", "host:memory_available_bytes",
    )  # fmt: skip
    known: Sequence[str] = [series for series in (headroom, low, ram) if view.has(series)]
    about = " Below the red line (unified memory) the alert fires: unload a model." if view.has(low) else ""
    return panels.timeseries(
        "Memory left",
        "What this host has left for models (of the unified memory, or of all framebuffers), and RAM that is "
        f"available.{about} Metrics: {', '.join(f'`{series}`' for series in known)}.",
        view.shown(
            Query(f"{headroom}{{{view.host}}}", "For models"),
            Query(f"{ram}{{{view.host}}}", "RAM available"),
            Query(f"{low}{{{view.host}}}", "Alert below"),
        ),
        unit="bytes",
        soft_maximum=16 * shared.GIB,
        absent="No memory data: does node_exporter answer?",
        overrides=[
            *colours.lines({"For models": colours.MODELS, "RAM available": colours.FREE}),
            colours.by_name("Alert below", **panels.limit_line("red")),
        ],
    )


SECTIONS: dict[str, Callable[[View], Section]] = {
    "summary": _summary,
    "servers": _servers,
    "speed": _speed,
    "requests": _requests,
    "room": _room,
}
"""The rows of the board, by the name ``groups`` knows them."""
