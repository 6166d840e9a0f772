"""A case's row follows its process: level, rework, urging, archive."""

import pytest
import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.services.clocks import deadlines, timers
from orchestrator.services.notifications import collecting
from orchestrator.store.instances import Copy, HistoryEntry, ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from tests.handlers.office import COUNTY, TENANT


def row(office, case):
    return office.rows(
        sa.select(GridCase).where(GridCase.instance_id == case)
    )[0]


def to_the_county(office, case):
    office.complete(
        case,
        "triage_township",
        "zd-wgb",
        decision="escalate",
        opinion="需要县级协调处理",
    )


def to_the_departments(office, case):
    office.complete(
        case,
        "triage_county",
        "jk-wgb",
        decision="assign",
        lead_department="zhenjiang:urban-management:321102",
        assisting_departments=[],
        opinion="请城管部门办理",
    )
    office.complete(
        case, "sign_case", "jk-cg", decision="accept", handler_name="王五"
    )


def test_an_escalated_case_stands_at_the_level_it_went_to(office) -> None:
    case = office.report(office.seed_item())
    to_the_county(office, case)
    assert row(office, case).handling_level == "county"
    assert "escalated" in office.rows(
        sa.select(HistoryEntry.kind).where(HistoryEntry.instance_id == case)
    )


def test_only_a_return_that_leads_upwards_is_told_as_one(office) -> None:
    case = office.report(office.seed_item())
    escalations = sa.select(HistoryEntry.data["to"].as_string()).where(
        HistoryEntry.instance_id == case, HistoryEntry.kind == "escalated"
    )
    for department, liaison, went_to in (
        ("urban-management", "jk-cg", []),
        ("public-security", "jk-ga", ["county"]),
    ):
        office.complete(
            case,
            "triage_township",
            "zd-wgb",
            decision="assign",
            lead_department=f"zhenjiang:{department}:321102",
            assisting_departments=[],
            opinion="请办理",
        )
        collecting.collect(office.now)
        assert office.rows(
            sa.select(Notification.kind).where(
                Notification.instance_id == case,
                Notification.step == "签收",
                Notification.person_id == office.person(liaison),
            )
        ) == ["assigned"], "it is new to that department"
        office.complete(
            case,
            "sign_case",
            liaison,
            decision="return",
            return_reason="不属本部门职责",
        )
        assert office.rows(escalations) == went_to


@pytest.mark.parametrize(
    ("extended", "urged"),
    [(False, ["协助办理", "牵头办理"]), (True, ["协助办理"])],
)
def test_the_clock_urges_each_who_is_late_once(
    office, extended, urged
) -> None:
    case = office.report(office.seed_item())
    office.complete(
        case,
        "triage_township",
        "zd-wgb",
        decision="assign",
        lead_department="zhenjiang:urban-management:321102",
        assisting_departments=["zhenjiang:public-security:321102"],
        opinion="请办理",
    )
    office.complete(
        case, "sign_case", "jk-cg", decision="accept", handler_name="萧丽华"
    )
    if extended:
        (lead,) = [
            task.id
            for task in office.open_tasks(case)
            if task.element_id == "handle_case"
        ]
        manager = office.person("zd-wgb")
        deadlines.extend(
            lead,
            deadlines.Extension(3, "working_days", "等待材料到位"),
            manager,
            office.now,
        )
    office.later(days=8)
    timers.fire_due(office.now)
    collecting.collect(office.now)
    steps = office.rows(
        sa.select(Notification.step)
        .where(Notification.instance_id == case, Notification.kind == "urged")
        .order_by(Notification.step)
    )
    assert steps == urged


def test_a_clock_that_rings_before_the_due_time_urges_whoever_has_the_case(
    office,
) -> None:
    """On a Friday afternoon, Zhenjiang 33.1: 24 hours are over on Saturday, the working hours on Monday."""
    office.later(hours=6.5)
    case = office.report(office.seed_item())
    to_the_county(office, case)
    office.later(hours=24, minutes=1)
    timers.fire_due(office.now)
    (task,) = office.open_tasks(case)
    assert task.due_at > office.now and task.urged_at == office.now
    collecting.collect(office.now)
    assert office.person("jk-wgb") in office.rows(
        sa.select(Notification.person_id).where(
            Notification.instance_id == case, Notification.kind == "urged"
        )
    )


def test_a_case_handled_on_the_spot_never_leaves_the_grid(office) -> None:
    case = office.report(office.seed_item(), disposal="handle")
    office.complete(
        case, "handle_on_spot", "zd-wgy1", decision="done", result="已当场清理"
    )
    assert row(office, case).handling_level == "grid"


def test_an_overdue_department_is_urged_on_the_record(office) -> None:
    case = office.report(office.seed_item())
    to_the_county(office, case)
    to_the_departments(office, case)
    office.later(days=30)
    savepoints: list[str] = []
    with transaction(writing=False) as session:
        engine = session.get_bind()
    sa.event.listen(
        engine, "savepoint", lambda _connection, name: savepoints.append(name)
    )
    timers.fire_due(office.now)
    assert not savepoints, (
        "an urge writes with the timer's rows: thousands of them are a few statements"
    )
    urged = office.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == case, HistoryEntry.kind == "urged"
        )
    )
    assert [entry.data["reason"] for entry in urged] == ["部门办理已到期"]
    open_tasks = office.open_tasks(case)
    assert [
        each.urged_at
        for each in open_tasks
        if each.element_id == "handle_case"
    ] == [office.now]
    assert "handle_case" in office.elements(case)


def test_a_failed_verification_is_counted_and_the_archived_case_keeps_the_result(
    office,
) -> None:
    case = office.report(office.seed_item(), reporter_name="李四")
    to_the_county(office, case)
    to_the_departments(office, case)
    for verdict, summary in (
        ("rework", "已清理一半"),
        ("pass", "全部清理完毕"),
    ):
        office.complete(case, "handle_case", "jk-cg", result="组织人员清理")
        office.complete(case, "report_back", "jk-cg", summary=summary)
        office.complete(
            case,
            "verify_on_site",
            "zd-wgy1",
            verdict=verdict,
            verification_note="已到现场查看",
        )
    assert row(office, case).rework_count == 1
    copies = office.rows(sa.select(Copy).where(Copy.instance_id == case))
    assert [(each.body_id, each.reason, each.read_at) for each in copies] == [
        ("zhenjiang:grid-office:321102", "承办部门已反馈办理结果", None)
    ]
    office.complete(case, "inform_person", "zd-wgy1", informed_by="visit")
    office.complete(case, "close_case", "zd-wgb", closing_note="同意办结")
    closed = row(office, case)
    assert (closed.state, closed.result, closed.archived_at) == (
        "archived",
        "全部清理完毕",
        office.now,
    )


def test_a_step_that_is_done_before_the_answer_is_extended_no_more(
    office,
) -> None:
    case = office.report(office.seed_item())
    to_the_county(office, case)
    to_the_departments(office, case)
    (task,) = office.open_tasks(case)
    asked = instances.start_at(
        instances.Beginning(
            TENANT,
            "deadline_extension",
            {
                "task": task.id,
                "amount": "3",
                "extension_reason": "配件还在路上",
            },
            office.person("jk-cg"),
            f"{TENANT}:urban-management:{COUNTY}",
            office.now,
            about=case,
        )
    ).instance_id
    office.complete(case, "handle_case", "jk-cg", result="清理完毕")
    office.complete(
        asked,
        "approve_extension",
        "jk-wgb",
        extension_decision="approve",
        extension_opinion="理由成立",
    )
    (ended,) = office.rows(
        sa.select(ProcessInstance).where(ProcessInstance.id == asked)
    )
    assert ended.state == "completed"
    kinds = sa.select(HistoryEntry.kind).where(
        HistoryEntry.instance_id == case
    )
    assert "deadline-extended" not in office.rows(kinds)
