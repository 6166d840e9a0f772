"""The assessment: a closed period holds what a slow recount of all tasks finds, keeps it, opens its cases; an
appeal is decided and corrects the score; then the clock publishes."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.assessment import COUNTED
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.handlers import assessments
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.services import access, bundles, instances
from orchestrator.services.assessment import (
    appeals,
    period_closing,
    recurring_work,
    visible_results,
)
from orchestrator.services.clocks import deadlines
from orchestrator.services.instances import opened_for, oversight
from orchestrator.store.assessments import (
    AssessmentPeriod,
    AssessmentResult,
    cases_of,
)
from orchestrator.store.instances import (
    HistoryEntry,
    ProcessInstance,
    variables_of,
)
from orchestrator.store.people import Membership
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.handlers.office import COUNTY as CODE
from tests.handlers.office import NOW, TENANT, Office
from tests.handlers.test_cases import to_the_county, to_the_departments
from tests.handlers.test_figures import act, month, settle

COUNTY = "zhenjiang:grid-office:321102"
BUREAU = "zhenjiang:urban-management:321102"
PERIOD = "2026-11"
RULE = "departments"


def _work(office: Office, many: int) -> None:
    """Cases go their way, some too late; one of the bureau's tasks is suspended for a while."""
    dice = random.Random(11)
    cases: list[str] = []
    for _number in range(many):
        act(office, dice, cases)
        office.now = min(office.now, NOW + timedelta(days=9))
    item = office.rows(sa.select(GridCase.item_id))[0]
    _void_and_reworked(office, item)
    held = office.report(item)
    to_the_county(office, held)
    to_the_departments(office, held)
    (task,) = [
        each
        for each in office.open_tasks(held)
        if each.element_id == "handle_case"
    ]
    deadlines.suspend(
        task.id,
        "等候雨季结束",
        office.person("jk-wgb"),
        office.now,
        office.now.date() + timedelta(days=3),
    )
    office.later(hours=2)
    deadlines.resume(task.id, office.person("jk-wgb"), office.now)
    office.complete(held, "handle_case", "jk-cg", result="清理完毕")
    office.complete(held, "report_back", "jk-cg", summary="清理完毕")
    settle(office)


def _void_and_reworked(office: Office, item: str) -> None:
    for reporter in ("", "李四"):
        case = office.report(item, reporter_name=reporter)
        to_the_county(office, case)
        to_the_departments(office, case)
        office.complete(case, "handle_case", "jk-cg", result="清理")
        office.complete(case, "report_back", "jk-cg", summary="清理")
        if not reporter:
            office_of_town = office.person("zd-wgb")
            oversight.void(case, "重复登记", office_of_town, office.now)
            continue
        office.later(hours=1)
        _verify(office, case, "rework")
        office.complete(case, "handle_case", "jk-cg", result="又清理")
        office.complete(case, "report_back", "jk-cg", summary="清理完毕")
        _verify(office, case, "pass")
        office.complete(
            case,
            "inform_person",
            "zd-wgy1",
            informed_by="visit",
            satisfaction="dissatisfied",
        )
        office.complete(case, "close_case", "zd-wgb", closing_note="同意")


def _verify(office: Office, case: str, verdict: str) -> None:
    office.complete(
        case,
        "verify_on_site",
        "zd-wgy1",
        verdict=verdict,
        verification_note="已到现场查看",
    )


def _slow(office: Office, body: str) -> tuple[Counter[str], set[str]]:
    """What the body's cases count as in the period, looked at one by one, and those that are excluded."""
    counts: Counter[str] = Counter()
    excluded = set()
    with transaction(writing=False) as session:
        for case in session.scalars(sa.select(GridCase)):
            done_by = {
                f"{case.instance_id}.{entry.data['task']}": entry.actor_body_id
                for entry in session.scalars(
                    sa.select(HistoryEntry).where(
                        HistoryEntry.instance_id == case.instance_id,
                        HistoryEntry.kind == "user-task-completed",
                    )
                )
            }
            tasks = [
                task
                for task in session.scalars(
                    sa.select(UserTask).where(
                        UserTask.instance_id == case.instance_id
                    )
                )
                if body
                in (
                    [done_by[task.id]]
                    if task.id in done_by
                    else session.scalars(
                        sa.select(UserTaskCandidate.candidate).where(
                            UserTaskCandidate.task_id == task.id
                        )
                    ).all()
                )
            ]
            if not tasks:
                continue
            ledgers = [session.get(Deadline, task.id) for task in tasks]
            if any(
                entry["kind"] == "suspension"
                for ledger in ledgers
                if ledger is not None
                for entry in ledger.entries
            ):
                excluded.add(case.instance_id)
                continue
            if month(min(task.opened_at for task in tasks)) == PERIOD:
                counts["registered"] += 1
            ended = [task.closed_at for task in tasks if task.closed_at]
            if len(ended) < len(tasks) or month(max(ended)) != PERIOD:
                continue
            if case.state in ("merged", "void"):
                counts["dropped"] += 1
                continue
            late = any(
                task.due_at and task.closed_at > task.due_at for task in tasks
            )
            handled = [t for t in tasks if t.element_id == "handle_case"]
            counts.update(
                [
                    "closed",
                    "late" if late else "on_time",
                    "reworked" if len(handled) > 1 else "first_time",
                ]
            )
            if case.state == "archived":
                counts.update(_slow_told(session, case.instance_id))
    return counts, excluded


def _slow_told(session: Session, case: str) -> list[str]:
    """Whether somebody was to be told, was told, and how content he was."""
    entries = session.scalars(
        sa.select(HistoryEntry)
        .where(HistoryEntry.instance_id == case)
        .order_by(HistoryEntry.seq)
    ).all()
    told = any(
        each.kind == "user-task-completed"
        and each.element_id == "inform_person"
        for each in entries
    )
    answers = [each.data.get("submitted") or {} for each in entries]
    said = [each["satisfaction"] for each in answers if "satisfaction" in each]
    said = [each for each in said if each]
    found = []
    if answers[0].get("reporter_name"):
        found += ["to_tell", "told" if told else "untold"]
    if said:
        content = said[-1] == "satisfied"
        found += ["rated", "satisfied" if content else "dissatisfied"]
    return found


@pytest.fixture
def closed(office: Office) -> str:
    """A period that the county's head closed, with work in it."""
    _work(office, 25)
    with pytest.raises(RuleViolated, match="才结束"):
        _close(office)
    office.now = office.now.replace(month=12, day=2)
    settle(office)
    return _close(office)


def _close(office: Office, by: str = "jk-wgb") -> str:
    return period_closing.close(
        office.person(by), RULE, PERIOD, COUNTY, office.now
    )


def _result(office: Office, key: str = BUREAU) -> AssessmentResult:
    return office.rows(
        sa.select(AssessmentResult).where(AssessmentResult.key == key)
    )[0]


def test_a_closed_period_keeps_what_a_slow_recount_finds_and_opens_its_cases(
    office: Office, closed: str
) -> None:
    slow, excluded = _slow(office, BUREAU)
    assert excluded and slow["closed"]
    result = _result(office)
    told = {name: result.figures[name] for name in COUNTED}
    assert told == {name: slow[name] for name in COUNTED}
    assert slow["reworked"] and slow["to_tell"] and slow["dropped"], slow
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person("jk-wgb"))
        for name in COUNTED:
            rows, _after = cases_of(
                session, result.id, name, access.may_see(viewer)
            )
            assert len(rows) == result.figures[name], name
        rows, _after = cases_of(
            session, result.id, "excluded", access.may_see(viewer)
        )
        assert {row[0].instance_id for row in rows} == excluded
    assert 0 <= result.score <= 100
    assert _close(office) == closed, "closed twice, it is the same"
    # What goes on afterwards changes nothing of it.
    before = dict(result.figures)
    office.report(office.rows(sa.select(GridCase.item_id))[0])
    settle(office)
    assert dict(_result(office).figures) == before

    _nobody_else_closes_or_sees_it(office, closed)


def _nobody_else_closes_or_sees_it(office: Office, closed: str) -> None:
    with pytest.raises(NotFound):
        _close(office, "jk-cg")
    with pytest.raises(Forbidden):
        _close(office, "jk-wgb2")
    with pytest.raises(NotFound):
        _close(office, "dy-wgb")
    with transaction(writing=False) as session:
        bureau = access.viewer(session, office.person("jk-cg"))
        period = session.get_one(AssessmentPeriod, closed)
        assert not visible_results.sees_all(bureau, period)
        own = visible_results.visible_result(
            session, bureau, _result(office).id
        )
        assert own.result.key == BUREAU
        other = office.rows(
            sa.select(AssessmentResult.id).where(
                AssessmentResult.key != BUREAU
            )
        )[0]
        with pytest.raises(NotFound):
            visible_results.visible_result(session, bureau, other)


def test_an_appeal_is_decided_corrects_the_ranks_and_then_all_is_published(
    office: Office, closed: str
) -> None:
    result = _result(office)
    bureau = office.person("jk-cg")
    with pytest.raises(NotFound):
        appeals.appeal(
            office.person("dy-wgb"), result.id, "两件系挂账", office.now
        )
    with pytest.raises(RuleViolated, match="申诉理由"):
        appeals.appeal(bureau, result.id, "错", office.now)
    withdrawn = _a_withdrawn_appeal_is_none(office, result.id)
    matter = appeals.appeal(bureau, result.id, "两件系挂账", office.now)
    assert matter != withdrawn
    assert appeals.appeal(bureau, result.id, "再提一次", office.now) == matter
    _only_its_own_procedure_decides(office, result.id, withdrawn)
    _who_serves_nowhere_may_appeal(office, closed)
    term = office.rows(sa.select(AssessmentPeriod.appeal_until))[0]
    office.now = term + timedelta(minutes=1)
    period_closing.settle(office.now)
    assert _period(office).state == "closed", "an appeal waits"
    read: list[str] = []

    def note(_of: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        read.extend(re.findall(r"FROM (assessment_\w+)", statement)[:1])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    office.complete(
        matter,
        "review_appeal",
        "jk-wgb",
        appeal_decision="upheld",
        corrected_score=97.5,
        appeal_opinion="挂账期间不应计入",
    )
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert read[0] == "assessment_period", "two decisions wait for each other"
    corrected = _result(office)
    assert (corrected.score, corrected.score_before) == (97.5, result.score)
    assert (corrected.appeal, corrected.grade) == ("upheld", "优秀")
    period_closing.settle(office.now)
    assert _period(office).state == "published"
    late = office.rows(
        sa.select(AssessmentResult.id).where(AssessmentResult.appeal == "")
    )[0]
    with transaction(writing=False) as session:
        viewer = access.viewer(session, bureau)
        assert visible_results.visible_result(session, viewer, late)
        period = session.get_one(AssessmentPeriod, closed)
        assert not appeals.may_appeal(
            viewer, period, session.get(AssessmentResult, late), office.now
        )


def _a_withdrawn_appeal_is_none(office: Office, result_id: str) -> str:
    bureau = office.person("jk-cg")
    matter = appeals.appeal(bureau, result_id, "两件系挂账", office.now)
    (title,) = office.rows(
        sa.select(ProcessInstance.title).where(ProcessInstance.id == matter)
    )
    assert "2026年11月" in title
    instances.cancel(matter, "提错了", bureau, office.now)
    assert (_result(office).appeal, _result(office).appeal_id) == ("", None)
    # One that its diagram ended without a decision is found by the clock.
    with transaction() as session:
        free = session.get_one(AssessmentResult, result_id)
        free.appeal, free.appeal_id = "open", matter
    period_closing.settle(office.now)
    assert _result(office).appeal == ""
    return matter


def _only_its_own_procedure_decides(
    office: Office, result_id: str, other: str
) -> None:
    for tenant, matter in [
        (TENANT, other),
        ("elsewhere", _result(office).appeal_id),
    ]:
        with (
            transaction() as session,
            pytest.raises(HandlerRefused, match="找不到申诉"),
        ):
            context = SimpleNamespace(
                session=session,
                instance=SimpleNamespace(id=matter, tenant_id=tenant),
                variables={
                    "result_id": result_id,
                    "appeal_decision": "dismissed",
                },
            )
            assessments.decide(cast(HandlerContext, context))


def _who_serves_nowhere_may_appeal(office: Office, period_id: str) -> None:
    member = office.person("zd-wgy1")
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == member)
            .values(until_on=office.now.date())
        )
        session.add(
            AssessmentResult(
                id="former-member",
                period_id=period_id,
                key=str(member),
                name="原网格员",
                score=60.0,
            )
        )
    matter = appeals.appeal(member, "former-member", "已经调走", office.now)
    instances.cancel(matter, "不申诉了", member, office.now)


def _period(office: Office) -> AssessmentPeriod:
    return office.rows(
        sa.select(AssessmentPeriod).where(
            AssessmentPeriod.body_id == COUNTY,
            AssessmentPeriod.rule == RULE,
            AssessmentPeriod.period == PERIOD,
        )
    )[0]


def test_what_nobody_closes_the_clock_closes_once(office: Office) -> None:
    item = sa.select(ServiceItem.id).where(ServiceItem.territory_code == CODE)
    case = office.report(office.rows(item)[0])
    to_the_county(office, case)
    to_the_departments(office, case)
    settle(office)
    office.now = office.now.replace(month=12, day=10)
    assert period_closing.settle(office.now) == 0, "one day too early"
    office.later(days=1)
    period_closing.settle(office.now)
    found = office.rows(
        sa.select(AssessmentPeriod).where(AssessmentPeriod.period == PERIOD)
    )
    assert {(each.rule, each.closed_by) for each in found} == {
        ("departments", None),
        ("offices", None),
    }
    period_closing.settle(office.now)
    assert len(
        office.rows(
            sa.select(AssessmentPeriod.id).where(
                AssessmentPeriod.period == PERIOD
            )
        )
    ) == len(found)


def test_the_clock_opens_the_bulletin_of_a_month_once_with_its_figures(
    office: Office,
) -> None:
    item = sa.select(ServiceItem.id).where(ServiceItem.territory_code == CODE)
    held = office.report(office.rows(item)[0])
    to_the_county(office, held)
    to_the_departments(office, held)
    settle(office)
    office.now = office.now.replace(month=12, day=4)
    assert recurring_work.settle(office.now) == 0, "one day too early"
    office.later(days=1)
    assert recurring_work.settle(office.now) >= 1
    assert recurring_work.settle(office.now) == 0
    found = office.rows(
        sa.select(ProcessInstance).where(
            ProcessInstance.process_key == "monthly_bulletin",
            ProcessInstance.territory_code == CODE,
        )
    )
    (bulletin,) = found
    assert bulletin.title == "2026年11月办理情况通报"
    assert "京口区城市管理局：登记、交办 1 件" in bulletin.variables["figures"]
    assert office.candidates(bulletin.id) == {COUNTY}
    assert "登记、交办 1 件" in _first_look(office, bulletin.id)["figures"]
    drafted = {
        "figures": "更正：登记 2 件",
        "bulletin_text": "总体平稳，请继续努力",
        "receivers": [BUREAU],
    }
    office.complete(bulletin.id, "draft_bulletin", "jk-wgb", **drafted)
    returned = {"bulletin_decision": "return", "bulletin_opinion": "补充要求"}
    office.complete(bulletin.id, "review_bulletin", "jk-wgb", **returned)
    assert _first_look(office, bulletin.id) == drafted, "as it was handed in"


def _first_look(office: Office, instance_id: str) -> dict[str, Any]:
    (task,) = office.open_tasks(instance_id)
    with transaction(writing=False) as session:
        bundle = bundles.bundle_of(session, task.definition_id)
        return opened_for.brought(
            session,
            bundle,
            task,
            bundle.forms[task.form_key or ""],
            variables_of(session, instance_id),
        )
