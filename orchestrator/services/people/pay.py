"""Pay sheets of members (报酬表): drawn up from the figures by one, checked by another, approved by a third.

A member reads his own line of what was approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.pay import (
    PayRules,
    first_and_last,
    from_yuan,
    month_before,
)
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.handlers.pay_sheets import below_zero
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.people import pay_procedure
from orchestrator.services.people.pay_drafts import (
    Paid,
    assessed_period,
    drawn_up,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store import pay as store
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.pay import (
    APPROVED,
    CHECKED,
    DRAFT,
    SUBMITTED,
    PayLine,
    PaySheet,
)
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

LONGEST_REMARK = 200
LONGEST_REASON = 300


def drafting(who: access.Viewer, profile: Jurisdiction) -> list[Body]:
    """His bodies that draw up sheets."""
    rules = profile.members.pay
    return _among(who, rules.drafted_by) if rules else []


def approving(who: access.Viewer, profile: Jurisdiction) -> list[Body]:
    """His bodies that approve sheets."""
    rules = profile.members.pay
    return _among(who, rules.approved_by) if rules else []


def _among(who: access.Viewer, refs: Sequence[str]) -> list[Body]:
    return [body for body in who.bodies if f"{body.role}@{body.level}" in refs]


def readable_paths(who: access.Viewer, profile: Jurisdiction) -> list[str]:
    """Paths of the places whose sheets he reads."""
    bodies = [*drafting(who, profile), *approving(who, profile)]
    return [body.territory_path for body in bodies]


def readable(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    sheet_id: str,
) -> PaySheet:
    """The sheet. Raises NotFound for one that he does not read."""
    sheet = session.get(PaySheet, sheet_id)
    paths = readable_paths(who, profile)
    if (
        sheet is None
        or sheet.tenant_id != who.tenant_id
        or not any(sheet.territory_path.startswith(path) for path in paths)
    ):
        raise NotFound(sheet_id)
    return sheet


def sheet_of(
    session: Session, who: access.Viewer, instance: ProcessInstance
) -> str | None:
    """Id of the sheet whose procedure it is; None for who does not read that sheet, and for other
    procedures."""
    sheet = store.of_procedure(session, instance)
    if sheet is None:
        return None
    profile = bundles.profile_in_force(session, who.tenant_id)
    paths = readable_paths(who, profile)
    inside = any(sheet.territory_path.startswith(path) for path in paths)
    return sheet.id if inside else None


def may(
    who: access.Viewer, profile: Jurisdiction, sheet: PaySheet, act: str
) -> bool:
    """Whether he may do this with the sheet as it stands: `draft`, `check` or `approve`. Whoever wrote in it
    neither checks nor approves it."""
    own = any(body.id == sheet.body_id for body in drafting(who, profile))
    if act == "draft":
        return own and sheet.state == DRAFT
    if act == "check":
        another = who.person_id not in sheet.changed_by
        return own and another and sheet.state == SUBMITTED
    before = (*sheet.changed_by, sheet.checked_by)
    over = any(
        sheet.territory_path.startswith(body.territory_path)
        for body in approving(who, profile)
    )
    return over and who.person_id not in before and sheet.state == CHECKED


def draft(
    by: int, body_id: str, period: str, now: datetime, today: date
) -> str:
    """Draws a sheet up; its id. Raises Forbidden, NotFound, RuleViolated."""
    with _one_line_each(), transaction() as session:
        who, profile, rules = _acting(session, by)
        body = _own_body(who, profile, body_id)
        if first_and_last(period) is None or period > month_before(today):
            raise RuleViolated(
                [
                    say(
                        "请选择已经结束的月份，如 {month}",
                        month=month_before(today),
                    )
                ]
            )
        # Of two who draw up sheets of the body at once, the second waits here and sees the first one's.
        session.get(Body, body_id, with_for_update=True)
        there = session.scalar(
            sa.select(PaySheet.id).where(
                PaySheet.tenant_id == who.tenant_id,
                PaySheet.body_id == body_id,
                PaySheet.period == period,
            )
        )
        if there is not None:
            raise RuleViolated(
                [say("{period} 的报酬表已经有了，请打开它", period=period)]
            )
        sheet = PaySheet(
            id=new_id(now),
            tenant_id=who.tenant_id,
            body_id=body_id,
            territory_path=body.territory_path,
            period=period,
            state=DRAFT,
            drafted_by=by,
            drafted_at=now,
            changed_by=[by],
        )
        _fill(session, profile, rules, sheet, now, {})
        session.add(sheet)
        pay_procedure.begin(session, who, rules, sheet, now)
        return sheet.id


def draw_up_again(by: int, sheet_id: str, now: datetime) -> None:
    """Counts a draft anew; what was written by hand stays. Raises Forbidden, NotFound, RuleViolated."""
    with _one_line_each(), transaction() as session:
        who, profile, rules = _acting(session, by)
        sheet = _to_change(session, who, profile, sheet_id, "draft")
        before = {
            line.person_id: line for line in store.lines_of(session, sheet_id)
        }
        for line in before.values():
            session.delete(line)
        session.flush()
        _fill(session, profile, rules, sheet, now, before)
        sheet.drafted_at = now
        _drawn_by(sheet, by)


@contextmanager
def _one_line_each() -> Iterator[None]:
    """Two bodies that draw up at once may both take somebody who serves both: the second is told."""
    try:
        yield
    except IntegrityError as taken:
        raise RuleViolated(
            [
                say(
                    "另一个机构刚把同时在两处任职的网格员列入了报酬表，请再办理一次"
                )
            ]
        ) from taken


def _drawn_by(sheet: PaySheet, by: int) -> None:
    sheet.drafted_by = by
    _changed(sheet, by)


def _changed(sheet: PaySheet, by: int) -> None:
    sheet.changed_by = sorted({*sheet.changed_by, by})
    sheet.version += 1


def _fill(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    sheet: PaySheet,
    now: datetime,
    before: dict[int, PayLine],
) -> None:
    days = first_and_last(sheet.period)
    assert days is not None
    body = session.get_one(Body, sheet.body_id)
    drawn = drawn_up(session, profile, rules, body, sheet.period)
    if not drawn.paid:
        raise RuleViolated([say("这个月没有要列入报酬表的网格员")])
    sheet.rules = {
        "citation": rules.citation,
        "base": dict(rules.base),
        "grades": dict(rules.grades),
        "assessed": assessed_period(profile, rules, days[1]),
        "elsewhere": drawn.elsewhere,
    }
    session.add(sheet)
    session.flush()
    for paid in drawn.paid:
        line = _line(sheet, paid, new_id(now))
        stood = before.get(paid.person.id)
        if stood is not None:
            line.other = stood.other
            line.deduction = stood.deduction
            line.remark = stood.remark
        session.add(line)
    session.flush()


def _line(sheet: PaySheet, paid: Paid, line_id: str) -> PayLine:
    return PayLine(
        id=line_id,
        sheet_id=sheet.id,
        tenant_id=sheet.tenant_id,
        period=sheet.period,
        person_id=paid.person.id,
        name=paid.person.display_name[:40],
        post=paid.post.name[:40],
        grade=paid.grade,
        days=paid.days,
        base=paid.amounts.base,
        performance=paid.amounts.performance,
        reward=paid.amounts.reward,
        allowance=paid.amounts.allowance,
        other=0,
        deduction=0,
        details=[asdict(each) for each in paid.granted],
        remark="",
    )


def adjust(
    by: int,
    sheet_id: str,
    line_id: str,
    version: int,
    written: tuple[str, str, str],
) -> None:
    """Writes what is added to and taken from a line by hand, in 元, and why. Raises Forbidden, NotFound,
    RuleViolated."""
    other, deduction = from_yuan(written[0]), from_yuan(written[1])
    remark = written[2]
    if other is None or deduction is None:
        raise RuleViolated([say("金额应是不超过一百万元的数，最多两位小数")])
    if len(remark) > LONGEST_REMARK:
        raise RuleViolated([say("说明最多 {most} 字", most=LONGEST_REMARK)])
    if (other or deduction) and not remark:
        raise RuleViolated([say("另外增加或者扣减的，请写明理由")])
    with transaction() as session:
        who, profile, _rules = _acting(session, by)
        sheet = _to_change(session, who, profile, sheet_id, "draft", version)
        line = session.get(PayLine, line_id)
        if line is None or line.sheet_id != sheet_id:
            raise NotFound(line_id)
        line.other = other
        line.deduction = deduction
        line.remark = remark
        _not_below_zero([line])
        _changed(sheet, by)


def _not_below_zero(lines: Sequence[PayLine]) -> None:
    told = below_zero(lines)
    if told:
        raise RuleViolated(told)


def submit(by: int, sheet_id: str, version: int, now: datetime) -> None:
    """Hands a draft over to be checked; he stands as who drew it up. A draft that has no procedure, where the
    city has drawn one, begins it instead. Raises Forbidden, NotFound, RuleViolated."""
    with transaction() as session:
        who, profile, rules = _acting(session, by)
        sheet = _to_change(session, who, profile, sheet_id, "draft", version)
        _by_hand(sheet)
        if pay_procedure.begin(session, who, rules, sheet, now):
            sheet.version += 1
            return
        # What was written by hand stays when a draft is counted anew, and may be more than what comes in now.
        _not_below_zero(store.lines_of(session, sheet_id))
        sheet.state = SUBMITTED
        sheet.drafted_at = now
        sheet.returned = ""
        _drawn_by(sheet, by)


def check(by: int, sheet_id: str, version: int, now: datetime) -> None:
    """Another one of the body has checked it. Raises Forbidden, NotFound, RuleViolated."""
    with transaction() as session:
        who, profile, _rules = _acting(session, by)
        sheet = _to_change(session, who, profile, sheet_id, "check", version)
        _by_hand(sheet)
        sheet.state = CHECKED
        sheet.checked_by = by
        sheet.checked_at = now
        sheet.version += 1


def approve(by: int, sheet_id: str, version: int, now: datetime) -> None:
    """Approves it: nothing of it is changed any more. Raises Forbidden, NotFound, RuleViolated."""
    with transaction() as session:
        who, profile, _rules = _acting(session, by)
        sheet = _to_change(session, who, profile, sheet_id, "approve", version)
        _by_hand(sheet)
        sheet.state = APPROVED
        sheet.approved_by = by
        sheet.approved_at = now
        sheet.version += 1


def send_back(by: int, sheet_id: str, version: int, reason: str) -> None:
    """Whoever is to check or to approve sends it back with a reason. Raises Forbidden, NotFound,
    RuleViolated."""
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise RuleViolated(
            [say("请写明退回的理由，2 至 {most} 字", most=LONGEST_REASON)]
        )
    with transaction() as session:
        who, profile, _rules = _acting(session, by)
        sheet = readable(session, who, profile, sheet_id)
        act = "check" if sheet.state == SUBMITTED else "approve"
        sheet = _to_change(session, who, profile, sheet_id, act, version)
        _by_hand(sheet)
        sheet.state = DRAFT
        sheet.checked_by = None
        sheet.checked_at = None
        sheet.returned = reason
        sheet.version += 1


def _by_hand(sheet: PaySheet) -> None:
    """What has a procedure is done by its tasks. Raises RuleViolated."""
    if sheet.instance_id is not None:
        raise RuleViolated([say("这份报酬表按流程办理，请打开它的待办办理")])


def _acting(
    session: Session, by: int
) -> tuple[access.Viewer, Jurisdiction, PayRules]:
    who = access.viewer(session, by)
    if who is None:
        raise Forbidden(say("您的账号已经停用"))
    profile = bundles.profile_in_force(session, who.tenant_id)
    rules = profile.members.pay
    if rules is None:
        raise RuleViolated([say("本市的配置没有报酬表")])
    return who, profile, rules


def _own_body(who: access.Viewer, profile: Jurisdiction, body_id: str) -> Body:
    for body in drafting(who, profile):
        if body.id == body_id:
            return body
    raise Forbidden(say("只能编制本机构的报酬表"))


_REFUSED: dict[str, Any] = {
    "draft": say("报酬表由编制机构在草稿状态修改、送审"),
    "check": say("报酬表应由编制机构的另一个人复核，编制、改动过的人不能复核"),
    "approve": say(
        "报酬表复核以后由上级机构批准，编制、改动、复核过的人不能批准"
    ),
}


def _to_change(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    sheet_id: str,
    act: str,
    version: int | None = None,
) -> PaySheet:
    readable(session, who, profile, sheet_id)
    sheet = session.get_one(
        PaySheet, sheet_id, with_for_update=True, populate_existing=True
    )
    if version is not None and sheet.version != version:
        raise RuleViolated(
            [say("您打开以后，这份报酬表有了变动，请核对后再办理")]
        )
    if not may(who, profile, sheet, act):
        raise Forbidden(_REFUSED[act])
    return sheet
