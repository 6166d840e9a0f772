"""Pay sheets: drawn up from posts, grades and rewards of the month; three people, no figure changed behind
them; a member reads his own line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain.pay import (
    Granted,
    PayRules,
    amounts,
    fen_paid,
    first_and_last,
    from_yuan,
    in_yuan,
)
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import access, bundles, instances
from orchestrator.services.clocks import timers
from orchestrator.services.people import pay, pay_drafts
from orchestrator.store import pay as store
from orchestrator.store.assessments import (
    PUBLISHED,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.pay import PayLine, PaySheet
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from tests.handlers.office import COUNTY, NOW, TENANT, TOWNSHIP

TODAY = date(2026, 11, 20)
BODY = f"{TENANT}:grid-office:{TOWNSHIP}"


def _assessed(office, grade: str = "优秀", state: str = PUBLISHED) -> None:
    """The county has assessed the third quarter; the member of the east grid has that grade."""
    member = office.person("zd-wgy1")
    with transaction() as session:
        session.execute(sa.update(Membership).values(from_on=date(2026, 1, 1)))
        session.add(
            AssessmentPeriod(
                id="p" * 20,
                tenant_id=TENANT,
                rule="members",
                period="2026Q3",
                body_id=f"{TENANT}:grid-office:{COUNTY}",
                territory_path=f"321100/{COUNTY}/",
                name="网格员考核",
                of="members",
                formula={},
                state=state,
                closed_at=NOW - timedelta(days=30),
                appeal_until=NOW - timedelta(days=20),
            )
        )
        session.flush()
        session.add(
            AssessmentResult(
                id="r" * 20,
                period_id="p" * 20,
                key=str(member),
                name="钟永明",
                score=95.0,
                grade=grade,
                rank=1,
            )
        )


def _rewarded(
    office,
    on: date = date(2026, 10, 20),
    ended: datetime = NOW,
    member: str = "zd-wgy1",
) -> str:
    """A reward of 500 元 that was granted to that member on that day, by the procedure; its last form is
    filled in at `ended`."""
    office.now = datetime.combine(on, time(2), UTC) - timedelta(days=9)
    with transaction() as session:
        before = office.now - timedelta(days=1)
        session.execute(
            sa.update(ProcessDefinition).values(effective_from=before)
        )
    instance = office.start(
        "member_reward",
        "zd-wgb",
        "grid-office",
        TOWNSHIP,
        member=member,
        reward_kind="deed",
        deed="及时上报重大风险",
        amount=500,
    )
    office.complete(
        instance,
        "decide_reward",
        "jk-wgb",
        decision="approve",
        publicity_until=f"{on - timedelta(days=2)}",
        opinion="情况属实",
    )
    office.later(days=8)
    timers.fire_due(office.now)
    office.complete(
        instance,
        "conclude_publicity",
        "zd-wgb",
        objection="none",
        objection_handling="公示期间没有收到异议",
    )
    office.now = ended
    office.complete(
        instance,
        "grant_reward",
        "zd-wgb",
        granted="当面颁发",
        granted_on=f"{on}",
        amount_paid=500,
    )
    (row,) = office.rows(
        sa.select(ProcessInstance).where(ProcessInstance.id == instance)
    )
    assert (row.state, row.variables) == ("completed", {})
    return instance


def _drawn(office, by: str = "zd-wgb2") -> str:
    return pay.draft(office.person(by), BODY, "2026-10", NOW, TODAY)


def _line(office, sheet: str) -> PayLine:
    (line,) = office.rows(
        sa.select(PayLine).where(
            PayLine.sheet_id == sheet,
            PayLine.person_id == office.person("zd-wgy1"),
        )
    )
    return line


def _version(office, sheet: str) -> int:
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    return row.version


def test_a_line_has_base_grade_and_the_reward_of_the_month_once(
    office,
) -> None:
    _assessed(office)
    _rewarded(office)
    line = _line(office, _drawn(office))
    assert (line.post, line.grade) == ("专职网格员", "优秀")
    assert [line.base, line.performance, line.reward, line.allowance] == [
        300_000,
        80_000,
        50_000,
        0,
    ]
    assert in_yuan(line.total) == "3800.00", "the reward is paid out already"
    assert line.days == 31
    assert len(line.details) == 1 and line.details[0]["kind"] == "deed"


def _instance(office, sheet: str) -> str:
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    assert row.instance_id is not None
    return row.instance_id


def _approve(office, sheet: str) -> None:
    """Three people bring the sheet to its end."""
    instance = _instance(office, sheet)
    office.complete(instance, "prepare_sheet", "zd-wgb2", pay_note="")
    approved = {"check_decision": "approve"}
    office.complete(instance, "check_sheet", "zd-wgb", **approved)
    approved = {"approval_decision": "approve"}
    office.complete(instance, "approve_sheet", "jk-wgb", **approved)


def test_three_people_bring_a_sheet_to_its_end(office) -> None:
    _assessed(office)
    sheet = _drawn(office)
    instance = _instance(office, sheet)
    drafter, checker = office.person("zd-wgb2"), office.person("zd-wgb")
    line = _line(office, sheet)
    pay.adjust(drafter, sheet, line.id, 1, ("120.5", "", "国庆值班补贴"))
    assert in_yuan(_line(office, sheet).total) == "3920.50"
    with pytest.raises(RuleViolated, match="有了变动"):
        pay.adjust(drafter, sheet, line.id, 1, ("1", "", "迟了一步"))
    with pytest.raises(RuleViolated, match="按流程办理"):
        pay.submit(drafter, sheet, _version(office, sheet), NOW)
    office.complete(instance, "prepare_sheet", "zd-wgb2", pay_note="有补贴")
    good, back = {"check_decision": "approve"}, {"check_decision": "return"}
    with pytest.raises(RuleViolated, match="编制、改动过的人不能复核"):
        office.complete(instance, "check_sheet", "zd-wgb2", **good)
    with pytest.raises(Forbidden, match="草稿状态"):
        written = ("1", "", "送审以后")
        version = _version(office, sheet)
        pay.adjust(drafter, sheet, line.id, version, written)
    back["check_reason"] = "补贴请附依据"
    office.complete(instance, "check_sheet", "zd-wgb", **back)
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    assert (row.state, row.returned) == ("draft", "补贴请附依据")
    office.complete(instance, "prepare_sheet", "zd-wgb2", pay_note="附了")
    office.complete(instance, "check_sheet", "zd-wgb", **good)
    back = {"approval_decision": "return", "approval_reason": "等次不符"}
    office.complete(instance, "approve_sheet", "jk-wgb", **back)
    _approve(office, sheet)
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    assert (row.drafted_by, row.checked_by, row.approved_by) == (
        drafter,
        checker,
        office.person("jk-wgb"),
    )
    assert (row.state, row.returned) == ("approved", "")
    with pytest.raises(Forbidden):
        pay.draw_up_again(drafter, sheet, NOW)
    _is_told(office, instance, sheet)


def _is_told(office, instance: str, sheet: str) -> None:
    """The matter's history says each time what was handed over."""
    told = office.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == instance,
            HistoryEntry.kind == "pay-submitted",
        )
    )
    assert len(told) == 3
    with transaction(writing=False) as session:
        digest = store.digest_of(store.lines_of(session, sheet))
    assert digest in str(told[-1].data["remark"])
    assert "应发合计" in str(told[-1].data["remark"])


def test_a_sheet_whose_procedure_is_withdrawn_is_a_draft_that_begins_another(
    office,
) -> None:
    _assessed(office)
    sheet = _drawn(office)
    first = _instance(office, sheet)
    drafter = office.person("zd-wgb2")
    instances.cancel(first, "算错了月份", drafter, NOW)
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    assert (row.state, row.instance_id) == ("draft", None)
    pay.submit(drafter, sheet, row.version, NOW)
    assert _instance(office, sheet) != first
    _approve(office, sheet)


def _from_before(office, sheet: str) -> None:
    """As it was drawn up before there was a procedure."""
    instance = _instance(office, sheet)
    instances.cancel(instance, "没有流程", office.person("zd-wgb2"), NOW)


def test_a_sheet_from_before_the_procedure_goes_on(office) -> None:
    _assessed(office)
    sheet = _drawn(office)
    drafter, checker = office.person("zd-wgb2"), office.person("zd-wgb")
    _from_before(office, sheet)
    with transaction() as session:
        session.get_one(PaySheet, sheet).state = "submitted"
    with pytest.raises(Forbidden, match="编制、改动过的人不能复核"):
        pay.check(drafter, sheet, _version(office, sheet), NOW)
    pay.send_back(checker, sheet, _version(office, sheet), "补贴请附依据")
    pay.submit(drafter, sheet, _version(office, sheet), NOW)
    _approve(office, sheet)


def test_a_sheet_that_was_checked_before_the_procedure_is_approved(
    office,
) -> None:
    _assessed(office)
    sheet = _drawn(office)
    _from_before(office, sheet)
    with transaction() as session:
        session.get_one(PaySheet, sheet).state = "submitted"
    pay.check(office.person("zd-wgb"), sheet, _version(office, sheet), NOW)
    for by in ("zd-wgb", "zd-wgb2"):
        with pytest.raises(Forbidden, match="上级机构批准"):
            version = _version(office, sheet)
            pay.approve(office.person(by), sheet, version, NOW)
    pay.approve(office.person("jk-wgb"), sheet, _version(office, sheet), NOW)
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    assert (row.state, row.instance_id) == ("approved", None)


def test_a_member_reads_his_own_line_once_it_is_approved(office) -> None:
    _assessed(office)
    sheet = _drawn(office)
    member = office.person("zd-wgy1")
    with transaction(writing=False) as session:
        assert store.own_lines(session, member) == []
    _approve(office, sheet)
    with transaction(writing=False) as session:
        own = store.own_lines(session, member)
        assert [line.person_id for line in own] == [member]
        who = access.viewer(session, member)
        profile = bundles.profile_in_force(session, TENANT)
        assert who is not None
        assert pay.readable_paths(who, profile) == []
        with pytest.raises(NotFound):
            pay.readable(session, who, profile, sheet)


def test_what_was_written_by_hand_stays_when_a_draft_is_counted_anew(
    office,
) -> None:
    _assessed(office)
    sheet = _drawn(office)
    drafter = office.person("zd-wgb2")
    line = _line(office, sheet)
    pay.adjust(drafter, sheet, line.id, 1, ("", "50", "缺勤一天"))
    _rewarded(office)
    pay.draw_up_again(drafter, sheet, NOW)
    line = _line(office, sheet)
    assert (line.deduction, line.reward) == (5_000, 50_000)
    assert line.remark == "缺勤一天"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (("abc", "", ""), "金额应是"),
        (("10", "", ""), "请写明理由"),
        (("", "999999", "扣回"), "应发合计不能是负数"),
        (("1", "", "长" * 201), "最多 200 字"),
    ],
)
def test_a_wrong_amount_is_refused(office, written, told) -> None:
    _assessed(office)
    sheet = _drawn(office)
    line = _line(office, sheet)
    with pytest.raises(RuleViolated, match=told):
        pay.adjust(office.person("zd-wgb2"), sheet, line.id, 1, written)
    assert _line(office, sheet).other == 0


def test_no_sheet_before_the_assessment_is_published_or_the_month_is_over(
    office,
) -> None:
    with pytest.raises(
        RuleViolated, match="2026年第3季度的网格员考核还没有公布"
    ):
        _drawn(office)
    _assessed(office)
    by = office.person("zd-wgb2")
    with pytest.raises(RuleViolated, match="已经结束的月份，如 2026-10"):
        pay.draft(by, BODY, "2026-11", NOW, TODAY)
    with pytest.raises(Forbidden, match="只能编制本机构的报酬表"):
        pay.draft(office.person("zd-wgy1"), BODY, "2026-10", NOW, TODAY)
    _drawn(office)
    with pytest.raises(RuleViolated, match="2026-10 的报酬表已经有了"):
        _drawn(office)


def _served(office, username: str, from_on: date, until_on: date | None):
    own = Membership.person_id == office.person(username)
    served = {"from_on": from_on, "until_on": until_on}
    with transaction() as session:
        session.execute(sa.update(Membership).where(own).values(served))


def test_a_reward_that_was_completed_after_its_months_sheet_stands_in_the_next(
    office,
) -> None:
    _assessed(office)
    by = office.person("zd-wgb2")
    first = pay.draft(by, BODY, "2026-09", NOW, TODAY)
    late = _rewarded(office, date(2026, 9, 28))
    early = _rewarded(office, date(2026, 8, 20))
    second = _drawn(office)
    assert [each["instance_id"] for each in _line(office, second).details] == [
        late
    ], f"{early} was granted before his first sheet"
    pay.draw_up_again(by, first, NOW)
    assert _line(office, first).details == []
    pay.draw_up_again(by, second, NOW)
    assert len(_line(office, second).details) == 1


def test_a_reward_of_the_month_after_waits_for_its_own_sheet(office) -> None:
    _assessed(office)
    _rewarded(office, date(2026, 11, 12))
    assert _line(office, _drawn(office)).details == []


def test_a_sheet_that_would_take_money_from_somebody_is_not_handed_over(
    office,
) -> None:
    _assessed(office)
    sheet = _drawn(office)
    drafter = office.person("zd-wgb2")
    line = _line(office, sheet)
    pay.adjust(drafter, sheet, line.id, 1, ("", "3500", "扣回多发的"))
    with transaction() as session:
        session.execute(sa.update(AssessmentResult).values(grade="不合格"))
    pay.draw_up_again(drafter, sheet, NOW)
    with pytest.raises(RuleViolated, match="“钟永明”的应发合计不能是负数"):
        office.complete(
            _instance(office, sheet), "prepare_sheet", "zd-wgb2", pay_note=""
        )


def test_who_wrote_in_a_sheet_that_another_handed_over_does_not_check_it(
    office,
) -> None:
    _assessed(office)
    writer = office.person("zd-wgb2")
    sheet = _drawn(office)
    line = _line(office, sheet)
    pay.adjust(writer, sheet, line.id, 1, ("9000", "", "补发"))
    instance = _instance(office, sheet)
    office.complete(instance, "prepare_sheet", "zd-wgb", pay_note="")
    for by in ("zd-wgb2", "zd-wgb"):
        with pytest.raises(RuleViolated, match="改动过的人不能复核"):
            office.complete(
                instance, "check_sheet", by, check_decision="approve"
            )


def test_the_days_that_somebody_served_stand_on_his_line(office) -> None:
    _assessed(office)
    _served(office, "zd-wgy1", date(2026, 10, 31), None)
    assert _line(office, _drawn(office)).days == 1


OTHER, GRID_THERE = "321102005", "3211020050011001"
"""Another township and one of its grids."""


def _also_in(office, role: str, code: str, username: str) -> str:
    """He serves that body too."""
    body = f"{TENANT}:{role}:{code}"
    with transaction() as session:
        session.add(
            Membership(
                person_id=office.person(username),
                body_id=body,
                from_on=date(2026, 1, 1),
            )
        )
    return body


def test_who_serves_two_places_stands_in_one_sheet_and_the_other_names_it(
    office,
) -> None:
    _assessed(office)
    _also_in(office, "grid-member", GRID_THERE, "zd-wgy1")
    beside = _also_in(office, "grid-office", OTHER, "zd-wgb2")
    _drawn(office)
    by = office.person("zd-wgb2")
    sheet = pay.draft(by, beside, "2026-10", NOW, TODAY)
    (row,) = office.rows(sa.select(PaySheet).where(PaySheet.id == sheet))
    ((name, body),) = row.rules["elsewhere"]
    assert name == "钟永明" and "正东路" in body


def test_of_two_bodies_that_draw_up_at_once_the_second_is_told(
    office, monkeypatch
) -> None:
    _assessed(office)
    _also_in(office, "grid-member", GRID_THERE, "zd-wgy1")
    beside = _also_in(office, "grid-office", OTHER, "zd-wgb2")
    _drawn(office)
    # It looked before the first one's sheet was committed.
    monkeypatch.setattr(pay_drafts, "_elsewhere", lambda *_asked: {})
    by = office.person("zd-wgb2")
    with pytest.raises(RuleViolated, match="请再办理一次"):
        pay.draft(by, beside, "2026-10", NOW, TODAY)


RULES = PayRules(
    {"full_time": 3000},
    {"优秀": 800},
    "members",
    "member_reward",
    ("duty",),
    (),
    (),
    "45.1",
)


def test_one_deed_is_one_reward_and_allowances_stand_apart() -> None:
    deed = Granted("a", "奖-1", "deed", 50_000)
    duty = Granted("b", "奖-2", "duty", 20_000)
    told = amounts(RULES, "full_time", "优秀", [deed, deed, duty])
    assert (told.base, told.performance) == (300_000, 80_000)
    assert (told.reward, told.allowance) == (50_000, 20_000)
    assert amounts(RULES, "adviser", "", []).base == 0


def test_amounts_and_months_are_read_as_they_are_written() -> None:
    assert [from_yuan(text) for text in ("", "12", "12.5", "0.05")] == [
        0,
        1200,
        1250,
        5,
    ]
    wrong = ("-1", "1.234", "1,000", "1000000.01", "十")
    assert [from_yuan(text) for text in wrong] == [None] * 5
    paid = ("1e999999", "NaN", "-5", "十", None, 10**30)
    assert [fen_paid(value) for value in paid] == [0] * 6
    assert fen_paid("12.5") == 1250
    assert in_yuan(-105) == "-1.05"
    assert first_and_last("2026-02") == (date(2026, 2, 1), date(2026, 2, 28))
    assert first_and_last("2026-13") is None
