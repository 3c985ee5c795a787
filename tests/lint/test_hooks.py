"""The pre-commit hook and the GitHub Action do what they say, on a copy of this checkout.

GitHub's runner is not here: the steps of action.yml are run by bash as the runner would call it, with the
expressions filled in and the variables set that the steps read. That GitHub itself takes the file is checked
only as far as its keys go. Everything is installed without the network: dependencies are this environment's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_blocks import values

ROOT = Path(__file__).parents[2]
GOOD = """
groups:
  - name: example
    rules:
      - record: instance:up:max
        expr: max by (instance) (up)
"""
BAD = GOOD.replace("max by (instance) (up)", "max by (instance) (up")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what is here now, committed or not."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("gen", "dashboards", "templates"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "action.yml", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, copy)
    repository(copy)
    return copy


def repository(folder: Path) -> None:
    """Make the folder a git repository with everything in it committed."""
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"]
    for command in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "-m", "All"]):
        subprocess.run(["git", *command], cwd=folder, check=True)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Lets pip install monogen without the network, and shows it this environment's dependencies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "GIT_"))}
    return {
        **kept,
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one as: no isolation
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit")),
        "RUNNER_TEMP": str(tmp_path_factory.mktemp("runner")),
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's repository with a rule file."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "example.yaml").write_text(GOOD)
    return tmp_path


class Action:
    """action.yml, run step by step."""

    def __init__(self, checkout: Path, environment: dict[str, str]) -> None:
        self.description = yaml.safe_load((checkout / "action.yml").read_text())
        self.checkout = checkout
        self.environment = environment

    def step(self, number: int, project: Path, **given: str) -> subprocess.CompletedProcess[str]:
        """Run a step with these inputs, the others as they are by default."""
        step = self.description["runs"]["steps"][number]
        inputs = {name: entry["default"] for name, entry in self.description["inputs"].items()} | given
        known = {f"inputs.{name}": value for name, value in inputs.items()}
        known["github.action_path"] = str(self.checkout)
        filled = {
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: known[match[1]], text)
            for name, text in step["env"].items()
        }
        script = project / "step.sh"
        script.write_text(step["run"])
        assert step["shell"] == "bash"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=project,
            env=self.environment | filled,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def action(checkout: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Action:
    """The action after its step that installs."""
    action = Action(checkout, environment)
    installed = action.step(0, tmp_path_factory.mktemp("project"), python=sys.executable)
    assert installed.returncode == 0, installed.stderr
    return action


def test_the_action_has_what_github_asks_for() -> None:
    description = yaml.safe_load((ROOT / "action.yml").read_text())
    assert set(description) == {"name", "description", "author", "branding", "inputs", "runs"}
    assert description["runs"]["using"] == "composite"
    for entry in description["inputs"].values():
        assert set(entry) == {"description", "default"}
    for step in description["runs"]["steps"]:
        assert "${{" not in step["run"], "an input in a script is a hole"


def test_the_action_is_silent_about_good_rules(action: Action, project: Path) -> None:
    done = action.step(1, project, paths="rules")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_action_annotates_bad_rules(action: Action, project: Path) -> None:
    (project / "rules" / "example.yaml").write_text(BAD)
    done = action.step(1, project, paths="rules")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=rules/example.yaml,line=6,col=")


def test_the_action_passes_arguments_on(action: Action, project: Path) -> None:
    (project / "rules" / "example.yaml").write_text(BAD)
    done = action.step(1, project, paths="rules", args="--exit-zero --format concise")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rules/example.yaml:6:")


def test_the_step_that_the_page_shows_works(action: Action, project: Path) -> None:
    given = values("lint.md", "action")[1]["with"]
    (project / "dashboards").mkdir()
    (project / "hosts.yaml").write_text("fleet: x\nhosts:\n  - {name: mac, hardware: apple-silicon}\n")
    (project / "rules" / "linux.yaml").write_text(GOOD.replace("(up)", "(node_memory_MemAvailable_bytes)"))
    done = action.step(1, project, **given)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::")
    assert "file=rules/linux.yaml" in done.stdout


@pytest.mark.parametrize("name", ["paths", "args", "inventory"])
def test_an_input_is_no_command(action: Action, project: Path, name: str) -> None:
    done = action.step(1, project, **{name: "$(touch owned); touch owned; `touch owned`"})
    assert done.returncode != 0
    assert not (project / "owned").exists()


def pre_commit(project: Path, environment: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    """Run pre-commit in somebody's repository."""
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *args],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def configured(project: Path, checkout: Path) -> None:
    """The configuration that docs/lint.md shows, with the copy of the checkout as the repository."""
    config: dict[str, Any] = values("lint.md", "pre-commit")
    config["repos"][0]["repo"] = str(checkout)
    head = ["git", "rev-parse", "HEAD"]
    config["repos"][0]["rev"] = subprocess.check_output(head, cwd=checkout, text=True).strip()
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))


def test_pre_commit_refuses_bad_rules_and_passes_good_ones(
    checkout: Path, environment: dict[str, str], project: Path
) -> None:
    configured(project, checkout)
    repository(project)
    good = pre_commit(project, environment, "run", "--all-files", "--verbose")
    assert good.returncode == 0, good.stdout + good.stderr
    assert re.search(r"monogen lint\.+Passed", good.stdout)

    (project / "rules" / "example.yaml").write_text(BAD)
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    bad = pre_commit(project, environment, "run")
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "rules/example.yaml:6:" in bad.stdout


def test_the_hooks_are_what_pre_commit_takes(environment: dict[str, str]) -> None:
    done = pre_commit(ROOT, environment, "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout
