"""交办 at the office: what a grid's list lacks is refused by name; done, late and not done by grid."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, FormInvalid, RuleViolated
from orchestrator.services import user_tasks
from orchestrator.services.access import viewer
from orchestrator.services.clocks import timers
from orchestrator.services.instances import case_view
from orchestrator.store.registers import ServiceItem
from orchestrator.store.session import transaction
from tests.handlers.office import COUNTY, EAST, PARK, TENANT, TOWNSHIP, WEST

FAR = "3211811000011001"
"""A grid of another county."""
CITY_CODE = "321100"


def order(
    office,
    item: str,
    grids: list[str],
    by: str = "jk-wgb",
    place: str = COUNTY,
) -> str:
    return office.start(
        "assignment",
        by,
        "grid-office",
        place,
        item_id=item,
        assignment_title="秋季信息核对",
        grid_scope="chosen",
        grids=grids,
        assignment_due_on="2026-11-24",
        report_form="text",
        assignment_demands="逐户核对",
    )


def look(office, matter: str):
    with transaction(writing=False) as session:
        who = viewer(session, office.person("jk-wgb"))
        return case_view.look(session, who, matter, office.now)


def report(
    office, matter: str, by: str, grid: str, result: str = "done"
) -> None:
    body = f"{TENANT}:grid-member:{grid}"
    (task,) = [
        each
        for each in office.open_tasks(matter)
        if each.element_id == "do_work"
        and each.variables["grid"]["bodies"] == body
    ]
    user_tasks.complete(
        task.id,
        {"return_result": result, "return_note": "两户不在家"},
        by=office.person(by),
        now=office.now,
    )


def test_the_page_counts_done_late_and_not_done_grid_by_grid(office) -> None:
    matter = order(office, office.seed_item(), [EAST, WEST, PARK])
    assert look(office, matter).tallies == []
    office.complete(matter, "receive_order", "zd-wgb")
    report(office, matter, "zd-wgy1", EAST)
    office.later(days=5)
    timers.fire_due(office.now)
    report(office, matter, "zd-wgy2", WEST, "not_done")
    (tally,) = look(office, matter).tallies
    counts = (
        tally.bodies,
        tally.asked,
        tally.done,
        tally.late,
        tally.open,
        tally.overdue,
        tally.missed,
    )
    assert (tally.name, *counts) == ("办理并回报", 3, 3, 2, 1, 1, 1, 0)
    assert {type(count) for count in counts} == {int}
    told = {row.body: row.state for row in tally.rows}
    assert told == {
        "贺家弄社区园区专属网格网格员": "overdue",
        "贺家弄社区第一网格网格员": "done",
        "贺家弄社区第二网格网格员": "late",
    }
    late = next(row for row in tally.rows if row.state == "late")
    assert late.facts == [("完成情况", "未能完成"), ("办理情况", "两户不在家")]
    assert tally.rows[0].state == "overdue"


def test_what_a_grids_list_lacks_is_refused_by_name_and_nothing_is_written(
    office,
) -> None:
    office.admit("充电巡查")
    (item,) = [each for each in _items(office) if each.name == "充电巡查"]
    with pytest.raises(RuleViolated) as refused:
        order(office, item.id, [EAST, FAR], by="zj-wgb", place=CITY_CODE)
    (reason, *_rest) = refused.value.reasons
    assert (
        "丹阳市的现行清单上没有“充电巡查”，不能交办给新河路社区第一网格"
        in reason
    )
    assert "先由部门按准入程序申请" in reason
    assert order(office, item.id, [EAST], by="zj-wgb", place=CITY_CODE)


def test_an_item_of_no_list_cannot_be_chosen(office) -> None:
    with pytest.raises(FormInvalid):
        order(office, "nothing", [EAST])


def test_a_township_may_not_order_in_zhenjiang(office) -> None:
    with pytest.raises(Forbidden, match="不能发起“交办”"):
        order(office, office.seed_item(), [EAST], by="zd-wgb", place=TOWNSHIP)


def _items(office):
    return office.rows(sa.select(ServiceItem))
