"""An item with the decisions about it, and what is like it on its own and the neighbours' lists."""

from __future__ import annotations

from datetime import date

from orchestrator.services.registers.alike_items import alike
from orchestrator.store.item_lists import item_on_lists
from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory
from tests.services.world import TENANT, World

COUNTY, NEIGHBOUR, CITY, FAR = "990100", "990800", "990000", "990811"
PLACES = ((NEIGHBOUR, "邻县", CITY), (FAR, "邻县的镇", NEIGHBOUR))
LISTED = (
    ("own", COUNTY, "夜间消防巡查", None),
    ("left", COUNTY, "夜间消防巡查甲", 2),
    ("near", NEIGHBOUR, "夜间消防安全巡查", None),
    ("above", CITY, "消防夜间巡查", None),
    ("far", FAR, "夜间消防巡查乙", None),
    ("other", COUNTY, "独居老人探访", None),
)


def test_what_is_like_an_item_stands_on_its_own_list_above_it_and_beside_it(
    world: World,
) -> None:
    with transaction() as session:
        for code, name, parent in PLACES:
            path = (
                f"{CITY}/{code}/"
                if parent == CITY
                else f"{CITY}/{NEIGHBOUR}/{code}/"
            )
            session.add(
                Territory(
                    tenant_id=TENANT,
                    code=code,
                    name=name,
                    level="county",
                    parent_code=parent,
                    path=path,
                )
            )
        for place in (COUNTY, NEIGHBOUR, CITY, FAR):
            for number in (1, 2):
                session.add(
                    ItemListVersion(
                        id=f"{place}-{number}",
                        tenant_id=TENANT,
                        territory_code=place,
                        number=number,
                        effective_on=date(2026, number, 1),
                        change="admission" if number == 1 else "exit",
                        created_at=world.now,
                    )
                )
        for key, place, name, left in LISTED:
            own = {"tenant_id": TENANT, "territory_code": place}
            session.add(
                ServiceItem(
                    id=key, code=key, name=name, category="治安", **own
                )
            )
            session.flush()
            session.add(
                ItemListEntry(item_id=key, entered_in=1, left_in=left, **own)
            )
    with transaction(writing=False) as session:
        found = alike(session, TENANT, COUNTY, "夜间消防巡查")
        assert {each.item_id for each in found} == {"own", "near", "above"}
        assert [each.item_id for each in found if each.is_own] == ["own"]
        assert {each.place for each in found} == {"试验县", "邻县", "测试市"}
        others = alike(session, TENANT, COUNTY, "夜间消防巡查", without="own")
        assert {each.item_id for each in others} == {"near", "above"}
        left = item_on_lists(session, TENANT, "left")
        assert left is not None and [
            each.change for each in left.decisions
        ] == [
            "admission",
            "exit",
        ]
        assert item_on_lists(session, "elsewhere", "left") is None
