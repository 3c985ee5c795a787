"""`monogen lint --fix` and `--diff` as people call them, and every fix of every check made in real files."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import monogen.lint.checks  # noqa: F401
import pytest
import yaml
from click.testing import CliRunner, Result
from monogen.cli import main
from monogen.lint.check import REGISTRY, Check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.context import Context
from monogen.lint.documents import Document, Expression
from monogen.lint.fixing.mending import MendedFile
from monogen.lint.fixing.saving import diff, save
from monogen.lint.model import Found
from monogen.problems import InputError
from msgspec.structs import replace

FIXING = [check for _, check in sorted(REGISTRY.items()) if check.fix]

RULES = """\
# Ours since 2019.
groups:
  - name: example   # as upstream has it
    rules:
      - record: instance:up:max
        expr: max by (instance) (up{job=~"node"})  # all of them

      - record: instance:network_receive_bytes:rate5m
        expr: >-
          sum by (instance) (
            deriv(node_network_receive_bytes_total{device=~"^(eth.|ens.+)$"}[5m])
          )
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somewhere without settings, an inventory or files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(*args: str) -> Result:
    return CliRunner().invoke(main, ["lint", *args])


def written(text: str, name: str = "rules.yaml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def test_safe_fixes_only_unless_told() -> None:
    file = written(RULES)
    result = lint("rules.yaml", "--fix")
    assert result.exit_code == 1, "deriv of a counter is left"
    assert "2 findings mended; 1 warning in 1 file" in result.stderr
    assert "--fix --unsafe may mend 1\n" in result.stderr
    safe = RULES.replace('job=~"node"', 'job="node"').replace("^(eth.|ens.+)$", "(eth.|ens.+)")
    assert file.read_text() == safe
    result = lint("rules.yaml", "--fix", "--unsafe")
    assert result.exit_code == 0
    assert "1 finding mended; nothing else found in 1 file" in result.stderr
    assert file.read_text() == safe.replace("deriv(", "rate(")


def test_a_diff_writes_nothing_and_can_be_applied() -> None:
    file = written(RULES)
    shown = lint("rules.yaml", "--diff", "--unsafe")
    assert (shown.exit_code, file.read_text()) == (1, RULES)
    assert "monogen: 3 of 3 findings would be mended, in 1 file" in shown.stderr
    assert '+        expr: max by (instance) (up{job="node"})  # all of them\n' in shown.stdout
    assert lint("rules.yaml", "--diff", "--fix", "--unsafe").stdout == shown.stdout
    if shutil.which("patch"):
        subprocess.run(["patch", "-p1"], input=shown.stdout, text=True, check=True, capture_output=True)
        after = file.read_text()
        file.write_text(RULES)
        lint("rules.yaml", "--fix", "--unsafe")
        assert file.read_text() == after != RULES


def test_what_is_ignored_is_not_mended() -> None:
    text = RULES.replace("# all of them", "# monogen: ignore[MG210] it is a regex in our template")
    file = written(text)
    lint("rules.yaml", "--fix", "--ignore", "MG211")
    assert file.read_text() == text


def test_what_cannot_be_mended_is_said() -> None:
    text = RULES.replace("expr: max", "expr: &max max") + "      - {record: 'a:b:c', expr: *max}\n"
    file = written(text)
    result = lint("rules.yaml", "--fix", "--select", "MG210")
    assert file.read_text() == text
    assert "--fix leaves it: something else in the file would change with it" in result.stdout
    assert "1 note in 1 file" in result.stderr
    assert "may mend" not in result.stderr, "what cannot be mended is not offered again"
    assert lint("rules.yaml", "--fix", "--select", "MG210").stdout == result.stdout
    shown = lint("rules.yaml", "--diff", "--select", "MG210")
    assert "rules.yaml:6: MG210 is not mended: " in shown.stderr
    # What stands beside it is mended nevertheless.
    result = lint("rules.yaml", "--fix")
    assert file.read_text() == text.replace("^(eth.|ens.+)$", "(eth.|ens.+)")


def test_several_files_and_nothing_to_do() -> None:
    written(RULES, "a.yaml")
    clean = written("groups: []\n", "b.yaml")
    time = clean.stat().st_mtime_ns
    assert lint(".", "--diff", "--exit-zero").exit_code == 0
    assert "monogen: 2 of 3 findings would be mended, in 1 file" in lint(".", "--diff").stderr
    lint(".", "--fix")
    assert clean.stat().st_mtime_ns == time
    nothing = lint(".", "--diff")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "monogen: none of 1 finding would be mended" in nothing.stderr


def test_fixes_of_the_same_characters_are_made_one_after_the_other() -> None:
    """A rewriting, a needless regular expression within it, and one beside it."""
    written(INVENTORY, "hosts.yaml")
    old = 'node_memory_MemTotal_bytes{instance=~"^(nas|mac)$", job=~"node-exporter"}'
    expr = f'sum({old}) / sum(up{{job=~"node-exporter"}})'
    file = written(f"groups:\n  - name: g\n    rules:\n      - record: a:b:c\n        expr: {expr}\n")
    lint("rules.yaml", "--fix", "--unsafe", "--select", "MG110,MG111,MG210,MG211")
    after = 'sum(host:memory_total_bytes{instance=~"(nas|mac)"}) / sum(up{job="node-exporter"})'
    assert file.read_text().endswith(f"        expr: {after}\n")


INVENTORY = "fleet: home\nhosts:\n  - {name: nas, os: linux}\n  - {name: mac, hardware: apple-silicon}\n"
UPSTREAM = """\
groups:
  - name: g
    rules:
      - record: a:b:c
        expr: deriv(node_disk_read_bytes_total[5m])
      - record: d:e:f
        expr: up{job=~"node"}
"""


def test_a_fix_that_brings_a_warning_is_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the word of a check that knows only what it came to; what stands beside it is mended."""

    def find(expression: Expression, _: Context) -> Iterator[Found]:
        if expression.text.startswith("rate("):
            yield Found(expression.keys, "a rate is not wanted here")

    harmed = replace(REGISTRY["MG201"], find=find, needs_inventory=False)
    monkeypatch.setitem(REGISTRY, "MG201", harmed)
    file = written(UPSTREAM)
    result = lint("rules.yaml", "--fix", "--unsafe", "--select", "MG201,MG202,MG210")
    assert file.read_text() == UPSTREAM.replace('=~"node"', '="node"')
    assert "--fix leaves it: it would bring MG201" in result.stdout
    assert "MG201 " not in result.stdout.replace("bring MG201", "")
    assert "may mend" not in result.stderr


@pytest.mark.parametrize("select", [(), ("--select", "MG202"), ("--ignore", "MG410")])
def test_what_a_fix_brings_counts_also_where_it_is_not_told(select: tuple[str, ...]) -> None:
    """`increase` of a counter is never below 0: the alert would work and never fire."""
    expr = "delta(node_network_receive_errs_total[5m]) < 0"
    text = f"groups: [{{name: g, rules: [{{alert: A, expr: '{expr}', for: 5m}}]}}]\n"
    file = written(text)
    result = lint("rules.yaml", "--fix", "--unsafe", *select)
    assert file.read_text() == text
    assert "--fix leaves it: it would bring MG410" in result.stdout
    shown = lint("rules.yaml", "--diff", "--unsafe", *select)
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "rules.yaml:1: MG202 is not mended: it would bring MG410" in shown.stderr


def test_a_fix_that_brings_a_warning_elsewhere_is_found_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning is at another rule than the one that was mended: it is looked for which one it was."""
    rules = [{"record": f"a:r{number}:b", "expr": f'up{{job=~"j{number}"}}'} for number in range(9)]
    rules.append({"record": "a:last:b", "expr": 'a:r5:b{job=~"beside"}'})

    def find(context: Context) -> Iterator[tuple[Document, Found]]:
        *_, fifth, _, _, _, last = (rule.expression for rule in context.linted.rules)
        if "=~" not in fifth.text:
            yield last.document, Found(last.keys, "it was better before")

    fussy = replace(REGISTRY["MG301"], find=find, on="everything", severity="warning")
    monkeypatch.setitem(REGISTRY, "MG301", fussy)
    file = written(json.dumps({"groups": [{"name": "g", "rules": rules}]}), "rules.json")
    result = lint("rules.json", "--fix", "--select", "MG210,MG301", "--severity", "info")
    left = [rule["expr"] for rule in json.loads(file.read_text())["groups"][0]["rules"]]
    assert [expr for expr in left if "=~" in expr] == ['up{job=~"j5"}']
    assert "it would bring MG301" in result.stdout


def test_a_file_that_is_read_only_is_left_alone() -> None:
    """Also by root, who may write everything."""
    file, other = written(RULES), written(RULES, "other.yaml")
    file.chmod(0o444)
    result = lint(".", "--fix")
    assert file.read_text() == RULES
    assert other.read_text() != RULES
    assert result.stdout.count("--fix leaves it: the file is read-only") == 2
    assert result.exit_code == 1
    assert "2 findings mended" in result.stderr


def test_a_file_that_became_read_only_is_left_alone(folder: Path) -> None:
    file = folder / "a.yaml"
    file.write_text("a\n")
    file.chmod(0o444)
    with pytest.raises(InputError, match="it is read-only"):
        save([a_file(file)])
    assert file.read_text() == "a\n"


def test_a_mended_file_is_left_as_it_is_the_next_time() -> None:
    written(INVENTORY, "hosts.yaml")
    expr = 'node_memory_MemFree_bytes{job="node-exporter"} / node_memory_MemTotal_bytes'
    file = written(f"groups: [{{name: g, rules: [{{record: 'a:b:c', expr: '{expr}'}}]}}]\n")
    first = lint("rules.yaml", "--fix", "--unsafe", "--select", "MG1")
    assert "1 finding mended" in first.stderr
    after = file.read_text()
    second = lint("rules.yaml", "--fix", "--unsafe", "--select", "MG1")
    assert file.read_text() == after
    assert (second.stdout, second.exit_code) == ("", 0)


# ---- every fix of every check


BAD = {"MG202": record("deriv(node_cpu_seconds_total[5m])", "instance:cpu:rate5m")}
"""Where the check's own bad example is none that can be mended."""


def dressed(check: Check) -> dict[str, tuple[str, str]]:
    """The bad example in other clothes: file name and text, by what it is."""
    example = BAD.get(check.code, check.bad)
    forms = {"as it is": (example.path, example.text)}
    if example.path.endswith(".json"):
        for style in ('"', "'", "|", ">"):
            held = {"board.json": example.text}
            data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": held}
            forms[f"in a ConfigMap, {style}"] = (
                "board.yaml",
                yaml.dump(data, default_style=style, width=10000),
            )
        forms["on one line"] = example.path, json.dumps(json.loads(example.text))
        return forms
    data = yaml.safe_load(example.text)
    for style in ("", '"', "'", "|", ">"):
        forms[f"in style {style}"] = example.path, yaml.dump(data, default_style=style or None)
    forms["in brackets"] = example.path, yaml.dump(data, default_flow_style=True)
    forms["in JSON"] = "rules.json", json.dumps(data, indent=1)
    return forms


CASES = [pytest.param(check, form, id=f"{check.code}-{form}") for check in FIXING for form in dressed(check)]


@pytest.mark.parametrize(("check", "form"), CASES)
def test_every_fix_mends_its_finding(check: Check, form: str) -> None:
    name, text = dressed(check)[form]
    file = written(text, name)
    args = [name, "--select", check.code, "--fix", "--unsafe", "--format", "json"]
    if check.bad.inventory:
        written(check.bad.inventory, "hosts.yaml")
    before = json.loads(lint(name, "--select", check.code, "--format", "json").stdout)["findings"]
    mendable = [finding for finding in before if finding["fix"]]
    assert mendable
    after = json.loads(lint(*args).stdout)["findings"]
    assert len(after) == len(before) - len(mendable)
    if check.fix == "safe":
        assert all(finding["fix"]["safety"] == "safe" for finding in mendable)
    old, new = lines_of(text), lines_of(file.read_text())
    changed = [one for one in old if one not in new]
    assert len(old) == len(new)
    assert 0 < len(changed) <= len(mendable) * (2 if "templating" in text else 1)


def lines_of(text: str) -> list[str]:
    return text.splitlines()


# ---- writing


def a_file(path: Path, old: str = "a\n", new: str = "b\n") -> MendedFile:
    return MendedFile(str(path), old, new, 1)


def test_permissions_and_links_stay(folder: Path) -> None:
    real = folder / "real.yaml"
    real.write_text("a\n")
    real.chmod(0o640)
    link = folder / "link.yaml"
    link.symlink_to("real.yaml")
    save([a_file(link)])
    assert link.is_symlink()
    assert real.read_text() == "b\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["link.yaml", "real.yaml"]


def test_a_file_that_somebody_else_changed_is_left(folder: Path) -> None:
    mine, theirs = folder / "mine.yaml", folder / "theirs.yaml"
    mine.write_text("a\n")
    theirs.write_text("c\n")
    with pytest.raises(InputError) as error:
        save([a_file(theirs), a_file(mine), a_file(folder / "gone.yaml")])
    assert sorted(problem.message for problem in error.value.problems) == [
        "it cannot be written: No such file or directory",
        "it was changed by somebody else meanwhile",
    ]
    assert (mine.read_text(), theirs.read_text()) == ("b\n", "c\n")


def test_nothing_is_half_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "a.yaml"
    file.write_text("a\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        save([a_file(file)])
    assert file.read_text() == "a\n"
    assert [path.name for path in folder.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb", "a\nc"),
        ("a\n\x0cb\r\nc\n", "a\n\x0cd\r\nc\n"),
        ("a\u2028b\nc\n", "a\u2028b\nd\n"),
        ("", "x\n"),
    ],
)
def test_diffs_of_odd_files(folder: Path, old: str, new: str) -> None:
    path = folder / "a"
    path.write_bytes(old.encode())
    lines: Any = list(diff([MendedFile("a", old, new, 1)]))
    assert lines[:2] == ["--- a/a", "+++ b/a"]
    if shutil.which("patch"):
        text = "".join(f"{line}\n" for line in lines).encode()
        subprocess.run(["patch", "-p1", "--binary"], input=text, check=True, capture_output=True, cwd=folder)
        assert path.read_bytes() == new.encode()
