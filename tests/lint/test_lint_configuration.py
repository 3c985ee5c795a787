"""Settings and inventories that are found by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen.lint.settings import LintSettings
from monogen.lint.settings.configuration import inventory_near, settings_near
from monogen.problems import InputError


def refusal(folder: Path, text: str, name: str = "monogen.toml") -> str:
    (folder / name).write_text(text)
    with pytest.raises(InputError) as raised:
        settings_near(folder)
    return str(raised.value).removeprefix(f"{folder}/")


FULL = """
select = ["MG"]
ignore = ["MG4", "MG201"]
severity = "warning"
exclude = ["vendor"]
inventory = "hosts/fleet.yaml"
[{0}.severities]
MG202 = "off"
MG2 = "error"
[{0}.per-path-ignores]
"generated/*" = ["MG3"]
"""


@pytest.mark.parametrize(
    ("name", "section"), [("monogen.toml", "lint"), ("pyproject.toml", "tool.monogen.lint")]
)
def test_all_settings(tmp_path: Path, name: str, section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_text(f"[{section}]" + FULL.format(section))
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert settings_near(Path()) == LintSettings(
        select=("MG",),
        ignore=("MG4", "MG201"),
        severity="warning",
        severities={"MG202": "off", "MG2": "error"},
        per_path_ignores={"generated/*": ("MG3",)},
        exclude=("vendor",),
        inventory="../../hosts/fleet.yaml",
    )


def test_without_settings(tmp_path: Path) -> None:
    assert settings_near(tmp_path) == LintSettings()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert settings_near(tmp_path) == LintSettings()


def test_the_nearest_file_that_says_something(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.monogen.lint]\nignore = ['MG201']\n")
    (below / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert settings_near(below).ignore == ("MG201",)
    (below / "monogen.toml").write_text("[lint]\nignore = ['MG202']\n")
    assert settings_near(below).ignore == ("MG202",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lint]\nselct = []", "monogen.toml:2:1: unknown key `selct`\n    did you mean `select`?"),
        ("[lint]\nselect = 'MG2'", "monogen.toml:2:1: `select` is a list of texts"),
        ("[lint]\nselect = ['MG2', 'MG999']", "monogen.toml:2:19: there is no check `MG999`"),
        ("[lint]\nignore = ['E501']", "monogen.toml:2:12: there is no check `E501`\n    a code is `MG201`"),
        ("[lint]\nignore = ['']", "there is no check"),
        (
            "[lint]\n\nseverity = 'fatal'",
            "monogen.toml:3:1: `fatal` is no severity\n    allowed: error, info",
        ),
        ("[lint.severities]\nMG201 = 'of'", "monogen.toml:2:1: `of` is no severity\n    did you mean `off`?"),
        ("[lint.severities]\nMG999 = 'off'", "monogen.toml:2:1: there is no check `MG999`"),
        ("[lint]\nseverities = ['MG201']", "`severities` is a table\n    write it as `severities = {MG201"),
        ("[lint.per-path-ignores]\n'a*' = 'MG2'", "monogen.toml:2:2: `a*` is a list of texts"),
        ("[lint]\ninventory = ['a']", "monogen.toml:2:1: `inventory` is a path"),
        ("lint = 3", "`lint` is a table"),
        ("[lint]\nselect = [", "monogen.toml: not valid TOML"),
        ("[lint]\nselect = [\n  'MG2'\n  'MG3']", "monogen.toml:4:3: not valid TOML: "),
        ("a = " + "[" * 5000, "monogen.toml"),
        ("[linter]\nignore = []", "monogen.toml:1:2: unknown table `linter`\n    did you mean `lint`?"),
        ("[Lint]\nignore = []", "monogen.toml:1:2: unknown table `Lint`\n    did you mean `lint`?"),
        ("ignore = ['MG']", "monogen.toml:1:1: unknown key `ignore`\n    it belongs below `[lint]`"),
        (
            "[tool.monogen.lint]\nignore = ['MG']",
            "monogen.toml:1:2: unknown table `tool`\n    in this file the settings stand in `[lint]`",
        ),
        ("[lint]\nignore = ['mg201']", "there is no check `mg201`\n    write `MG201`"),
        (
            "[lint]\nignore = ['MG9']",
            "there is no check `MG9`\n    there are MG0 (files), MG1 (expressions),",
        ),
    ],
)
def test_what_is_wrong_with_settings(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text)


def test_a_project_file_with_a_mistake(tmp_path: Path) -> None:
    text = "[tool.other]\nselect = 1\n[tool.monogen.lint]\nselect = 1\n"
    assert refusal(tmp_path, text, "pyproject.toml").startswith("pyproject.toml:4:1: `select` is a list")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.monogen.lnt]\nignore = []", "1:15: unknown table `lnt`\n    did you mean `lint`?"),
        (
            "[tool.monogen]\nignore = []",
            "2:1: unknown key `ignore`\n    it belongs below `[tool.monogen.lint]`",
        ),
        ("[tool]\nmonogen = 3", "`tool.monogen` is a table"),
    ],
)
def test_a_misspelt_table_of_a_project_file(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text, "pyproject.toml")


def test_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "monogen.toml").write_bytes(b"[lint] # \xfc\n")
    with pytest.raises(InputError, match="1:10: not UTF-8 text: byte 0xfc\n    save the file as UTF-8"):
        settings_near(tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    monkeypatch.chdir(tmp_path)
    return Path()


def test_no_inventory(folder: Path) -> None:
    assert inventory_near([folder / "rules"], LintSettings()) is None


@pytest.mark.parametrize("place", ["rules/hosts.yaml", "rules/hosts.yml", "hosts.yaml"])
def test_an_inventory_beside_what_is_linted(folder: Path, place: str) -> None:
    (folder / place).touch()
    assert inventory_near([folder / "rules"], LintSettings()) == Path(place)
    assert inventory_near([folder / "rules" / "a.yaml"], LintSettings()) == Path(place)


def test_the_setting_counts_most(folder: Path) -> None:
    (folder / "hosts.yaml").touch()
    assert inventory_near([], LintSettings(inventory="a/b.yaml")) == Path("a/b.yaml")


def test_beside_counts_more_than_the_working_directory(folder: Path) -> None:
    (folder / "hosts.yaml").touch()
    (folder / "rules" / "hosts.yaml").touch()
    assert inventory_near([folder / "rules" / "a.yaml"], LintSettings()) == Path("rules/hosts.yaml")


def test_never_a_guess(folder: Path) -> None:
    for name in ("hosts.yaml", "hosts.yml"):
        (folder / "rules" / name).touch()
    with pytest.raises(InputError, match="more than one inventory") as raised:
        inventory_near([folder / "rules"], LintSettings())
    assert "`rules/hosts.yaml`, `rules/hosts.yml`" in str(raised.value)
    assert "--inventory" in str(raised.value)


def test_one_inventory_found_twice_is_one(folder: Path) -> None:
    (folder / "hosts.yaml").touch()
    (folder / "rules" / "hosts.yaml").symlink_to(folder.resolve() / "hosts.yaml")
    assert inventory_near([folder / "rules"], LintSettings()) is not None
