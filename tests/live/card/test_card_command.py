"""The command: what it prints and writes, and what it says when it cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from card_history import END, START
from click.testing import CliRunner, Result
from engine import Prometheus
from monogen.cli import main

pytestmark = pytest.mark.prometheus


def run(server: Prometheus, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["card", "--prometheus", server.url, *arguments])


def hour(host: str) -> list[str]:
    return ["--host", host, "--from", str(START), "--to", str(END)]


def test_markdown_with_charts(remembered: Prometheus) -> None:
    done = run(remembered, *hour("spark"))
    assert done.exit_code == 0, done.output
    assert done.output.startswith(
        "# Finding card: `qwen` on `spark`\n\n2025-10-09 09:00:00 to 10:00:00 UTC (1h)"
    )
    assert "**Verdict: fits.**" in done.output
    assert "| Added by the run | 34.0 GiB |" in done.output
    charts = re.findall(r"^<svg.*?^</svg>$", done.output, re.MULTILINE | re.DOTALL)
    assert len(charts) == 4
    for chart in charts:
        assert "\n\n" not in chart
        ElementTree.fromstring(chart)
    assert done.output == run(remembered, *hour("spark")).output


def test_json(remembered: Prometheus) -> None:
    done = run(remembered, *hour("spark"), "--json")
    (card,) = json.loads(done.output)["cards"]
    assert card["verdict"] == "fits"
    assert card["window"]["from"] == "2025-10-09T09:00:00Z"
    assert card["measures"]["energy_watthours"]["value"] == pytest.approx(100)
    assert card["measures"]["footprint_peak_bytes"]["at"] == "2025-10-09T09:30:00Z"
    assert card["resident"] == {"before": [], "during": ["qwen"], "after": []}
    (mac,) = json.loads(run(remembered, *hour("mac"), "--json").output)["cards"]
    assert mac["measures"]["energy_watthours"]["value"] is None
    assert mac["measures"]["energy_watthours"]["why"]


def test_side_by_side(remembered: Prometheus) -> None:
    middle = START + 1800
    windows = [f"first={START}..{middle}", f"{middle + 1}..{END}"]
    options = [option for window in windows for option in ("--window", window)]
    done = run(remembered, "--host", "spark", "--compare", *options)
    assert done.exit_code == 0, done.output
    assert "| | first | B |" in done.output
    # The peak of 32 GiB is in the first half.
    assert "| Footprint, peak | 32.0 GiB | 28.0 GiB |" in done.output
    assert done.output.count("<svg") == 2
    # A dash has its reason, in each window.
    assert done.output.count("- not measured: ") >= 1
    both = json.loads(run(remembered, "--host", "spark", "--compare", *options, "--json").output)["cards"]
    assert [card["window"]["label"] for card in both] == ["first", "B"]
    apart = run(remembered, "--host", "spark", *options).output
    assert apart.count("# Finding card: ") == 2


def test_to_a_file_with_the_inventory(remembered: Prometheus, tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(
        "fleet: homelab\n"
        "hosts:\n"
        "  - name: spark\n"
        "    hardware: gb10\n"
        "    memory: 64GB\n"
        "    models: [{name: qwen, file: 18GiB, kv_cache: 6GiB, overhead: 2GiB}]\n"
    )
    card = tmp_path / "card.md"
    done = run(remembered, *hour("spark"), "--inventory", str(tmp_path / "hosts.yaml"), "-o", str(card))
    assert done.exit_code == 0, done.output
    assert done.output == f"{card}\n"
    block = re.search(r"```yaml\n(.*?)```", card.read_text(), re.DOTALL)
    assert block is not None
    assert yaml.safe_load(block[1]) == [
        {
            "name": "spark",
            "reserved": "10GiB",
            "models": [{"name": "qwen", "file": "18GiB", "kv_cache": "6GiB", "overhead": "10GiB"}],
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "spark"], "no window is given"),
        (["--host", "spark", "--from", "yesterday"], "`yesterday` is no time"),
        (["--host", "spark", "--from", "-1h", "--window", "-2h..-1h"], "both `--window` and `--from`"),
        (["--host", "spark", "--compare", "--window", "-2h..-1h"], "nothing to compare"),
        (hour("spock"), "`spock` is no host that http"),
        (hour("twin"), "`twin` is a host of several fleets: `homelab`, `work`"),
        ([*hour("spark"), "--fleet", "work"], "`spark` is no host that http"),
        ([*hour("spark"), "-o", "/no/such/folder/card.md"], "cannot be written: No such file"),
        ([*hour('x"} or up #')], "is no host that"),
    ],
)
def test_what_it_cannot_do(remembered: Prometheus, arguments: list[str], said: str) -> None:
    done = run(remembered, *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_one_of_several_fleets(remembered: Prometheus) -> None:
    done = run(remembered, *hour("twin"), "--fleet", "work", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["cards"][0]["fleet"] == "work"


def test_a_time_without_data(remembered: Prometheus) -> None:
    done = run(remembered, "--host", "spark", "--from", str(START - 90_000), "--to", str(START - 80_000))
    assert done.exit_code == 2
    # Blocks of that age are no more "now": no host is known to the server at all.
    assert "has no series of monogen" in done.output or "no data of `spark`" in done.output


def test_no_server() -> None:
    done = CliRunner().invoke(
        main, ["card", "--prometheus", "http://127.0.0.1:9", "--host", "a", "--from", "-1h"]
    )
    assert done.exit_code == 1
    assert "nobody listens" in done.output
