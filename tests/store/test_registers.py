"""The item list in force on a day, and places that lie inside places."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
    items_in_force,
)
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory, inside
from tests.store.planting import NOW, TENANT

COUNTY, CITY = "990100", "990000"


@pytest.fixture
def lists(rows) -> None:
    """The county's list: 甲 乙 from February; 丙 enters on 10 March; 甲 leaves on 20 March. The city's:
    丁."""
    versions = [
        (COUNTY, 1, date(2026, 2, 1)),
        (COUNTY, 2, date(2026, 3, 10)),
        (COUNTY, 3, date(2026, 3, 20)),
        (CITY, 1, date(2026, 2, 1)),
    ]
    stays = [
        ("甲", COUNTY, 1, 3),
        ("乙", COUNTY, 1, None),
        ("丙", COUNTY, 2, None),
        ("丁", CITY, 1, None),
    ]
    with transaction() as session:
        for code, number, effective_on in versions:
            session.add(
                ItemListVersion(
                    id=f"{code}{number}",
                    tenant_id=TENANT,
                    territory_code=code,
                    number=number,
                    effective_on=effective_on,
                    change="seed",
                    created_at=NOW,
                )
            )
        for name, code, _entered, _left in stays:
            session.add(
                ServiceItem(
                    id=name,
                    tenant_id=TENANT,
                    territory_code=code,
                    code=name,
                    name=name,
                    category="综合",
                )
            )
        session.flush()
        for name, code, entered, left in stays:
            session.add(
                ItemListEntry(
                    item_id=name,
                    entered_in=entered,
                    tenant_id=TENANT,
                    territory_code=code,
                    left_in=left,
                )
            )


@pytest.mark.parametrize(
    ("on", "names"),
    [
        (date(2026, 1, 31), ""),
        (date(2026, 2, 1), "丁甲乙"),
        (date(2026, 3, 9), "丁甲乙"),
        (date(2026, 3, 10), "丁甲乙丙"),
        (date(2026, 3, 19), "丁甲乙丙"),
        (date(2026, 3, 20), "丁乙丙"),
    ],
)
def test_an_item_is_in_force_from_the_day_its_version_takes_effect_to_the_day_before_the_one_it_left_in(
    lists, on, names
):
    with transaction(writing=False) as session:
        assert {
            item.name
            for item in items_in_force(session, TENANT, [COUNTY, CITY], on)
        } == set(names)
        assert {
            item.name for item in items_in_force(session, TENANT, [COUNTY], on)
        } == set(names) - {"丁"}
        assert items_in_force(session, "elsewhere", [COUNTY], on) == []


def test_inside_means_the_place_and_what_lies_below_never_a_neighbour_with_a_like_code(
    rows,
):
    paths = [
        "99/",
        "99/1/",
        "99/1/2/",
        "99/10/",
        "99/1A/",
        "990/",
        "99/1/贺家弄/",
    ]
    with transaction() as session:
        for path in paths:
            session.add(
                Territory(
                    tenant_id=TENANT,
                    code=path,
                    name=path,
                    level="city",
                    path=path,
                )
            )

    def found(*given: str) -> set[str]:
        with transaction(writing=False) as session:
            return set(
                session.scalars(
                    sa.select(Territory.path).where(
                        inside(Territory.path, given)
                    )
                )
            )

    assert found("99/") == set(paths) - {"990/"}
    assert found("99/1/") == {"99/1/", "99/1/2/", "99/1/贺家弄/"}
    assert found("99/1/2/", "990/") == {"99/1/2/", "990/"}
    assert found() == set()
