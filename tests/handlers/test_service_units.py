"""Water, gas and heat handle cases, yet are no departments: they are ranked among themselves and not
assessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from orchestrator.domain.jurisdiction.functions import CASE_DEPARTMENT
from orchestrator.services import access, bundles, jurisdictions
from orchestrator.services.assessment import assessed, period_closing
from orchestrator.services.figures import board, ranking
from orchestrator.store.registers import ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from tests.handlers.office import CITY, COUNTY, NOW, TENANT
from tests.handlers.test_cases import to_the_county, to_the_departments
from tests.handlers.test_figures import settle

pytestmark = pytest.mark.one_database
BUREAU = f"{TENANT}:urban-management:{COUNTY}"
PLACE = f"321100/{COUNTY}/"


@pytest.mark.parametrize("city", ["dongying", "xinxiang"])
def test_the_cities_with_service_units_keep_them_apart(city: str) -> None:
    profile = jurisdictions.read(CITY.parent / city).profile
    departments, units = profile.compared(CASE_DEPARTMENT)
    assert {profile.roles[key].family for key in units} == {"service-unit"}
    names = [profile.roles[key].name for key in units]
    assert any("供水" in name for name in names), names
    assert not set(departments) & set(units)


def test_departments_are_the_largest_family_wherever_it_stands() -> None:
    profile = jurisdictions.read(CITY.parent / "xinxiang").profile
    here = ranking.ranked_roles(profile)
    units_first = dict(
        sorted(
            profile.roles.items(),
            key=lambda role: role[1].family != "service-unit",
        )
    )
    for title in (ranking.DEPARTMENTS, ranking.UNITS):
        turned = ranking.ranked_roles(replace(profile, roles=units_first))
        assert set(turned[title]) == set(here[title])
    unnamed = {
        key: replace(role, family=key) if role.family == "department" else role
        for key, role in profile.roles.items()
    }
    assert ranking.ranked_roles(replace(profile, roles=unnamed)) == here
    alone = {
        key: replace(role, family=key) for key, role in profile.roles.items()
    }
    without = ranking.ranked_roles(replace(profile, roles=alone))
    assert without[ranking.UNITS] == []
    assert len(without[ranking.DEPARTMENTS]) > len(here[ranking.DEPARTMENTS])


def test_a_service_unit_is_neither_ranked_nor_assessed_beside_departments(
    office,
) -> None:
    item = office.rows(
        sa.select(ServiceItem.id).where(ServiceItem.territory_code == COUNTY)
    )[0]
    case = office.report(item)
    to_the_county(office, case)
    to_the_departments(office, case)
    office.complete(case, "handle_case", "jk-cg", result="清理完毕")
    settle(office)
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT)
        role = replace(
            profile.roles["urban-management"], family="service-unit"
        )
        apart = replace(
            profile, roles={**profile.roles, "urban-management": role}
        )
        who = access.viewer(session, office.person("jk-wgb"))
        assert who is not None
        at = board.Instants(office.now, office.now)
        for given, title, other in (
            (profile, ranking.DEPARTMENTS, ranking.UNITS),
            (apart, ranking.UNITS, ranking.DEPARTMENTS),
        ):
            shown = board.board(
                session, who, given, board.AskedBoard(PLACE, "2026-11"), at
            )
            assert BUREAU in {row.key for row in shown.tables[title]}
            assert BUREAU not in {row.key for row in shown.tables[other]}
            (own,) = [x for x in shown.tables[title] if x.key == BUREAU]
            assert own.rank >= 1
            rule = period_closing.rule_of(given, "departments")
            by = session.get_one(Body, f"{TENANT}:grid-office:{COUNTY}")
            whom = assessed.of_period(session, given, rule, by, ["2026-11"])
            is_department = title == ranking.DEPARTMENTS
            assert (BUREAU in {x.key for x in whom}) is is_department
            assert len(whom) > 1
    assert office.now >= NOW
