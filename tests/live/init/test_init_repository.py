"""`monogen init` makes a repository that works as it is, and touches nothing that is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from monogen.cli import main
from monogen.live.init import repository

FILES = {"hosts.yaml", "README.md", ".gitignore", ".github/workflows/monogen.yaml"}


def initialized(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)], catch_exceptions=False)


def monogen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """monogen as a person runs it in that folder."""
    command = [sys.executable, "-m", "monogen", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def inside(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def works(folder: Path) -> None:
    """It builds, the build is up to date, and lint has nothing to say."""
    for arguments in (["build", "hosts.yaml"], ["build", "hosts.yaml", "--check"], ["lint"]):
        done = monogen(folder, *arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    assert (folder / "out").is_dir()


def test_repository_from_nothing_works(tmp_path: Path) -> None:
    folder = tmp_path / "My Lab!"
    result = initialized(folder)
    assert result.exit_code == 0, result.output
    assert inside(folder) == FILES
    assert yaml.safe_load((folder / "hosts.yaml").read_text())["fleet"] == "my-lab"
    works(folder)


def test_workflow_does_what_was_tried(tmp_path: Path) -> None:
    """The steps of the workflow run as they stand; only where monogen comes from is another place here."""
    initialized(tmp_path, "--fleet", "lab")
    assert monogen(tmp_path, "build", "hosts.yaml").returncode == 0
    workflow = yaml.safe_load((tmp_path / ".github/workflows/monogen.yaml").read_text())
    steps = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert steps[0] == 'python -m pip install "$MONOGEN"'
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for step in steps[1:]:
        done = subprocess.run(
            ["bash", "-e", "-c", step], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "hosts.yaml").write_text("fleet: lab\nhosts: [{name: other, os: linux}]\n")
    stale = subprocess.run(["bash", "-e", "-c", steps[1]], cwd=tmp_path, env={**os.environ, "PATH": path},
                           capture_output=True, check=False)  # fmt: skip
    assert stale.returncode == 1


def test_ignored_are_secrets_and_leftovers_and_nothing_that_is_needed(tmp_path: Path) -> None:
    initialized(tmp_path, "--fleet", "lab")
    monogen(tmp_path, "build", "hosts.yaml")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for name in (".out.monogen-staging/x", "secrets/vllm/token", "prometheus/secrets/vllm/token", ".venv/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    listed = done.stdout.split("\n")
    kept = {name for name in listed if name}
    assert {"out/.monogen-manifest", *FILES} <= kept
    assert kept == {*FILES, *(name for name in inside(tmp_path) if name.startswith("out/"))}


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("link", [False, True])
def test_file_that_is_there_is_never_written_over(name: str, link: bool, tmp_path: Path) -> None:
    there = tmp_path / name
    there.parent.mkdir(parents=True, exist_ok=True)
    if link:
        there.symlink_to("nowhere")
    else:
        there.write_text("mine")
    result = initialized(tmp_path)
    assert result.exit_code == 2
    assert f"{there}: is there already" in result.stderr
    assert link or there.read_text() == "mine"
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [there]


def test_other_files_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine")
    assert initialized(tmp_path, "--fleet", "lab").exit_code == 0
    assert (tmp_path / "LICENSE").read_text() == "mine"


def test_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    """The last file cannot be written: the others, and the folders made for them, go away again."""
    files = {"a/b/c.yaml": "x", "d.yaml": "x", "d.yaml/e": "x"}
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(Exception, match="nothing can be written there"):
        repository.write(tmp_path, files)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    result = initialized(tmp_path / "f")
    assert result.exit_code == 2
    assert "this is no folder" in result.stderr


def test_fleet_that_is_no_name(tmp_path: Path) -> None:
    result = initialized(tmp_path / "x", "--fleet", "Not A Name")
    assert result.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_json(tmp_path: Path) -> None:
    told = json.loads(initialized(tmp_path, "--fleet", "lab", "--json").stdout)
    assert set(told["files"]) == FILES
    assert told["hosts"] == []


def test_host_that_gives_nothing_writes_nothing(tmp_path: Path) -> None:
    result = initialized(tmp_path / "x", "--host", "no-such-host.invalid")
    assert result.exit_code == 1
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "x").exists()
