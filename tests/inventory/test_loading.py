"""What a good inventory becomes: defaults, merging, quantities, servers, notes."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen.catalog import kinds
from monogen.inventory import load, position
from monogen.inventory.model import AlertSettings, BasicAuth, BearerToken, Fleet, Host, SecretRef, Tls
from monogen.problems import InputError

GIB = 2**30
ROOT = Path(__file__).parents[2]


@pytest.fixture
def fleet_of(tmp_path: Path):
    def build(text: str) -> Fleet:
        file = tmp_path / "hosts.yaml"
        file.write_text(text, "utf-8")
        return load(file, kinds)

    return build


@pytest.fixture
def host_of(fleet_of):
    def build(host: str, before: str = "") -> Host:
        return fleet_of(f"fleet: f\n{before}\nhosts:\n  - {host}\n").hosts[0]

    return build


def test_the_example_is_the_tour() -> None:
    fleet = load(ROOT / "hosts" / "fleet.yaml", kinds)
    assert [(host.name, host.os, host.hardware) for host in fleet.hosts] == [
        ("spark-1", "linux", "gb10"),
        ("mac-studio", "darwin", "apple-silicon"),
        ("gpu-box", "linux", "nvidia"),
        ("nas", "linux", "generic"),
    ]
    assert fleet.kubernetes.labels == {"release": "kube-prometheus-stack"}
    spark = fleet.hosts[0]
    assert spark.memory == 128 * GIB
    assert spark.reserved == 12 * GIB
    assert [exporter.address for exporter in spark.exporters] == [
        "spark-1.lan:9100", "spark-1.lan:9400", "spark-1.lan:8000",
    ]  # fmt: skip
    first = spark.models[0]
    assert (first.file, first.kv_cache, first.overhead) == (round(18.6 * GIB), 6 * GIB, 2 * GIB)
    assert not fleet.notes


def test_the_shortest_form_has_every_default(host_of) -> None:
    host = host_of("{name: spark-1, hardware: gb10}")
    assert (host.address, host.os, host.memory, host.reserved) == ("spark-1", "linux", None, None)
    assert [(e.kind, e.address, e.path, e.server, e.scheme) for e in host.exporters] == [
        ("node", "spark-1:9100", "/metrics", "", "http")
    ]
    assert host_of("{name: nas, os: linux}").hardware == "generic"


def test_stated_exporters_replace_the_assumed_node(host_of) -> None:
    assert [e.kind for e in host_of("{name: a, os: linux, exporters: {vllm: {}}}").exporters] == ["vllm"]
    assert host_of("{name: a, os: linux, exporters: {}}").exporters == ()


def test_an_exporter_without_settings_may_be_left_open(host_of) -> None:
    assert host_of("{name: a, os: linux, exporters: {node: }}").exporters[0].address == "a:9100"


@pytest.mark.parametrize(
    ("address", "scraped"),
    [
        ("a.lan", "a.lan:9100"),
        ("192.168.1.20", "192.168.1.20:9100"),
        ('"fd00::20"', "[fd00::20]:9100"),
        ('"[fd00::20]"', "[fd00::20]:9100"),
    ],
)
def test_addresses(host_of, address: str, scraped: str) -> None:
    host = host_of(f"{{name: a, os: linux, address: {address}}}")
    assert host.exporters[0].address == scraped


def test_servers_of_one_kind_are_told_apart(host_of) -> None:
    host = host_of(
        "{name: a, hardware: gb10, exporters: {vllm: [{name: big}, {name: small, port: 8001}], sglang: {}}}"
    )
    assert [(e.kind, e.server, e.address) for e in host.exporters] == [
        ("vllm", "big", "a:8000"),
        ("vllm", "small", "a:8001"),
        ("sglang", "sglang", "a:30000"),
    ]


def test_every_setting_of_an_exporter_is_carried(host_of) -> None:
    host = host_of(
        '{name: a, hardware: gb10, exporters: {vllm: {name: big, endpoint: "host.minikube.internal:18000", '
        'scheme: https, path: /m, params: {b: ["1", 2], a: ["x"]}, interval: 15s, timeout: 1500ms, '
        'version: "0.11", auth: {bearer: {secret: vllm, key: token}}, '
        "tls: {ca: {secret: s, key: ca.crt}, server_name: x, insecure_skip_verify: true}, "
        "labels: {tier: local, slot: 3}, collectors: {x: false}, scraped_by: cluster}}}"
    )
    (exporter,) = host.exporters
    assert exporter.address == "host.minikube.internal:18000"
    assert (exporter.scheme, exporter.path, exporter.server) == ("https", "/m", "big")
    assert exporter.params == (("a", ("x",)), ("b", ("1", "2")))
    assert (exporter.interval, exporter.timeout, exporter.version) == (15.0, 1.5, (0, 11))
    assert exporter.auth == BearerToken(SecretRef("vllm", "token"))
    assert exporter.tls == Tls(ca=SecretRef("s", "ca.crt"), server_name="x", insecure_skip_verify=True)
    assert exporter.labels == {"tier": "local", "slot": "3"}
    assert exporter.collectors == {"x": False}
    assert exporter.cluster


def test_basic_auth(host_of) -> None:
    host = host_of(
        "{name: a, os: linux, exporters: {node: {auth: {basic: "
        "{username: {secret: s, key: u}, password: {secret: s, key: p}}}}}}"
    )
    assert host.exporters[0].auth == BasicAuth(SecretRef("s", "u"), SecretRef("s", "p"))


def test_fleet_settings(fleet_of) -> None:
    fleet = fleet_of(
        'fleet: f\nprometheus: {version: "3.10", scrape_interval: 1m, retention: 2w}\n'
        'grafana: {url: "https://grafana.lan/", folder: LLM}\nrunbooks: https://wiki.lan/r\n'
        "jobs: {node: mine}\n"
        "alerts: {A: {threshold: 90%, severity: critical, for: 1h30m, enabled: no}, B: {threshold: 800MHz}}\n"
        "hosts: [{name: a, os: linux, alerts: {A: {threshold: 5m}}}]"
    )
    assert fleet.prometheus.version == (3, 10)
    assert (fleet.prometheus.scrape_interval, fleet.prometheus.retention) == (60, 14 * 86400)
    assert (fleet.grafana.url, fleet.grafana.folder) == ("https://grafana.lan", "LLM")
    assert fleet.runbooks == "https://wiki.lan/r"
    assert fleet.jobs == {"node": "mine"}
    assert fleet.alerts["A"] == AlertSettings(0.9, "critical", 5400, enabled=False)
    assert fleet.alerts["B"].threshold == 8e8
    assert fleet.hosts[0].thresholds == {"A": 300.0}


def test_an_unstated_timeout_never_exceeds_the_interval(fleet_of) -> None:
    fleet = fleet_of("fleet: f\nprometheus: {scrape_interval: 5s}\nhosts: [{name: a, os: linux}]")
    assert fleet.prometheus.scrape_timeout == 5


def test_labels_add_up_and_the_nearest_wins(host_of) -> None:
    before = "labels: {site: home, rack: a, floor: 1}\ndefaults: {labels: {rack: b, room: x}}"
    host = host_of("{name: a, os: linux, labels: {room: y}}", before)
    assert host.labels == {"site": "home", "rack": "b", "floor": "1", "room": "y"}


DEFAULTS = (
    "defaults: {os: linux, memory: 64GB, reserved: 4GiB, availability: intermittent, "
    "exporters: {node: {port: 9101, collectors: {systemd: true}, labels: {x: a}}}}"
)


def test_defaults_fill_what_a_host_does_not_say(host_of) -> None:
    host = host_of("{name: a}", DEFAULTS)
    assert (host.os, host.memory, host.reserved, host.intermittent) == ("linux", 64 * GIB, 4 * GIB, True)
    assert host.exporters[0].address == "a:9101"


def test_a_host_wins_over_defaults(host_of) -> None:
    host = host_of("{name: a, hardware: apple-silicon, memory: 32GB, availability: always}", DEFAULTS)
    assert (host.os, host.memory, host.intermittent) == ("darwin", 32 * GIB, False)


def test_exporters_of_defaults_are_merged_by_kind(host_of) -> None:
    host = host_of(
        "{name: a, exporters: {vllm: {}, node: {collectors: {pressure: false}, labels: {y: b}}}}", DEFAULTS
    )
    node, vllm = host.exporters
    assert (node.kind, vllm.kind) == ("node", "vllm")
    assert node.address == "a:9101"
    assert node.collectors == {"systemd": True, "pressure": False}
    assert node.labels == {"x": "a", "y": "b"}


def test_a_host_can_drop_an_exporter_of_defaults(host_of) -> None:
    host = host_of("{name: a, exporters: {node: false, vllm: {}}}", DEFAULTS)
    assert [exporter.kind for exporter in host.exporters] == ["vllm"]


def test_an_endpoint_replaces_the_port_of_defaults(host_of) -> None:
    host = host_of('{name: a, exporters: {node: {endpoint: "b.lan:1"}}}', DEFAULTS)
    assert host.exporters[0].address == "b.lan:1"


def test_aliases_and_merge_keys_are_understood(fleet_of) -> None:
    fleet = fleet_of(
        "fleet: f\nhosts:\n  - &a {name: a, os: linux, exporters: &e {node: {port: 9101}}}\n"
        "  - {<<: *a, name: b}\n  - {name: c, os: linux, exporters: *e}"
    )
    assert [host.exporters[0].address for host in fleet.hosts] == ["a:9101", "b:9101", "c:9101"]


def test_names_are_carried_as_they_are(host_of) -> None:
    name = "Büro \U0001f468\u200d\U0001f469 {{ $labels.x }} $1 'quoted' \\"
    escaped = name.replace("\\", "\\\\")
    host = host_of(f'{{name: "{escaped}", os: linux, address: a.lan}}')
    assert host.name == name


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_bytes(b"\xef\xbb\xbffleet: f\r\nhosts:\r\n  - name: a\r\n    os: linux\r\n")
    assert load(file, kinds).hosts[0].name == "a"


def test_odd_numbers_stay_what_was_written(host_of) -> None:
    host = host_of(
        "{name: a, os: linux, labels: {since: 2026-11-23, ratio: 1:30, code: 010, count: 12, "
        "size: 1.00, e: 1e5}}"
    )
    assert host.labels == {
        "since": "2026-11-23",
        "ratio": "1:30",
        "code": "010",
        "count": "12",
        "size": "1.00",
        "e": "1e5",
    }


def test_notes_tell_of_mdns_and_loopback(fleet_of) -> None:
    fleet = fleet_of(
        "fleet: f\nhosts:\n  - {name: mac.local, hardware: apple-silicon}\n"
        '  - {name: b, os: linux, exporters: {vllm: {endpoint: "127.0.0.1:8000"}}}\n'
        '  - {name: c, os: linux, exporters: {node: {endpoint: "localhost:9100", scraped_by: cluster}}}'
    )
    mdns, loopback = fleet.notes
    assert mdns.startswith("mac.local: ")
    assert loopback.startswith("b: ")


def test_own_files_are_relative_to_the_inventory(tmp_path: Path) -> None:
    (tmp_path / "board.json").write_text("{}")
    (tmp_path / "mine.yaml").write_text("fleet: f\nrules: [board.json]\nhosts: [{name: a, os: linux}]")
    assert load(tmp_path / "mine.yaml", kinds).rules == (str(tmp_path / "board.json"),)


def test_own_catalogs_are_given_to_the_kinds(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "mine.yaml").write_text("fleet: f\ncatalogs: [c]\nhosts: [{name: a, os: linux}]")
    asked = []
    load(tmp_path / "mine.yaml", lambda paths: asked.extend(paths) or kinds())
    assert asked == [tmp_path / "c"]


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        folder = Path("hosts")
        folder.mkdir()
        (folder / "a.yaml").write_text("fleet: f\nhosts: [{name: a, os: linux}]")
        return folder

    def test_files_are_one_inventory(self, folder: Path) -> None:
        (folder / "b.yml").write_text("labels: {site: home}\nhosts: [{name: b, os: linux}]")
        (folder / "notes.txt").write_text("not read")
        (folder / ".hidden.yaml").write_text("[")
        fleet = load(folder, kinds)
        assert [host.name for host in fleet.hosts] == ["a", "b"]
        assert fleet.hosts[0].labels == {"site": "home"}

    def test_a_name_given_twice_names_both_places(self, folder: Path) -> None:
        (folder / "b.yaml").write_text("hosts:\n  - name: a\n    os: linux\n")
        assert self.errors(folder) == [
            "hosts/b.yaml:2:11: the host `a` is given twice (the other one: hosts/a.yaml:2)"
        ]

    def test_a_setting_given_twice_names_both_places(self, folder: Path) -> None:
        (folder / "b.yaml").write_text("hosts: [{name: b, os: linux}]\nfleet: g")
        assert self.errors(folder) == ["hosts/b.yaml:2:1: `fleet` says something else in hosts/a.yaml:1"]

    def test_the_same_setting_twice_is_no_contradiction(self, folder: Path) -> None:
        (folder / "b.yaml").write_text("fleet: f\nhosts: [{name: b, os: linux}]")
        assert load(folder, kinds).name == "f"

    def test_mistakes_of_all_files_are_told(self, folder: Path) -> None:
        (folder / "b.yaml").write_text("hosts:\n  - name: b\n\tos: linux")
        (folder / "c.yaml").write_text("hosts: [{name: c, os: linx}]")
        assert self.errors(folder) == [
            "hosts/b.yaml:3:1: a tab indents this line",
            "hosts/c.yaml:1:23: `linx` is not an OS (macOS is `darwin`)",
        ]

    def test_a_folder_without_files(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="holds no inventory"):
            load(tmp_path, kinds)

    def test_position_finds_the_file(self, folder: Path) -> None:
        (folder / "b.yaml").write_text("alerts:\n  Hot: {enabled: false}\n")
        assert position(folder, "alerts", "Hot") == ("hosts/b.yaml", 2, 3)

    @staticmethod
    def errors(folder: Path) -> list[str]:
        with pytest.raises(InputError) as raised:
            load(folder, kinds)
        return [str(problem).splitlines()[0] for problem in raised.value.problems]


def test_position_finds_hosts_by_name() -> None:
    file = ROOT / "hosts" / "fleet.yaml"
    source, line, column = position(file, "hosts", "nas", "address")
    assert source == str(file)
    assert file.read_text().splitlines()[line - 1][column - 1 :].startswith("address: nas.lan")


def test_position_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("fleet: f")
    assert position(file, "alerts", "X") == (str(file), 0, 0)
