"""Rules: groups and rules of the plan that are not loaded, are of another version, fail, or are left over.

Compared group by group, under the names that a build writes (`monogen-<fleet>-<group>`). Servers tell
expressions in a spelling of their own, so both sides are read and written again. Constants of the inventory
(thousands of ``vector(1)``) are told together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from monogen.inventory.model import Fleet
from monogen.live.prometheus import LoadedGroup, LoadedRule, NotOfferedError, Prometheus
from monogen.live.verify.model import Count, Finding, Reason
from monogen.live.verify.words import counted, some
from monogen.monitoring import Monitoring, Rule, RuleGroup
from monogen.promql import Unreadable, read
from monogen.promql.writing import quoted, write
from msgspec import Struct, field

LONGEST = 200
"""Letters of an error or an expression that are shown."""

LOAD = "load the rule files of the last build"

STALE = 5.0
"""Intervals without an evaluation after which a group is taken to be stuck."""

SETTLING = 60.0
"""Seconds that a server has beside, until its groups are running."""

Key = tuple[bool, str, str, tuple[tuple[str, str], ...]]
"""alert or not, name, expression, labels: what makes a rule the planned one."""


class Loaded(Struct):
    """What is known of the rules. ``bad`` has, by recorded series or alert, what is wrong with its rule.

    ``waiting`` has, by the same, the reason where its rule was never evaluated so far; ``last`` is when the
    last evaluation was that the server tells of (seconds since 1970).
    """

    offered: bool = True
    waiting: dict[str, Reason] = field(default_factory=dict)
    last: float = 0.0
    bad: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)


def look(
    server: Prometheus, fleet: Fleet, monitoring: Monitoring, now: float, loaded: float | None
) -> Loaded:
    """Compare the loaded groups with the plan. ``now`` is the server's time.

    ``loaded`` is how many seconds ago the server loaded its configuration, None where nobody knows.
    """
    result = Loaded()
    prefix = f"monogen-{fleet.name}-"
    planned = {prefix + group.name: group for file in monitoring.rule_files for group in file.groups}
    try:
        groups = server.rules()
    except NotOfferedError as error:
        return _not_offered(server, fleet, monitoring, result, f"{error.message}, so")
    mine = [group for group in groups if group.name in planned or _is_ours(group.name, prefix)]
    if not mine and _recorded_elsewhere(server, fleet):
        why = "the server lists no rules of this fleet, and has what they record: they run elsewhere, so"
        return _not_offered(server, fleet, monitoring, result, why)
    by_name: dict[str, list[LoadedGroup]] = defaultdict(list)
    for group in mine:
        by_name[group.name].append(group)
    result.last = max((group.last for group in mine), default=0.0)
    _waiting([groups[0] for name, groups in by_name.items() if name in planned], result, loaded)
    fine = sum(_group(name, group, by_name.get(name, []), result, now) for name, group in planned.items())
    result.findings += _left_over(planned, by_name)
    total = sum(len(group.rules) for group in planned.values())
    late = sum(_unused(rule) for group in mine if group.name in planned for rule in group.rules)
    note = f"{late:,} not evaluated yet" if late else ""
    result.counts.append(Count("rules", fine, total, "rules loaded as planned, and evaluated", note))
    return result


def _unused(rule: LoadedRule) -> bool:
    """Whether a rule was never evaluated."""
    return rule.health == "unknown" and not rule.last


def _waiting(groups: Iterable[LoadedGroup], result: Loaded, loaded: float | None) -> None:
    """Groups with rules that were never evaluated: that comes by itself, unless it should have long ago."""
    late = [group for group in groups if any(map(_unused, group.rules))]
    for interval in sorted({group.interval for group in late}):
        several = [group for group in late if group.interval == interval]
        stuck = loaded is not None and loaded > STALE * interval + SETTLING
        words = "was never evaluated" if stuck else "waits for its first evaluation"
        words += f", at most {interval:.0f} s" if interval and not stuck else ""
        message = f"a group of rules {words}"
        detail = some([f"`{group.name}`" for group in several])
        for group in several:
            kind = "stuck" if stuck else "waiting"
            hint = "the server's log says more: is it overloaded?" if stuck else ""
            result.findings.append(
                Finding("rules", kind, group.name, message, (), detail, hint, gap=stuck)
            )  # fmt: skip
            reason = Reason("rule" if stuck else "waiting", message, group.name, stuck)
            result.waiting |= {rule.name: reason for rule in group.rules if _unused(rule)}


def _is_ours(name: str, prefix: str) -> bool:
    """Whether a group is of this fleet; another fleet's name may begin with this one's."""
    return name.startswith(prefix)


def _recorded_elsewhere(server: Prometheus, fleet: Fleet) -> bool:
    return bool(server.query(f"count(host:info{{fleet={quoted(fleet.name)}}})"))


def _not_offered(
    server: Prometheus, fleet: Fleet, monitoring: Monitoring, result: Loaded, why: str
) -> Loaded:
    """Without a list of rules only what the inventory states can be counted in its series."""
    result.offered = False
    result.unchecked.append(
        f"{why} whether each rule is loaded, fails or is an old version is not known; what they record is"
    )
    planned = Counter(rule.record for rule in monitoring.rules if _is_constant(rule))
    names = "|".join(planned)
    matchers = f"__name__=~{quoted(names)}, fleet={quoted(fleet.name)}"
    samples = server.query(f"count by (__name__) ({{{matchers}}})") if names else ()
    found = {sample.labels.get("__name__", ""): int(sample.value) for sample in samples}
    for name, number in planned.items():
        if found.get(name, 0) != number:
            message = "the inventory's constants are not recorded as the inventory has them now"
            detail = f"`{name}`: {found.get(name, 0):,} of {number:,}"
            hint = "the rules of an older build are loaded"
            result.findings.append(Finding("rules", "constants", name, message, (), detail, hint))
    return result


def _is_constant(rule: Rule) -> bool:
    return rule.expr.startswith("vector(")


def _group(name: str, planned: RuleGroup, loaded: Sequence[LoadedGroup], result: Loaded, now: float) -> int:
    """Compare one group; how many of its rules are as planned and well."""
    if not loaded:
        message = f"group `{name}` is not loaded"
        result.findings.append(
            Finding("rules", "missing", name, message, (), f"{counted(len(planned.rules), 'rule')}: "
                    f"{some(_names(planned.rules))}", "is the rule file of the last build loaded?")
        )  # fmt: skip
        result.bad |= {rule.name: message for rule in planned.rules}
        return 0
    if len(loaded) > 1:
        files = some([f"`{group.file}`" for group in loaded if group.file])
        result.findings.append(
            Finding("rules", "twice", name, f"group `{name}` is loaded {len(loaded)} times", (), files,
                    "remove the older file: both record the same series")
        )  # fmt: skip
    fine = _rules(name, planned, loaded, result)
    result.findings += _slow(name, loaded[0], now)
    return fine


def _rules(name: str, planned: RuleGroup, loaded: Sequence[LoadedGroup], result: Loaded) -> int:
    static = _group_labels(planned)
    there: dict[Key, list[LoadedRule]] = defaultdict(list)
    for group in loaded:
        for rule in group.rules:
            there[_key(rule.alert, rule.name, rule.expr, rule.labels)].append(rule)
    wanted = {_key(bool(r.alert), r.name, r.expr, {**static, **r.labels}): r for r in planned.rules}
    fine = 0
    for key, one in wanted.items():
        copies = there.get(key, [])
        failing = next((copy for copy in copies if copy.health == "err"), None)
        fine += bool(copies) and failing is None and not all(map(_unused, copies))
        if failing is not None:
            words = _short(failing.error) or "the server does not say why"
            message = f"`{one.name}` fails"
            result.bad[one.name] = message
            result.findings.append(Finding("rules", "failing", one.name, message, (), words))
    missing = [rule for key, rule in wanted.items() if key not in there]
    extra = [rules[0] for key, rules in there.items() if key not in wanted]
    _changed(name, missing, extra, result)
    return fine


def _changed(name: str, missing: Sequence[Rule], extra: Sequence[LoadedRule], result: Loaded) -> None:
    """What is not loaded as planned: rules of another version, rules that are missing, rules of old."""
    others = {rule.name for rule in extra}
    constants = [rule for rule in missing if _is_constant(rule)]
    if constants or any(rule.expr.startswith("vector(") for rule in extra):
        old = sum(rule.expr.startswith("vector(") for rule in extra)
        named = (rule.labels.get("instance", "") for rule in constants)
        hosts = tuple(dict.fromkeys(name for name in named if name))
        detail = f"{counted(len(constants), 'constant')} of this inventory missing, {old:,} of an older one"
        message = f"group `{name}` states another inventory"
        result.findings.append(Finding("rules", "changed", name, message, hosts, detail, LOAD))
        result.bad |= {rule.name: f"group `{name}` is of an older build" for rule in constants}
    for rule in missing:
        if _is_constant(rule):
            continue
        changed = rule.name in others
        message = f"`{rule.name}` is loaded in another version" if changed else f"`{rule.name}` is not loaded"
        result.bad[rule.name] = message
        old_one = next((one for one in extra if one.name == rule.name), None)
        detail = f"loaded is {_short(old_one.expr)}" if old_one else f"group `{name}` lacks it"
        kind = "changed" if changed else "missing"
        result.findings.append(Finding("rules", kind, rule.name, message, (), detail, LOAD))
    known = {rule.name for rule in missing}
    for one in extra:
        if one.name not in known and not one.expr.startswith("vector("):
            message = f"`{one.name}` is loaded, and no longer planned"
            detail = f"in group `{name}`: {_short(one.expr)}"
            result.findings.append(Finding("rules", "left-over", one.name, message, (), detail, LOAD))


def _slow(name: str, group: LoadedGroup, now: float) -> Iterator[Finding]:
    """A group that takes longer than its interval, or is not evaluated any more."""
    if group.interval and group.seconds > group.interval:
        yield Finding(
            "rules", "slow", name, f"group `{name}` takes longer than its interval", (),
            f"{group.seconds:.1f} s of {group.interval:g} s: evaluations are left out",
        )  # fmt: skip
    if group.interval and group.last and now - group.last > max(STALE * group.interval, 60):
        yield Finding(
            "rules", "stuck", name, f"group `{name}` is not evaluated any more", (),
            f"last {now - group.last:.0f} s ago, every {group.interval:g} s planned",
        )  # fmt: skip


def _left_over(
    planned: Mapping[str, RuleGroup], loaded: Mapping[str, Sequence[LoadedGroup]]
) -> Iterator[Finding]:
    for name, groups in loaded.items():
        if name not in planned:
            rules = [rule.name for rule in groups[0].rules]
            yield Finding(
                "rules", "left-over", name, f"group `{name}` is loaded, and no longer planned", (),
                f"{counted(len(rules), 'rule')}: {some(list(dict.fromkeys(rules)))}"
                + (f", from `{groups[0].file}`" if groups[0].file else ""),
                "remove it where it is loaded",
            )  # fmt: skip


def _group_labels(group: RuleGroup) -> Mapping[str, str]:
    labels = group.options.get("labels")
    return {str(k): str(v) for k, v in labels.items()} if isinstance(labels, Mapping) else {}


def _key(alert: bool, name: str, expr: str, labels: Mapping[str, str]) -> Key:
    return alert, name, canonical(expr), tuple(sorted(labels.items()))


@lru_cache(maxsize=65536)
def canonical(expr: str) -> str:
    """An expression in one spelling; what cannot be read stays as it is, with single spaces."""
    if expr.startswith("vector(") and expr.endswith(")") and expr.count("(") == 1:
        # Thousands of constants: there is nothing in them that could be spelled in two ways, but the number.
        try:
            return f"vector({float(expr[7:-1])!r})"
        except ValueError:
            pass
    try:
        return write(read(expr))
    except Unreadable:
        return " ".join(expr.split())


def _names(rules: Iterable[Rule]) -> list[str]:
    return list(dict.fromkeys(rule.name for rule in rules))


def _short(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
