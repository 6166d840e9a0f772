"""The name that an office gives its city on a page stands everywhere, and stays when the folder is loaded
again."""

import sqlalchemy as sa

from orchestrator.services import jurisdictions
from orchestrator.services.jurisdictions import bodies_in_force
from orchestrator.store.notices import PublicNotice
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from tests.handlers.office import CITY, TENANT
from tests.handlers.redeploy import redeploy

CITY_CODE = "321100"


def names(office):
    """Of the widest place, its grid office, a county's police, and the notices of the place's list."""
    (place,) = office.rows(
        sa.select(Territory.name).where(Territory.code == CITY_CODE)
    )
    bodies = office.rows(
        sa.select(Body.name)
        .where(
            Body.id.in_(
                (
                    f"{TENANT}:grid-office:{CITY_CODE}",
                    f"{TENANT}:public-security:321102",
                )
            )
        )
        .order_by(Body.id)
    )
    notices = office.rows(
        sa.select(PublicNotice.title).where(
            PublicNotice.subject_code == CITY_CODE
        )
    )
    return [place, *bodies, *notices]


def test_the_name_of_a_city_reaches_its_places_bodies_and_notices_and_outlasts_loading(
    office,
) -> None:
    matter = office.apply("充电巡查", by="zj-cg", place=CITY_CODE)
    office.complete(
        matter,
        "review_application",
        "zj-wgb",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    office.complete(
        matter,
        "approve_by_government",
        "zj-zf",
        decision="approve",
        opinion="同意",
    )
    redeploy(office, profile=('name = "镇江市"', 'name = "江州市"'))
    with transaction() as session:
        bodies_in_force(session, TENANT, office.now)
    expected = [
        "江州市",
        "江州市网格化服务管理中心",
        "江州市公安局京口分局",
        "江州市网格服务管理事项清单",
    ]
    assert names(office) == expected
    office.later(days=1)
    jurisdictions.load(CITY, office.now, demo=False)
    assert names(office) == expected
