"""Which hosts a rule is for."""

from monogen.inventory.model import Exporter, Fleet, Host
from monogen.plan.selection import HostClasses, parse_needs


def _host(
    name: str, hardware: str = "generic", os: str = "linux", **exporters: tuple[int, ...] | None
) -> Host:
    return Host(
        name=name,
        address=name,
        os=os,  # type: ignore[arg-type]
        hardware=hardware,  # type: ignore[arg-type]
        exporters=tuple(Exporter(kind, f"{name}:1", version=version) for kind, version in exporters.items()),
    )


def _meeting(needs: object, *hosts: Host) -> set[str]:
    return set(HostClasses(Fleet("f", hosts)).meeting(parse_needs(needs)))


MAC = _host("mac", "apple-silicon", "darwin", node=None, macmon=None)
OLD = _host("old", "gb10", node=None, dcgm=(4, 5, 3))
NEW = _host("new", "nvidia", node=None, dcgm=(4, 9))
UNSTATED = _host("unstated", "nvidia", dcgm=None)


def test_nothing_needed_is_every_host() -> None:
    assert _meeting({}, MAC, OLD) == {"mac", "old"}


def test_every_field_must_hold() -> None:
    assert _meeting({"exporter": "node", "os": "linux"}, MAC, OLD, UNSTATED) == {"old"}


def test_a_list_in_a_field_means_one_of_them() -> None:
    assert _meeting({"exporter": ["macmon", "dcgm"]}, MAC, OLD) == {"mac", "old"}


def test_a_list_of_needs_means_one_of_the_alternatives() -> None:
    assert _meeting([{"os": "darwin"}, {"hardware": "nvidia"}], MAC, OLD, NEW) == {"mac", "new"}


def test_a_version_that_is_not_stated_may_be_either() -> None:
    assert _meeting({"exporter": "dcgm", "before": "4.9"}, OLD, NEW, UNSTATED) == {"old", "unstated"}
    assert _meeting({"exporter": "dcgm", "from": "4.9"}, OLD, NEW, UNSTATED) == {"new", "unstated"}


def test_a_misspelt_need_is_refused() -> None:
    try:
        parse_needs({"exportr": "node"})
    except ValueError as error:
        assert "exportr" in str(error)
    else:
        raise AssertionError("a misspelt need would silently select every host")
