"""What is looked up, and when: positions cost a whole reading of the inventory."""

from __future__ import annotations

from fleets import BUDGETED, fleet, gb10
from monogen.inventory.model import AlertSettings
from monogen.plan.checks import check


def test_nothing_is_located_in_an_inventory_without_mistakes() -> None:
    asked: list[object] = []

    def locate(*keys: object) -> tuple[str, int, int]:
        asked.append(keys)
        return "hosts.yaml", 1, 1

    of = fleet(
        gb10(thresholds={"HostDiskFull": 0.9}, models=(BUDGETED,)),
        alerts={"HostDown": AlertSettings(severity="warning"), "HostDiskFull": AlertSettings(threshold=0.8)},
    )
    check(of, (), locate)
    assert asked == []
