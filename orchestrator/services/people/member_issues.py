"""Equipment that members have and insurances that were taken out for them: kept by whoever keeps their files,
read by themselves too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.members import InsuranceRule
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.people import accounts, members
from orchestrator.services.people.members import MemberView
from orchestrator.services.records.ids import new_id
from orchestrator.store import member_issues as store
from orchestrator.store.member_issues import (
    EQUIPMENT,
    INSURANCE,
    MemberIssue,
)
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

LONGEST = 60
"""Characters of a name or a number."""


@dataclass(frozen=True, slots=True)
class IssueGiven:
    """What is to be registered."""

    kind: str
    name: str
    number: str
    from_on: date | None
    until_on: date | None


def lacking(
    session: Session,
    profile: Jurisdiction,
    member: MemberView,
    today: date,
) -> list[InsuranceRule]:
    """Insurances that people of his posts have and that nobody registered for him, or that ran out."""
    person_id = member.of.person.id
    covered = store.insured(session, [person_id], today)
    there = covered.get(person_id, set())
    return [
        rule
        for rule in profile.members.insurances
        if rule.key not in there and _concerns(rule, member)
    ]


def _concerns(rule: InsuranceRule, member: MemberView) -> bool:
    return not rule.posts or any(
        post in rule.posts for post in member.post_keys
    )


def add(
    by: int,
    person_id: int,
    given: IssueGiven,
    now: datetime,
    today: date,
) -> None:
    """Registers it. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who, profile, member = members.to_change(session, by, person_id, today)
        wrong = _objections(profile, given)
        if wrong or given.from_on is None:
            raise RuleViolated(wrong)
        # Of two presses at once, the second waits here and sees what the first one wrote.
        session.get(Person, person_id, with_for_update=True)
        _refuse_twice(session, person_id, given)
        session.add(
            MemberIssue(
                id=new_id(now),
                tenant_id=who.tenant_id,
                person_id=person_id,
                kind=given.kind,
                name=given.name,
                number=given.number,
                from_on=given.from_on,
                until_on=given.until_on,
                changed_at=now,
                changed_by=by,
            )
        )
        accounts.note(session, member.of.person, "issue-kept", now, by)


def give_back(
    by: int,
    person_id: int,
    issue_id: str,
    now: datetime,
    today: date,
) -> None:
    """He has it no more; an insurance has ended. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        _who, _profile, member = members.to_change(
            session, by, person_id, today
        )
        issue = session.get(MemberIssue, issue_id, with_for_update=True)
        if issue is None or issue.person_id != person_id:
            raise NotFound(issue_id)
        if issue.returned_on is not None:
            raise RuleViolated([say("已经登记过交回或者终止")])
        issue.returned_on = today
        issue.changed_at = now
        issue.changed_by = by
        accounts.note(session, member.of.person, "issue-ended", now, by)


def _refuse_twice(session: Session, person_id: int, given: IssueGiven) -> None:
    """Refuses what is registered already: a button that was pressed twice."""
    wanted = (given.kind, given.name, given.number, given.from_on)
    for issue in store.of_person(session, person_id):
        there = (issue.kind, issue.name, issue.number, issue.from_on)
        if issue.returned_on is None and there == wanted:
            raise RuleViolated([say("已经登记过同样的一条")])


def _objections(profile: Jurisdiction, given: IssueGiven) -> Sequence[str]:
    results = []
    rules = profile.members
    insurances = [rule.key for rule in rules.insurances]
    if given.kind == EQUIPMENT:
        if not rules.equipment_citation:
            results.append(say("本市的配置没有装备设备登记"))
        if not given.name:
            results.append(say("请填写装备设备的名称"))
    elif given.kind != INSURANCE or given.name not in insurances:
        results.append(say("请从列表里选保险"))
    if given.from_on is None:
        results.append(say("请填写领用或者参保日期，如 2026-05-01"))
    elif given.until_on is not None and given.until_on < given.from_on:
        results.append(say("到期日期不能早于参保日期"))
    if max(len(given.name), len(given.number)) > LONGEST:
        results.append(say("名称、编号最多 {most} 字", most=LONGEST))
    return results
