"""A dedicated grid is managed by a department together with the place (Zhenjiang, article 9, paragraph 2):
the department is in the register and gets a copy of each case of the grid."""

import sqlalchemy as sa

from orchestrator.store.copies import Copy
from orchestrator.store.registers import Grid
from tests.handlers.office import EAST, PARK

POLICE = "zhenjiang:public-security:321102"


def managers(office):
    rows = office.rows(sa.select(Grid).where(Grid.code.in_((EAST, PARK))))
    return {grid.code: grid.managing_body for grid in rows}


def copied(office, matter):
    return office.rows(
        sa.select(Copy.body_id).where(Copy.instance_id == matter)
    )


def test_a_dedicated_grids_department_is_named_by_an_adjustment_and_gets_its_cases(
    office,
) -> None:
    for grid, kind, members in (
        (PARK, "dedicated", []),
        (EAST, "general", ["zd-wgy1"]),
    ):
        office.adjust(
            "rename",
            [grid],
            [
                {
                    "name": f"{grid}新名",
                    "kind": kind,
                    "areas": office.areas(grid),
                    "members": members,
                    "managing_body": POLICE,
                }
            ],
        )
    assert managers(office) == {PARK: POLICE, EAST: None}
    office.adjust(
        "rename",
        [PARK],
        [
            {
                "name": "园区网格",
                "kind": "dedicated",
                "areas": office.areas(PARK),
            }
        ],
    )
    assert managers(office)[PARK] == POLICE
    item = office.seed_item()
    in_park = office.report(item, by="zd-wgy3", grid=PARK)
    secret = office.report(item, by="zd-wgy3", grid=PARK, secrecy="restricted")
    elsewhere = office.report(item)
    assert copied(office, in_park) == [POLICE]
    assert copied(office, secret) == []
    assert copied(office, elsewhere) == []
