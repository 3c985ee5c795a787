"""The Tiers and cost board: who answers, local or frontier models, and what does a local token cost?

Amounts of the chosen period are summed from recorded rates and powers in steps of five minutes, the
window of the rates: exact for rates, and a gap counts as nothing. (An average over the period times
its length would make up what was never measured.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grafanalib import core
from monogen.dashboards import colours, panels
from monogen.dashboards.finish import finish
from monogen.dashboards.layout import STRIP_HEIGHT, Cell, Line, Section, line
from monogen.dashboards.view import Query, View
from monogen.monitoring import Dashboard

REQUESTS = "tier:requests:rate5m"
TOKENS = "tier:tokens:rate5m"
SPEND = "tier:spend_usd:rate5m"
FALLBACKS = "tier:fallbacks:rate5m"
POWER = "host:gpu_power_watts"
RESIDENT = "server:model_resident"
ELECTRICITY = "monogen:electricity_price_per_kwh"
FRONTIER = "monogen:frontier_price_usd_per_million"

STEP = 300
"""Seconds between the values that are summed: the window of the rates."""

JOULE_PER_KWH = 3_600_000
MILLION = 1_000_000
SECONDS_PER_HOUR = 3600

TIERS = {"local": "Local", "frontier": "Frontier"}
COLOURS = {"Local": "#37a37c", "Frontier": colours.BUDGET}
NO_PROXY = "LiteLLM answered no request"
NO_TOKENS = "no tokens"
COMPARISON_HEIGHT = 13


def wanted(view: View) -> bool:
    """Whether some host of the fleet runs a LiteLLM proxy."""
    return view.has(REQUESTS)


def board(view: View) -> Dashboard:
    """The board of the whole fleet: one question, who answers and at what cost."""
    return finish(
        view,
        "tiers",
        "Tiers and cost",
        "Who answers, local or frontier models, and what does a local token cost?",
        [make(view) for group, make in SECTIONS.items() if view.wants(group)],
        [],
        one_host=False,
        since="now-24h",
    )


def _frontier_priced(view: View) -> bool:
    """Whether both prices of the frontier are stated: with one alone the comparison would flatter it."""
    stated = view.fleet.frontier
    return view.has(FRONTIER) and stated.input_price is not None and stated.output_price is not None


def _select(view: View, series: str, more: str = "") -> str:
    return f'{series}{{fleet="{view.fleet.name}"{more}}}'


def _tier(view: View, series: str, tier: str) -> str:
    return _select(view, series, f', tier="{tier}"')


def _summed(selected: str) -> str:
    """The amount of each series over the chosen period: of a rate its increase, of watts its joules."""
    return f"sum_over_time({selected}[$__range:{STEP // 60}m]) * {STEP}"


def _total(selected: str) -> str:
    """The same of all series together."""
    return f"sum({_summed(selected)})"


def _energy(view: View) -> str:
    """Joules that the GPUs of hosts drew in the period in which these had a model loaded at some time."""
    served = f"count_over_time({_select(view, RESIDENT)}[$__range:{STEP // 60}m])"
    return f"sum(\n  {_summed(_select(view, POWER))}\n  and on (instance) {served}\n)"


def _power(view: View) -> str:
    """Watts of the same hosts' GPUs over time."""
    served = f"count_over_time({_select(view, RESIDENT)}[$__range:{STEP // 60}m] @ end())"
    return f"sum({_select(view, POWER)} and on (instance) {served})"


def _per_million(amount: str, tokens: str) -> str:
    """The amount for a million tokens; nothing where there were none."""
    return f"{amount}\n/ ({tokens} > 0) * {MILLION}"


def _local_tokens(view: View) -> str:
    return _total(_tier(view, TOKENS, "local"))


def _kwh_per_million(view: View) -> str:
    return _per_million(f"{_energy(view)} / {JOULE_PER_KWH}", _local_tokens(view))


def _priced(view: View, kwh: str) -> str:
    """Kilowatt hours times what one costs, by currency."""
    return f"({kwh})\n* on () group_right () max by (currency) ({_select(view, ELECTRICITY)})"


def _at_frontier_price(view: View) -> str:
    """USD that the period's local tokens would have cost, input and output each at its price."""
    tokens = f"sum by (direction) ({_summed(_tier(view, TOKENS, 'local'))})"
    price = f"max by (direction) ({_select(view, FRONTIER)})"
    return f"sum(\n  {tokens} / {MILLION}\n  * on (direction) {price}\n)"


def _summary(view: View) -> Section:
    stats = [
        _local_share(view, "Requests local", "Requests that a local model answered", REQUESTS),
        _local_share(view, "Tokens local", "Tokens, input and output, that a local model served", TOKENS),
        _requests(view), _fallbacks_counted(view), _spend(view), _spend_now(view),
    ]  # fmt: skip
    return Section("", (line(*((4, stat) for stat in stats), height=STRIP_HEIGHT),))


def _local_share(view: View, title: str, what: str, series: str) -> core.Stat:
    local, both = _total(_tier(view, series, "local")), _total(_select(view, series))
    return panels.stat(
        title,
        f"{what}, of all in the chosen period. What a frontier model rescued counts as frontier. Metric: "
        f"`{series}`.",
        view.shown(Query(f"({local} or vector(0))\n/ ({both} > 0)")),
        unit="percentunit",
        decimals=0,
        absent="no traffic",
        share=True,
    )


def _requests(view: View) -> core.Stat:
    return panels.stat(
        "Requests",
        "Requests that LiteLLM answered in the chosen period. From rates, so a request may be missing where "
        f"a counter began. Metric: `{REQUESTS}`.",
        view.shown(Query(_total(_select(view, REQUESTS)))),
        unit="short",
        decimals=0,
        absent="no traffic",
    )


def _fallbacks_counted(view: View) -> core.Stat:
    return panels.stat(
        "Fallbacks",
        "Requests for a local model that another model rescued, in the chosen period. Many: look whether the "
        f"local server is down, full or too slow. Metric: `{FALLBACKS}`.",
        view.shown(Query(f"{_total(_select(view, FALLBACKS))}\nor vector(0)")),
        unit="short",
        decimals=0,
        absent="0",
    )


def _spend(view: View) -> core.Stat:
    return panels.stat(
        "Spend",
        "In the chosen period, as LiteLLM counts it: from its own price list, 0 for a model without a price. "
        f"The bill decides. Metric: `{SPEND}`.",
        view.shown(Query(_total(_select(view, SPEND)))),
        unit="currencyUSD",
        decimals=2,
        absent="no traffic",
    )


def _spend_now(view: View) -> core.Stat:
    return panels.stat(
        "Spend per hour",
        f"At the pace of the last five minutes, as LiteLLM counts it. Metric: `{SPEND}`.",
        view.shown(Query(f"sum({_select(view, SPEND)}) * {SECONDS_PER_HOUR}")),
        unit="currencyUSD",
        decimals=2,
        absent="no traffic",
        sparkline=COLOURS["Frontier"],
    )


def _who_answers(view: View) -> Section:
    charts = (
        _shares(view),
        _by_tier(view, "Requests by tier", "Requests that LiteLLM answered, by who answered.", REQUESTS,
                 "reqps"),
        _by_tier(view, "Tokens by tier", "Tokens per second, input and output together, by who served them.",
                 TOKENS, "suffix: t/s"),
    )  # fmt: skip
    return Section("Who answers", (line(*((8, chart) for chart in charts)),))


def _shares(view: View) -> core.TimeSeries:
    def share(series: str) -> str:
        local, both = _tier(view, series, "local"), _select(view, series)
        return f"(sum({local}) or vector(0))\n/ (sum({both}) > 0)"

    return panels.timeseries(
        "Served locally",
        "Share of the requests and of the tokens (input and output) that local models served. A gap: nobody "
        f"asked. Metrics: `{REQUESTS}`, `{TOKENS}`.",
        view.shown(Query(share(REQUESTS), "Requests"), Query(share(TOKENS), "Tokens")),
        unit="percentunit",
        maximum=1,
        absent=NO_PROXY,
        overrides=colours.lines({"Requests": COLOURS["Local"], "Tokens": colours.CACHE}),
    )


def _by_tier(
    view: View, title: str, meaning: str, series: str, unit: str, factor: str = "", **options: Any
) -> core.TimeSeries:
    """An area for each tier, piled up."""
    return panels.timeseries(
        title,
        f"{meaning} Metric: `{series}`.",
        view.shown(
            *(Query(f"sum({_tier(view, series, tier)}){factor}", name) for tier, name in TIERS.items())
        ),
        unit=unit,
        stack=True,
        fill=50,
        absent=NO_PROXY,
        overrides=colours.lines(COLOURS),
        **options,
    )


def _rescue_and_spend(view: View) -> Section:
    spend = _by_tier(
        view,
        "Spend per hour, by tier",
        "As LiteLLM counts it; local models cost nothing there unless its configuration gives them a price.",
        SPEND,
        "currencyUSD",
        f" * {SECONDS_PER_HOUR}",
        decimals=2,
    )
    return Section("Fallbacks and spend", (line((12, _fallbacks(view)), (12, spend)),))


def _fallbacks(view: View) -> core.TimeSeries:
    return panels.timeseries(
        "Fallbacks per hour",
        "Requests for a local model that another model rescued, by the model that did. Look at the local "
        f"server's board at that time. Metric: `{FALLBACKS}`.",
        view.shown(
            Query(
                f"sum by (fallback_model) ({_select(view, FALLBACKS)}) * {SECONDS_PER_HOUR}",
                "{{fallback_model}}",
            )
        ),
        unit="suffix: /h",
        soft_maximum=1,
        absent="No fallback since LiteLLM started: that is good",
    )


def _cost(view: View) -> Section:
    stats = [
        _amount(view, "Local tokens", "Tokens, input and output, that local models served", (TOKENS,),
                _local_tokens(view), unit="short", decimals=1, absent=NO_TOKENS),
        _amount(view, "Energy", "What the GPUs of the hosts that served drew, idle time included",
                (POWER, RESIDENT), f"{_energy(view)} / {JOULE_PER_KWH}", unit="kwatth", decimals=2),
        _amount(view, "Energy per M", "That energy for a million local tokens", (POWER, RESIDENT, TOKENS),
                _kwh_per_million(view), unit="kwatth", decimals=2, absent=NO_TOKENS),
        _amount(view, "Electricity", "Price of that energy, in the inventory's currency",
                (POWER, RESIDENT, ELECTRICITY), _priced(view, f"{_energy(view)} / {JOULE_PER_KWH}"),
                "{{currency}}", decimals=2, size=30, named=True),
        _amount(view, "Electricity/M", "Price of the energy for a million local tokens, in the inventory's "
                "currency", (POWER, RESIDENT, TOKENS, ELECTRICITY), _priced(view, _kwh_per_million(view)),
                "{{currency}}", decimals=3, size=30, named=True, absent=NO_TOKENS),
    ]  # fmt: skip
    if _frontier_priced(view):
        stats += _at_frontier(view)
    strip = line(*((3, stat) for stat in stats), height=STRIP_HEIGHT)
    graphs = (
        (COMPARISON_HEIGHT // 2, _energy_over_time(view)),
        (COMPARISON_HEIGHT // 2, _power_over_time(view)),
    )
    below = Line(COMPARISON_HEIGHT, (Cell(12, graphs), Cell(12, ((COMPARISON_HEIGHT, _assumptions(view)),))))
    return Section("What local tokens cost", (strip, below))


def _at_frontier(view: View) -> list[core.Stat]:
    """What the same tokens would have cost at the frontier price, all of them and a million."""
    each = _per_million(_at_frontier_price(view), _local_tokens(view))
    return [
        _amount(view, "At frontier", "What the same tokens would have cost at the frontier price of the "
                "inventory", (TOKENS, FRONTIER), _at_frontier_price(view), unit="currencyUSD", decimals=2,
                absent=NO_TOKENS),
        _amount(view, "At frontier/M", "The same for a million of these tokens, in their own mix of input "
                "and output", (TOKENS, FRONTIER), each, unit="currencyUSD", decimals=2, absent=NO_TOKENS),
    ]  # fmt: skip


def _shown(view: View, query: Query) -> list[Query]:
    """The query, where its series exist. Power is asked of hosts that serve: both must be on one of them."""
    asks_power = POWER in query.expr
    return [] if asks_power and not view.has_on_one_host(POWER, RESIDENT) else view.shown(query)


def _amount(
    view: View, title: str, meaning: str, names: Sequence[str], expr: str, legend: str = "", **options: Any
) -> core.Stat:
    """A number for the whole chosen period, whose assumptions the text below tells."""
    metrics = f"Metric{'s' * (len(names) > 1)}: {', '.join(f'`{name}`' for name in names)}."
    options.setdefault("absent", "unknown")
    return panels.stat(
        title,
        f"{meaning}, in the chosen period; see the assumptions below. {metrics}",
        _shown(view, Query(expr, legend)),
        **options,
    )


def _energy_over_time(view: View) -> core.TimeSeries:
    per_second = f"sum({_tier(view, TOKENS, 'local')})"
    return panels.timeseries(
        "Energy per million local tokens",
        "GPU power of the hosts that served, over local tokens at that time. Few tokens make it high: an "
        f"idle GPU draws power too. A gap: no local token.{_rail(view)} Metrics: `{POWER}`, "
        f"`{RESIDENT}`, `{TOKENS}`.",
        _shown(view, Query(_per_million(f"{_power(view)} / {JOULE_PER_KWH}", per_second), "Energy")),
        unit="kwatth",
        legend=False,
        absent="No local token in this period, or no GPU power of a host that serves",
        overrides=colours.lines({"Energy": COLOURS["Local"]}),
    )


def _power_over_time(view: View) -> core.TimeSeries:
    return panels.timeseries(
        "GPU power of the hosts that served",
        "All GPUs of hosts that had a model loaded at some time in this period, idle or not."
        f"{_rail(view)} Metrics: `{POWER}`, `{RESIDENT}`.",
        _shown(view, Query(_power(view), "Power")),
        unit="watt",
        legend=False,
        absent="No GPU power of a host that serves",
        overrides=colours.lines({"Power": colours.GPUS[0]}),
    )


def _assumptions(view: View) -> core.Text:
    """What the comparison takes for granted, and what it leaves out."""
    points = [
        "**Tokens** are those that passed LiteLLM, input and output. What goes to a server directly is not "
        "counted, though its energy is.",
        *_about_energy(view),
        *_about_prices(view),
        "**Left out**: what the machines cost to buy, their wear, and whether the answers are equally good.",
    ]
    return panels.text("The assumptions", "\n".join(f"- {point}" for point in points))


def _about_energy(view: View) -> list[str]:
    if not view.has_on_one_host(POWER, RESIDENT):
        return [
            "**Energy** is unknown: no GPU of a host with a model server of this fleet reports its power."
        ]
    silent = len(view.series.on(RESIDENT) - view.series.on(POWER))
    missing = f" Hosts that serve but report no power, and so count as 0: {silent}." if silent else ""
    return [
        "**Energy** is what the GPUs report, of hosts that had a model loaded in the period. Idle time "
        f"counts; CPU, memory, fans and power supplies do not.{_rail(view)}{missing}"
    ]


def _rail(view: View) -> str:
    """What a GB10's power leaves out, in a fleet that has one."""
    gb10 = any(host.hardware == "gb10" for host in view.fleet.hosts)
    return " A GB10 reads 18 to 44 % low: it reports its GPU rail only." if gb10 else ""


def _about_prices(view: View) -> list[str]:
    electricity = (
        "**Electricity** is one price for the whole period, of GPU energy only. No currency is converted."
        if view.has(ELECTRICITY)
        else "**Electricity**: the inventory states no price, so energy stands without one."
    )
    frontier = (
        "**At frontier**: the same number of tokens at the inventory's prices for input and output. A "
        "frontier model would count tokens differently, and discounts for cached input and batches are "
        "left out."
        if _frontier_priced(view)
        else "**Frontier**: the inventory does not state a price for input and one for output, so there is "
        "no comparison."
    )
    spend = "**Spend** is LiteLLM's own count from its own price list: 0 for a model without a price."
    return [electricity, frontier, spend]


SECTIONS: dict[str, Callable[[View], Section]] = {
    "summary": _summary,
    "tiers": _who_answers,
    "fallbacks": _rescue_and_spend,
    "cost": _cost,
}
"""The rows of the board, by the name ``groups`` knows them."""
