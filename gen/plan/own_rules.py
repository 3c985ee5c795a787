"""People's own rule files, named in the inventory: checked, and carried along as they are.

Both forms are read: Prometheus' rule files (``groups:``) and PrometheusRule objects. monogen adds
nothing to them, so a rule that is to look at one fleet only has to say so itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monogen.inventory.positions import Positions
from monogen.inventory.reading import read
from monogen.monitoring import GROUP_KEYS, GROUP_OPTIONS, RULE_KEYS, Rule, RuleFile, RuleGroup
from monogen.problems import InputError, Problem

Keys = tuple[str | int, ...]
Finding = tuple[Keys, str, str]


def own_rule_files(paths: Sequence[str]) -> tuple[RuleFile, ...]:
    """One RuleFile a path, named after the file. Raises InputError with all that is wrong in them."""
    problems: list[Problem] = []
    files = []
    for path in map(Path, paths):
        data, found = read(path)
        findings = list(_findings(data))
        positions = Positions(path) if findings else None
        problems += found + [_problem(path, positions, finding) for finding in findings if positions]
        if not found and not findings:
            files.append(_rule_file(path, data))
    if problems:
        raise InputError(problems)
    return tuple(files)


def _problem(path: Path, positions: Positions, finding: Finding) -> Problem:
    keys, message, hint = finding
    line, column = positions.find(keys).position(on_key=False)
    return Problem(str(path), line, column, message, hint)


def _where(data: Mapping[str, Any]) -> Keys:
    """The keys that lead to the groups: directly, or under ``spec`` of a PrometheusRule."""
    return ("spec", "groups") if data.get("kind") == "PrometheusRule" else ("groups",)


def _groups(data: Mapping[str, Any]) -> Any:
    spec = data.get("spec") if data.get("kind") == "PrometheusRule" else data
    return spec.get("groups") if isinstance(spec, Mapping) else None


def _findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    where = _where(data)
    groups = _groups(data)
    if not isinstance(groups, list) or not groups:
        yield where, "a rule file has a list `groups`", "see docs/inventory.md, `rules`"
        return
    for number, group in enumerate(groups):
        keys = (*where, number)
        if not isinstance(group, Mapping) or not isinstance(group.get("name"), str):
            yield keys, "a rule group is a mapping with a `name`", ""
            continue
        yield from _unknown(keys, group, GROUP_KEYS)
        rules = group.get("rules")
        if not isinstance(rules, list):
            yield keys, f"the group `{group['name']}` has no list `rules`", ""
            continue
        for index, rule in enumerate(rules):
            yield from _rule_findings((*keys, "rules", index), rule)


def _rule_findings(keys: Keys, rule: Any) -> Iterator[Finding]:
    if not isinstance(rule, Mapping):
        yield keys, "a rule is a mapping with `record` or `alert`, and `expr`", ""
        return
    yield from _unknown(keys, rule, RULE_KEYS)
    if ("record" in rule) == ("alert" in rule):
        yield keys, "a rule has either `record` or `alert`", ""
    for key in RULE_KEYS & set(rule):
        mapping = key in ("labels", "annotations")
        if mapping and not _texts(rule[key]):
            yield (*keys, key), f"`{key}` maps names to texts", "put numbers and booleans in quotes"
        elif not mapping and not isinstance(rule[key], str | int | float):
            yield (*keys, key), f"`{key}` is a text", ""
    if isinstance(rule.get("expr"), str | int | float):
        yield from _expression(keys, str(rule["expr"]))
    else:
        yield keys, "a rule has an `expr`", ""


def _unknown(keys: Keys, mapping: Mapping[str, Any], known: frozenset[str]) -> Iterator[Finding]:
    for key in sorted(set(mapping) - known):
        yield (*keys, key), f"unknown key `{key}`", f"known: {', '.join(sorted(known))}"


def _texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())


def _expression(keys: Keys, text: str) -> Iterator[Finding]:
    from monogen import promql  # noqa: PLC0415 - only for people's own rules

    try:
        promql.read(text)
    except promql.TooBig as error:
        yield (*keys, "expr"), error.message, ""
    except promql.NotPromql as error:
        yield (*keys, "expr"), "this is no PromQL", error.message
    except promql.NotSupported:
        return  # Prometheus may well understand it


def _rule_file(path: Path, data: Mapping[str, Any]) -> RuleFile:
    slug = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower()).strip("-") or "rules"
    return RuleFile(f"own-{slug}", tuple(_group(group) for group in _groups(data)))


def _group(data: Mapping[str, Any]) -> RuleGroup:
    return RuleGroup(
        name=data["name"],
        rules=tuple(_rule(rule) for rule in data["rules"]),
        interval=str(data.get("interval", "")),
        options={key: data[key] for key in sorted(GROUP_OPTIONS & set(data))},
    )


def _rule(data: Mapping[str, Any]) -> Rule:
    return Rule(
        record=str(data.get("record", "")),
        alert=str(data.get("alert", "")),
        expr=str(data["expr"]),
        hold=str(data.get("for", "")),
        keep_firing_for=str(data.get("keep_firing_for", "")),
        labels=data.get("labels", {}),
        annotations=data.get("annotations", {}),
    )
