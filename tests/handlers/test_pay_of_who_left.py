"""Whoever left a place is paid what was granted to him since, once: there, or where he serves now."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from orchestrator.services.people import pay
from orchestrator.store.pay import PayLine
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from tests.handlers.office import NOW
from tests.handlers.test_pay_sheets import (
    BODY,
    GRID_THERE,
    OTHER,
    TODAY,
    _also_in,
    _assessed,
    _drawn,
    _line,
    _rewarded,
    _served,
)


def test_who_left_stands_with_what_was_granted_to_him_since(office) -> None:
    _assessed(office)
    reward = _rewarded(office)
    member = office.person("zd-wgy1")
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == member)
            .values(until_on=date(2026, 9, 30))
        )
    sheet = _drawn(office)
    line = _line(office, sheet)
    assert (line.days, line.base, line.performance) == (0, 0, 0)
    assert (line.reward, line.total) == (50_000, 0)
    assert [entry["instance_id"] for entry in line.details] == [reward]
    pay.draw_up_again(office.person("zd-wgb2"), sheet, NOW)
    assert _line(office, sheet).reward == 50_000, "counted anew, once"


def test_who_moved_to_another_offices_grid_has_pay_and_reward_in_its_sheet(
    office,
) -> None:
    _assessed(office)
    reward = _rewarded(office)
    _served(office, "zd-wgy1", date(2026, 1, 1), date(2026, 9, 30))
    body = _also_in(office, "grid-member", GRID_THERE, "zd-wgy1")
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.body_id == body)
            .values(from_on=date(2026, 10, 1))
        )
    beside = _also_in(office, "grid-office", OTHER, "zd-wgb2")
    by = office.person("zd-wgb2")
    left = pay.draft(by, BODY, "2026-10", NOW, TODAY)
    there = pay.draft(by, beside, "2026-10", NOW, TODAY)
    member = PayLine.person_id == office.person("zd-wgy1")
    (line,) = office.rows(sa.select(PayLine).where(member))
    assert (line.sheet_id, line.days, line.base) == (there, 31, 300_000)
    assert [each["instance_id"] for each in line.details] == [reward]
    pay.draw_up_again(by, left, NOW)
    assert len(office.rows(sa.select(PayLine).where(member))) == 1
