"""A change of the calendar in the browser: one administrator proposes it, another confirms it.

A holiday moves the due date of every instance of the city. Who has the server's command line still brings a
year into force alone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.domain.announced_days import Day
from orchestrator.domain.announcements import Announcement
from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import say
from orchestrator.services.registers import calendars
from orchestrator.services.registers.calendar_objections import mixed_programs
from orchestrator.services.registers.calendar_years import (
    CalendarChange,
    Validity,
)
from orchestrator.store.calendars import (
    CalendarProposal,
    newest_version,
    open_proposal,
)
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import OPERATES, Body


def propose(
    tenant_id: str,
    change: CalendarChange,
    by: int,
    now: datetime,
    this_year: int,
    expected: int,
) -> bool:
    """Asks another administrator to confirm the announced year; False when it would change nothing.

    `expected`: the version that was looked at before. Raises RuleViolated with every objection, also
    where one waits already or nobody else could confirm; InstanceChanged when another version came into force
    meanwhile.
    """
    place = change.validity.place
    try:
        with transaction() as session:
            examined = calendars.examine(
                session,
                tenant_id,
                change.announcement,
                this_year,
                change.validity,
            )
            reasons = [
                *(str(error) for error in examined.errors),
                *mixed_programs(session, place, now),
                *_unconfirmable(session, tenant_id, by),
            ]
            if reasons:
                raise RuleViolated(reasons)
            if not examined.differences:
                return False
            if expected != examined.version:
                raise InstanceChanged(
                    say(
                        "刚刚有人启用了新的日历，请对照现在的日历重新核对后再提交"
                    ),
                )
            days = [
                [day.on.isoformat(), day.kind, day.name]
                for day in examined.announcement.days
            ]
            source = change.source.strip()[: calendars.LONGEST_SOURCE]
            session.add(
                CalendarProposal(
                    tenant_id=tenant_id,
                    year=change.announcement.year,
                    source=source or calendars.NO_SOURCE,
                    days=days,
                    place=place,
                    held_against=examined.version,
                    proposed_by=by,
                    proposed_at=now,
                ),
            )
            session.flush()
    except IntegrityError as taken:
        raise RuleViolated([_one_waits()]) from taken
    return True


def _one_waits() -> str:
    return say("已有一份日历改动等待确认，请先办理那一份")


def _unconfirmable(session: Session, tenant_id: str, by: int) -> list[str]:
    """Why nobody could confirm what the person proposes now."""
    reasons = []
    if open_proposal(session, tenant_id) is not None:
        reasons.append(_one_waits())
    if not _others(session, tenant_id, by):
        reasons.append(
            say(
                "改动日历要由另一位管理员确认，本辖区没有第二位在岗的管理员，请先在“人员”里增设；"
                "也可以由运维人员在服务器上用 import-calendar 命令启用",
            ),
        )
    return reasons


def announcement_of(proposal: CalendarProposal) -> Announcement:
    """What the proposal announces."""
    days = tuple(
        Day(date.fromisoformat(on), kind, name)
        for on, kind, name in proposal.days
    )
    return Announcement(proposal.year, days)


def text_of(proposal: CalendarProposal) -> str:
    """The proposal's days as lines that can be typed again."""
    lines = [f"{on},{kind},{name}" for on, kind, name in proposal.days]
    return "\n".join(lines)


def outdated(session: Session, proposal: CalendarProposal) -> bool:
    """Whether another version came into force since its author looked."""
    return newest_version(session, proposal.tenant_id) != proposal.held_against


def confirm(
    tenant_id: str,
    proposal_id: int,
    by: int,
    now: datetime,
    this_year: int,
) -> int:
    """Brings the proposed year into force; returns the calendar's new version.

    Due dates are counted by `recalculation`. Raises NotFound, Forbidden for one's own proposal, RuleViolated
    with every objection, InstanceChanged when another version came into force meanwhile.
    """
    changed = say(
        "提交之后日历已有新的版本，请退回这一份，对照现在的日历重新提交"
    )
    try:
        with transaction() as session:
            proposal = _open(session, tenant_id, proposal_id)
            if proposal.proposed_by == by:
                raise Forbidden(say("这是您自己提交的，要由另一位管理员确认"))
            if outdated(session, proposal):
                raise InstanceChanged(changed)
            announcement = announcement_of(proposal)
            examined = calendars.examine(
                session,
                tenant_id,
                announcement,
                this_year,
                Validity(proposal.place),
            )
            reasons = [
                *(str(error) for error in examined.errors),
                *mixed_programs(session, proposal.place, now),
            ]
            if reasons:
                raise RuleViolated(reasons)
            number = calendars.bring_into_force(
                session,
                tenant_id,
                calendars.NewYear(
                    proposal.year,
                    announcement.days,
                    proposal.source,
                    proposal.place,
                ),
                proposal.proposed_by,
                now,
            )
            _close(proposal, "confirmed", by, now)
            proposal.version = number
            return number
    except IntegrityError as taken:
        raise InstanceChanged(changed) from taken


def give_up(
    tenant_id: str,
    proposal_id: int,
    by: int,
    now: datetime,
    reason: str,
) -> None:
    """Takes one's own proposal back, or refuses another's with a reason. Raises NotFound, RuleViolated
    without a reason."""
    with transaction() as session:
        proposal = _open(session, tenant_id, proposal_id)
        own = proposal.proposed_by == by
        if not own and not reason.strip():
            raise RuleViolated([say("请写明退回的理由")])
        _close(proposal, "withdrawn" if own else "refused", by, now)
        proposal.reason = reason.strip()[:200]


def _open(
    session: Session,
    tenant_id: str,
    proposal_id: int,
) -> CalendarProposal:
    proposal = session.get(CalendarProposal, proposal_id, with_for_update=True)
    if (
        proposal is None
        or proposal.tenant_id != tenant_id
        or proposal.outcome != "open"
    ):
        raise NotFound(str(proposal_id))
    return proposal


def _close(
    proposal: CalendarProposal,
    outcome: Literal["confirmed", "withdrawn", "refused"],
    by: int,
    now: datetime,
) -> None:
    proposal.outcome = outcome
    proposal.closed_by = by
    proposal.closed_at = now


def _others(session: Session, tenant_id: str, by: int) -> bool:
    """Whether somebody else may confirm."""
    serving = (
        sa.select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == tenant_id,
            Body.platform == OPERATES,
            Membership.until_on.is_(None),
        )
        .where(Person.active, Person.id != by)
        .limit(1)
    )
    return session.scalar(serving) is not None
