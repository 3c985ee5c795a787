"""What the README shows works."""

import re
from pathlib import Path

from monogen.build import build

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_its_inventory_builds(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "hosts.yaml").write_text(example)
    built = build(tmp_path / "hosts.yaml", "operator")
    assert len(built.fleet.hosts) == 3


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 8
    assert [link for link in links if not (Path(__file__).parents[2] / link).is_file()] == []
