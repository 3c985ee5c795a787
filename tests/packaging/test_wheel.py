"""The wheel, outside of the checkout: it carries its data, and its commands run.

It is built and installed without the network: setuptools and the dependencies are those of the environment
that the tests run in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PARTS = {"gen": "monogen", "dashboards": "monogen.dashboards", "templates": "monogen.templates"}
"""The top-level folders, and the packages they are."""

DATA = {".yaml", ".json", ".j2", ".typed"}
INVENTORY = """
fleet: elsewhere
hosts:
  - {name: spark-1, hardware: gb10, exporters: {node: {}, dcgm: {}}}
  - {name: mac, hardware: apple-silicon, exporters: {node: {}, macmon: {}}}
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed and that sees nothing of this environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV"))}
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build in the checkout would leave folders that the next wheel picks up."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", cwd=source)
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment that holds the wheel.

    The dependencies come from this environment by a .pth file, which is quicker than installing them and
    needs no network. Only monogen itself must not: an editable one is named in a .pth of its own, and those
    are read in the environment's own folder only.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    programs = home / "bin"
    site = Path(
        run(programs / "python", "-c", "import site; print(site.getsitepackages()[0])", cwd=home).strip()
    )
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", programs / "python"]
    run(*install, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


def test_every_part_of_the_code_is_a_package_that_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    found = {
        ".".join([package, *init.parent.relative_to(ROOT / folder).parts])
        for folder, package in PARTS.items()
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert set(settings["packages"]) == found


def test_wheel_carries_all_modules_and_data(wheel: Path) -> None:
    """Templates, catalogs, dashboards and the schema above all."""
    expected = {
        "/".join([*package.split("."), file.relative_to(ROOT / folder).as_posix()])
        for folder, package in PARTS.items()
        for file in (ROOT / folder).rglob("*")
        if file.suffix in DATA | {".py"}
    }
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert carried == expected
    for name in ("inventory/schema.json", "catalog/node.yaml", "dashboards/fleet.py", "py.typed"):
        assert f"monogen/{name}" in carried
    assert any(name.startswith("monogen/templates/rules/") for name in carried)


def test_commands_run_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import monogen; print(monogen.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent)), "the wheel is what is tested, not the checkout"

    assert run(installed / "monogen", "--version", cwd=tmp_path).startswith("monogen, version ")
    schema = json.loads(run(installed / "monogen", "schema", cwd=tmp_path))
    assert schema["required"] == ["fleet"]


@pytest.mark.parametrize("target", ["operator", "prometheus"])
def test_a_fleet_is_built_outside_the_checkout(installed: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "hosts.yaml").write_text(INVENTORY)
    run(installed / "monogen", "build", "hosts.yaml", "--target", target, cwd=tmp_path)
    files = [file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*")]
    assert "dashboards/elsewhere-fleet.json" in files
    assert any("macmon" in file for file in files)


def test_module_can_be_run(installed: Path, tmp_path: Path) -> None:
    as_module = run(installed / "python", "-m", "monogen", "--help", cwd=tmp_path)
    assert as_module.startswith("Usage: python -m monogen")
    assert as_module.splitlines()[2:] == run(installed / "monogen", "--help", cwd=tmp_path).splitlines()[2:]
