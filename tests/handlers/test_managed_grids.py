"""A dedicated grid is managed by a department together with the place (Zhenjiang, article 9, paragraph 2):
the department is in the register and gets a copy of each case of the grid."""

import pytest
import sqlalchemy as sa

from orchestrator.handlers import copies
from orchestrator.handlers.context import HandlerContext, InstanceRef
from orchestrator.services import bundles
from orchestrator.store.copies import Copy
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from tests.handlers.office import EAST, NOW, PARK, TENANT

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


@pytest.mark.parametrize(
    "together_with",
    [
        "grid-office@county, grid-office@city",
        ["grid-office@county", "grid-office@city"],
    ],
)
def test_bodies_beside_the_first_are_named_by_a_list_or_by_a_text(
    office, together_with
) -> None:
    case = office.report(office.seed_item())
    before = set(copied(office, case))
    with transaction() as session:
        instance = InstanceRef(
            case, TENANT, EAST, f"321100/321102/321102001/321102001001/{EAST}/",
            "1", "上报", "case_handling", None,
        )  # fmt: skip
        told = {"to": "", "together_with": together_with, "reason": "知悉"}
        copies.send(
            HandlerContext(
                session, instance, "tell", told, None, "", None, NOW,
                bundles.profile_in_force(session, TENANT), {},
                *[lambda *_told, **_more: None] * 7,
            )
        )  # fmt: skip
    assert set(copied(office, case)) - before == {
        f"{TENANT}:grid-office:321102",
        f"{TENANT}:grid-office:321100",
    }
