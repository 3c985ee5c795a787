"""`monogen lint` as people call it: what it reads, says and exits with."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from doc_blocks import DOCS, block
from monogen.cli import main
from monogen.lint.report import FORMATS
from monogen.lint.settings.configuration import settings_near

RULES = """groups:
  - name: example
    rules:
      - record: instance:up:max
        expr: {}
"""
GOOD = RULES.format("max by (instance) (up)")
ERROR = RULES.format("max by (instance) (up")
NOTE = RULES.format('max by (instance) (up{job=~"node"})')
WARNING = GOOD + GOOD.removeprefix("groups:\n").replace("example", "again")

INVENTORY = """fleet: homelab
hosts:
  - {name: spark-1, hardware: gb10, exporters: {node: {}, dcgm: {}}}
  - {name: mac, hardware: apple-silicon}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somewhere without settings, an inventory or files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page(name: str) -> str:
    """A page of docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


def lint(*args: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["lint", *args])


def write(text: str, path: str = "rules.yaml") -> None:
    """A file where the command runs."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (GOOD, 0, "monogen: nothing found in 1 file"),
        (NOTE, 0, "monogen: 1 note in 1 file"),
        (WARNING, 1, "monogen: 1 warning in 1 file"),
        (ERROR, 1, "monogen: 1 error in 1 file"),
    ],
)
def test_errors_and_warnings_exit_with_1_and_notes_do_not(text: str, code: int, said: str) -> None:
    write(text)
    done = lint("rules.yaml")
    assert (done.exit_code, done.stderr.partition(",")[0]) == (code, said)
    assert lint("rules.yaml", "--exit-zero").exit_code == 0


def test_the_place_is_shown() -> None:
    write(NOTE)
    lines = lint("rules.yaml").stdout.splitlines()
    place = re.match(r"rules\.yaml:5:(\d+): MG210 info: ", lines[0])
    assert place
    assert lines[2] == '5 |         expr: max by (instance) (up{job=~"node"})'
    assert lines[3].rstrip("^") == "  | " + " " * (int(place[1]) - 1)


def test_a_path_that_leads_nowhere_is_2() -> None:
    done = lint("nowhere.yaml")
    assert done.exit_code == 2
    assert done.stderr.startswith("nowhere.yaml: there is no such file\n")
    assert done.stdout == ""


def test_a_broken_inventory_is_2() -> None:
    write(GOOD)
    write("fleet: x\nhosts: 3\n", "hosts.yaml")
    done = lint("rules.yaml")
    assert done.exit_code == 2
    assert done.stderr.startswith("hosts.yaml:2:8: ")


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_code_is_2(option: str) -> None:
    write(GOOD)
    done = lint("rules.yaml", option, "MG101,XY9")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{option} XY9: no check has this code\n")


def test_broken_settings_are_2() -> None:
    write(GOOD)
    write('[lint]\nselekt = ["MG"]\n', "monogen.toml")
    done = lint("rules.yaml")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{Path.cwd() / 'monogen.toml'}:2:1: unknown key `selekt`\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--unsafe"], "it goes with --fix or --diff"),
        (["--statistics", "--format", "sarif"], "it goes with --format full or concise"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--severity", "bad"], "'bad' is not one of"),
    ],
)
def test_options_that_mean_nothing_are_2(args: list[str], said: str) -> None:
    write(GOOD)
    done = lint("rules.yaml", *args)
    assert done.exit_code == 2
    assert said in done.stderr


def test_nothing_to_lint_is_2() -> None:
    done = lint()
    assert done.exit_code == 2
    assert "there is nothing to lint here" in done.stderr


def test_without_paths_the_inventory_is_read() -> None:
    write("fleet: x\nhosts: 3\n", "hosts.yaml")
    assert lint().exit_code == 2
    write(INVENTORY, "hosts.yaml")
    assert lint().exit_code == 0


def test_an_inventory_without_out_is_said_to_be_fine() -> None:
    write(INVENTORY, "hosts.yaml")
    assert lint().stderr == (
        "monogen: hosts.yaml can be used; there is no out/ to lint, `monogen build hosts.yaml` writes it\n"
    )


def test_without_paths_out_is_linted() -> None:
    write(INVENTORY, "hosts.yaml")
    write(ERROR, "out/rules.yaml")
    done = lint("--format", "concise")
    assert done.exit_code == 1
    assert done.stdout.startswith("out/rules.yaml:5:")


def test_a_hosts_yaml_of_somebody_else_is_no_inventory() -> None:
    write(GOOD)
    write("all: {hosts: {spark-1: {}}}\n", "hosts.yaml")
    assert lint("rules.yaml").exit_code == 0
    assert lint("rules.yaml", "--inventory", "hosts.yaml").exit_code == 2


def test_an_inventory_lets_more_be_found() -> None:
    write(RULES.format("rate(host:memory_available_bytes[5m])"), "rules/rules.yaml")
    write(RULES.format("node_memory_MemAvailable_bytes"), "rules/linux.yaml")
    without = lint("rules", "--format", "concise").stdout
    assert "mac" not in without
    write(INVENTORY, "hosts.yaml")
    found = lint("rules", "--format", "concise").stdout
    assert "`mac`" in next(line for line in found.splitlines() if line.startswith("rules/linux.yaml"))


def test_series_of_a_build_are_known() -> None:
    write(RULES.format("host:memory_available_bytes / 2"))
    write(INVENTORY, "hosts.yaml")
    assert lint("rules.yaml").exit_code == 0
    write(RULES.format("host:memory_unheard_of_bytes / 2"))
    assert lint("rules.yaml").exit_code == 1


def test_what_was_built_is_not_found_twice() -> None:
    write(INVENTORY, "hosts.yaml")
    built = CliRunner().invoke(main, ["build", "hosts.yaml"])
    assert built.exit_code == 0, built.stderr
    assert lint("--select", "MG302,MG303").stdout == ""


def test_select_and_ignore_take_codes_and_beginnings() -> None:
    write(ERROR)
    assert lint("rules.yaml", "--select", "MG3,MG4").exit_code == 0
    assert lint("rules.yaml", "--select", "MG3", "--select", "MG101").exit_code == 1
    assert lint("rules.yaml", "--ignore", "MG1").exit_code == 0


def test_the_command_line_is_heard_over_the_settings() -> None:
    write(ERROR)
    write('[lint]\nselect = ["MG4"]\n', "monogen.toml")
    assert lint("rules.yaml").exit_code == 0
    assert lint("rules.yaml", "--select", "MG101").exit_code == 1
    write('[lint]\nignore = ["MG101"]\nseverity = "warning"\n', "monogen.toml")
    assert lint("rules.yaml", "--ignore", "MG4").exit_code == 0
    write(NOTE)
    assert "MG210" not in lint("rules.yaml").stdout
    assert "MG210" in lint("rules.yaml", "--severity", "info").stdout


def test_statistics_count_instead_of_telling() -> None:
    write(NOTE)
    done = lint("rules.yaml", "--statistics")
    assert done.stdout.splitlines()[0] == "1  MG210  [*]  info     regex-for-equality"
    assert "rules.yaml" not in done.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_goes_to_a_file(form: str) -> None:
    write(ERROR)
    to_stdout = lint("rules.yaml", "--format", form).stdout
    done = lint("rules.yaml", "--format", form, "--output", "report")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("monogen: 1 error in 1 file,")
    assert Path("report").read_text() == to_stdout
    assert "MG101" in to_stdout


def test_a_report_that_cannot_be_written_is_2() -> None:
    write(ERROR)
    done = lint("rules.yaml", "--output", "no/such/folder")
    assert done.exit_code == 2
    assert "the report cannot be written" in done.stderr


@pytest.mark.parametrize(("form", "reader"), [("json", json.loads), ("junit", ElementTree.fromstring)])
def test_stdout_holds_the_report_and_nothing_else(form: str, reader: object) -> None:
    write(ERROR)
    assert callable(reader)
    reader(lint("rules.yaml", "--format", form).stdout)


def test_a_name_in_a_file_gives_the_terminal_no_orders() -> None:
    write(ERROR.replace("instance:up:max", '"\\e]0;owned\\a"').replace("example", '"\\e[2J"'))
    done = lint("rules.yaml")
    assert "MG101" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["\x1b[31m.yaml", "\udcff.yaml"])
def test_a_file_name_gives_the_terminal_no_orders(name: str) -> None:
    missing = lint(name)
    assert missing.exit_code == 2
    assert "there is no such file" in missing.stderr
    write(ERROR, name)
    for form in ("full", "concise", "github"):
        found = lint(name, "--format", form)
        assert found.exit_code == 1
        assert "\x1b" not in found.stdout + found.stderr


def test_an_ascii_terminal_is_no_error() -> None:
    write(NOTE.replace("(up{", '(up{a="漢字",'))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-m", "monogen", "lint", "rules.yaml"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"MG210" in done.stdout
    line, carets = done.stdout.decode("ascii").splitlines()[2:4]
    assert 'a="\\u6f22\\u5b57",job' in line
    assert carets.index("^") == line.index('=~"node"')


@pytest.mark.parametrize("command", [["lint", "rules.yaml"], ["rule", "--all"], ["lint", "--help"]])
@pytest.mark.parametrize(("redirected", "reason"), [("> /dev/full", "No space left"), (">&-", "Bad file")])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_2(command: list[str], redirected: str, reason: str) -> None:
    write(ERROR)
    run = shlex.join([sys.executable, "-m", "monogen", *command])
    done = subprocess.run(["sh", "-c", f"{run} {redirected}"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"monogen: the output cannot be written: {reason}" in done.stderr
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    run = shlex.join([sys.executable, "-m", "monogen", "rule", "--all"])
    done = subprocess.run(["sh", "-c", f"{run} | true"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("monogen.lint.command.lint", interrupted)
    done = lint("rules.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "monogen: interrupted\n")


def test_the_closing_line_says_by_which_inventory() -> None:
    write(GOOD)
    without = lint("rules.yaml").stderr
    assert re.fullmatch(
        r"monogen: nothing found in 1 file, without an inventory: \d+ checks that need one were silent\n",
        without,
    )
    assert lint("rules.yaml", "--select", "MG0").stderr == "monogen: nothing found in 1 file\n"
    write(INVENTORY, "hosts.yaml")
    assert lint("rules.yaml").stderr == "monogen: nothing found in 1 file, for the 2 hosts of hosts.yaml\n"


def test_two_inventories_are_2() -> None:
    write(GOOD)
    write(INVENTORY, "hosts.yaml")
    done = lint("rules.yaml", "--inventory", "other.yaml", "--inventory", "hosts.yaml")
    assert done.exit_code == 2
    assert "--inventory is stated 2 times" in done.stderr


def test_what_was_passed_over_is_counted_and_listed() -> None:
    write(GOOD, "rules/a.yaml")
    write("services: {}\n", "rules/compose.yaml")
    write("kind: PrometheusRule\n{{- if .Values.x }}\nspec: {}\n{{- end }}\n", "rules/helm.yaml")
    write("group:\n- name: a\n  rules: [{alert: A, expr: up}]\n", "rules/near.yml")
    done = lint("rules", "--show-files")
    assert (done.exit_code, done.stderr) == (0, "monogen: linted: 2 of 4 files\n")
    assert done.stdout.splitlines() == [
        "rules/a.yaml: rules of Prometheus",
        "rules/compose.yaml: passed over: nothing that is linted",
        "rules/helm.yaml: passed over: a Helm template; lint what it is rendered to",
        "rules/near.yml: looks like one of ours, and is not read",
    ]
    Path("rules/near.yml").unlink()
    assert lint("rules").stderr.startswith("monogen: nothing found in 1 of 3 files,")


def test_a_folder_that_holds_nothing_of_ours() -> None:
    write("services: {}\n", "dashboards/compose.yaml")
    done = lint("dashboards")
    assert done.exit_code == 2
    assert done.stderr.startswith("dashboards: no file in it is anything that is linted\n    `--show-files`")
    assert lint("dashboards", "--show-files").exit_code == 0
    write(GOOD, "rules/a.yaml")
    both = lint("dashboards", "rules")
    assert both.exit_code == 0
    assert both.stderr.startswith("monogen: dashboards: no file in it is anything that is linted\n")


def test_out_without_anything_of_ours_is_said() -> None:
    write(INVENTORY, "hosts.yaml")
    Path("out").mkdir()
    done = lint()
    assert (done.exit_code, done.stderr) == (0, "monogen: nothing in out/ is anything that is linted\n")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("MG9", "there are MG0 (files), MG1 (expressions)"),
        ("MG20I", "a code is `MG201`, or `MG2` for all"),
        ("MG999", "did you mean `MG"),
    ],
)
def test_a_code_that_there_is_not(code: str, hint: str) -> None:
    write(GOOD)
    assert hint in lint("rules.yaml", "--select", code).stderr


def test_codes_may_be_written_small() -> None:
    write(ERROR)
    assert lint("rules.yaml", "--select", "mg101").exit_code == 1
    assert lint("rules.yaml", "--select", "mg3").exit_code == 0


def test_the_settings_of_the_page_are_understood(folder: Path) -> None:
    write(block("lint.md", "settings"), "monogen.toml")
    settings = settings_near(folder)
    assert settings.ignore == ("MG4", "MG602")
    assert settings.inventory == "hosts.yaml"


def test_the_comment_of_the_page_silences_just_that() -> None:
    text = block("lint.md", "ignore")
    write(INVENTORY, "hosts.yaml")
    write(text)
    assert (lint("rules.yaml").stdout, lint("rules.yaml").exit_code) == ("", 0)
    write("\n".join(line for line in text.splitlines() if "ignore[" not in line))
    assert lint("rules.yaml").stdout.count(" MG111 ") == 1


def test_every_command_of_the_page_runs() -> None:
    write(INVENTORY, "hosts.yaml")
    write(GOOD, "rules/rules.yaml")
    write(GOOD, "dashboards/rules.yaml")
    commands = re.findall(r"monogen (?:lint|rule) ?[^\n`#]*", page("lint.md"))
    assert len(commands) > 6
    for command in commands:
        done = CliRunner().invoke(main, shlex.split(command)[1:])
        assert done.exit_code == 0, (command, done.output)


def test_the_json_of_the_page_is_what_is_written() -> None:
    write(ERROR)
    data = json.loads(lint("rules.yaml", "--format", "json").stdout)
    (described,) = re.findall(r"^`json` is an object.*?\n\n", page("lint.md"), re.MULTILINE | re.DOTALL)
    for key in (*data, *data["findings"][0]):
        assert f"`{key}`" in described


def test_the_command_is_quick_to_start() -> None:
    code = "import sys, monogen.cli; print('monogen.lint.run' in sys.modules, 'wcwidth' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False False\n"
