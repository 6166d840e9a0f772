"""未获通过的，六个月内不得就同一事项再次提出: for how long what was refused, or has left the list, may not be
applied for again, is the profile's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import FormInvalid
from orchestrator.store.registers import ServiceItem
from tests.handlers.office import Office
from tests.handlers.redeploy import redeploy

BAR = (
    "\n[items.exit]",
    "again_after_refusal = 6\n"
    'refused_ends = ["rejected"]\n'
    "again_after_exit = 12\n"
    'again_citation = "13.1"\n'
    "\n[items.exit]\n"
    "again_after_refusal = 3\n"
    'refused_ends = ["rejected"]',
)


@pytest.fixture
def barred(office: Office) -> Office:
    """Zhenjiang with both bars, whatever its text says."""
    redeploy(office, profile=BAR)
    return office


def refusal_of(office: Office, name: str) -> str:
    with pytest.raises(FormInvalid) as refused:
        office.apply(name)
    (sentence,) = refused.value.errors["item_name"]
    return str(sentence)


def refuse(office: Office, matter: str) -> None:
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="reject",
        opinion="不予准入",
    )


def test_what_was_refused_is_applied_for_again_when_the_months_are_over(
    barred: Office,
) -> None:
    matter = barred.apply("充电巡查")
    refuse(barred, matter)
    assert barred.open_tasks(matter) == []
    assert refusal_of(barred, " 充电 巡查") == (
        "“充电 巡查”的申请 2026-11-20 未获同意，6 个月内（至 2027-05-20）不得再次提出"
        "（《镇江市城乡网格化服务管理实施细则》第十三条第一款）。请核对后改写，或不再提出"
    )
    barred.apply("夜间充电巡查")
    last = datetime(2027, 5, 20, 15, 59, tzinfo=UTC)
    barred.now = last
    assert "未获同意" in refusal_of(barred, "充电巡查")
    barred.now = last + timedelta(minutes=1)
    barred.apply("充电巡查")


def test_what_left_the_list_is_applied_for_again_when_the_months_are_over(
    barred: Office,
) -> None:
    barred.admit("充电巡查")
    named = sa.select(ServiceItem.id).where(ServiceItem.name == "充电巡查")
    (item,) = barred.rows(named)
    barred.exit(item)
    assert "“充电巡查”2026-11-20 退出清单，12 个月内（至 2027-11-20）" in (
        refusal_of(barred, "充电巡查")
    )
    barred.now = datetime(2027, 11, 20, 16, 0, tzinfo=UTC)
    barred.apply("充电巡查")
