"""The register of those who serve grids (网格队伍): posts and vacancies, files with the proof of conditions,
badges.

A file is personal: whoever oversees a grid that the person serves reads and keeps it; the person reads his
own.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.members import (
    MemberCondition,
    MemberFacts,
    findings,
    norms,
    post_of,
    vacancies,
)
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.handlers.grid_notices import badge_notices
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.people import accounts
from orchestrator.services.records import submission_keys
from orchestrator.store import members as store
from orchestrator.store.members import MemberFile, ServingPerson
from orchestrator.store.people import one_at_a_time
from orchestrator.store.session import transaction

LONGEST_PROOF = 120
"""Characters of a line that says what was seen."""
OLDEST = 100
NO_FILE = "none"
"""`stamp` of somebody without a file."""
YOUNGEST = 14
"""Years: a birthday outside of these is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody with what his file says of the conditions of his posts."""

    of: ServingPerson
    posts: Sequence[str]
    """Names."""
    post_keys: Sequence[str]
    checked: Sequence[tuple[MemberCondition, str]]
    """(condition, how he stands to it)."""
    may_change: bool

    def count(self, state: str, usual: bool = False) -> int:
        """Conditions to which he stands so: those that bind, or those of most cases only (一般)."""
        return sum(
            value == state
            for condition, value in self.checked
            if condition.usual == usual
        )


@dataclass(frozen=True, slots=True)
class Strength:
    """The numbers of a place."""

    grids: int
    without: int
    """Grids with a vacancy."""
    vacancies: Mapping[str, int]
    """Post → how many are missing."""
    by_grid: Mapping[str, Mapping[str, int]]
    """Code of a grid with vacancies → post → how many."""
    average_age: float | None
    educated: float | None
    """Per cent."""


@dataclass(frozen=True, slots=True)
class FileGiven:
    """What is to stand in a file."""

    born_on: date | None
    schooling: str
    seen: Mapping[str, str]
    """Condition → the proof that was seen; empty: none."""
    as_of: str = ""
    """`stamp` of the file as the page showed it; empty: nobody compares."""


def strength(
    session: Session,
    profile: Jurisdiction,
    paths: Sequence[str],
    today: date,
) -> Strength:
    """Posts and vacancies of all grids inside the paths."""
    rules = profile.members
    roles = profile.grid_roles
    rows = store.staffing(session, profile.key, paths, roles)
    missing = {
        code: vacancies(rules, kind, setting, there)
        for code, kind, setting, there in rows
    }
    by_post: dict[str, int] = {}
    for entry in missing.values():
        for post, many in entry.items():
            by_post[post] = by_post.get(post, 0) + many
    people = store.ages_and_educations(session, profile.key, paths, roles)
    short = {code: entry for code, entry in missing.items() if entry}
    return Strength(
        len(rows),
        len(short),
        by_post,
        short,
        *norms(rules, people, today),
    )


def view(
    who: access.Viewer,
    profile: Jurisdiction,
    served: ServingPerson,
    today: date,
) -> MemberView:
    """The person as the viewer sees him; what is found against the conditions of his posts."""
    rules = profile.members
    having = (
        post_of(rules, body.role, employment, served.kinds[body.id])
        for body, employment in served.serves
    )
    held = list(
        {post.key: post for post in having if post is not None}.values()
    )
    file = served.file
    proofs = {
        key: str(value.get("proof", ""))
        for key, value in (file.seen if file else {}).items()
    }
    facts = MemberFacts(
        file.born_on if file else None,
        file.schooling if file else "",
        proofs,
        tuple(post.key for post in held),
    )
    return MemberView(
        served,
        [post.name for post in held],
        [post.key for post in held],
        findings(rules, facts, today),
        _keeps(who, served),
    )


def _keeps(who: access.Viewer, served: ServingPerson) -> bool:
    """Whether the viewer oversees a grid that the person serves; nobody keeps his own file."""
    if served.person.id == who.person_id:
        return False
    paths = who.overseen_paths
    return any(
        body.territory_path.startswith(path)
        for body, _employment in served.serves
        for path in paths
    )


def readable(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    person_id: int,
    today: date,
) -> MemberView:
    """Raises NotFound for somebody who serves no grid, or whom the viewer may not read."""
    served = store.one(session, who.tenant_id, person_id, profile.grid_roles)
    if served is None:
        raise NotFound(str(person_id))
    member = view(who, profile, served, today)
    if not member.may_change and person_id != who.person_id:
        raise NotFound(str(person_id))
    return member


def keep(
    by: int,
    person_id: int,
    given: FileGiven,
    now: datetime,
    today: date,
) -> None:
    """Writes the file; whoever saw a proof stands beside it. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who, profile, member = to_change(session, by, person_id, today)
        wrong = _objections(profile, given, today)
        if wrong:
            raise RuleViolated(wrong)
        file = _file(session, who, person_id, now)
        new = file in session.new
        if not new and given.as_of not in ("", stamp(file)):
            raise RuleViolated(
                [
                    say(
                        "您打开以后，这份档案已被别人改过。请另开本页核对最新内容，再把您的改动填上"
                    )
                ]
            )
        before = dict(file.seen)
        file.born_on = given.born_on
        file.schooling = given.schooling
        file.seen = {
            key: before[key]
            if before.get(key, {}).get("proof") == proof
            else {
                "proof": proof,
                "by": who.display_name,
                "on": today.isoformat(),
            }
            for key, proof in given.seen.items()
            if proof
        }
        file.changed_at = now
        file.changed_by = by
        accounts.note(session, member.of.person, "file-kept", now, by)


def stamp(file: MemberFile | None) -> str:
    """A text that is another one after each change of the file."""
    if file is None:
        return NO_FILE
    return file.changed_at.isoformat()


def give_badge(
    by: int,
    person_id: int,
    now: datetime,
    today: date,
    key: str | None = None,
) -> str:
    """A badge with a new number; one that he had is no longer valid. The same key gives one. Raises as
    `keep`."""
    with transaction() as session:
        who, profile, member = to_change(session, by, person_id, today)
        awaits = profile.members.training.pre_post
        if awaits and member.of.person.in_training_since is not None:
            raise RuleViolated(
                [
                    say(
                        "“{name}”还没有通过岗前培训考核，合格后再发工作证",
                        name=member.of.person.display_name,
                    )
                ]
            )
        file = _file(session, who, person_id, now)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"giving a badge {person_id}",
            now,
        ):
            return file.badge_no or ""
        _withdraw(session, profile, file, now)
        file.badge_no = f"{today.year}{secrets.randbelow(10**10):010d}"
        file.changed_at = now
        file.changed_by = by
        session.flush()
        badge_notices(session, profile, who.tenant_id, [person_id], now)
        accounts.note(
            session,
            member.of.person,
            "badge-given",
            now,
            by,
            {"number": file.badge_no},
        )
        return file.badge_no


def withdraw_badge(
    by: int,
    person_id: int,
    now: datetime,
    today: date,
) -> None:
    """收回证件: the number is no longer valid. Raises as `keep`."""
    with transaction() as session:
        _who, profile, member = to_change(session, by, person_id, today)
        file = session.get(MemberFile, person_id)
        if file is None or file.badge_no is None:
            raise RuleViolated([say("没有发过工作证")])
        accounts.note(
            session,
            member.of.person,
            "badge-withdrawn",
            now,
            by,
            {"number": file.badge_no},
        )
        _withdraw(session, profile, file, now)
        file.changed_at = now
        file.changed_by = by


def _withdraw(
    session: Session,
    profile: Jurisdiction,
    file: MemberFile,
    now: datetime,
) -> None:
    if file.badge_no is None:
        return
    badge_notices(
        session,
        profile,
        file.tenant_id,
        [file.person_id],
        now,
        valid=False,
    )
    file.badge_no = None
    session.flush()


def to_change(
    session: Session,
    by: int,
    person_id: int,
    today: date,
) -> tuple[access.Viewer, Jurisdiction, MemberView]:
    """Who changes what is kept of the member, the profile, the member. Raises NotFound, Forbidden."""
    who = access.viewer(session, by)
    if who is None:
        raise Forbidden(say("您的账号已经停用"))
    profile = bundles.profile_in_force(session, who.tenant_id)
    member = readable(session, who, profile, person_id, today)
    if not member.may_change:
        raise Forbidden(say("本人的档案由主管机构登记"))
    return who, profile, member


def _file(
    session: Session,
    who: access.Viewer,
    person_id: int,
    now: datetime,
) -> MemberFile:
    one_at_a_time(session, person_id)
    member_file = session.get(
        MemberFile, person_id, with_for_update=True, populate_existing=True
    )
    if member_file is None:
        values: dict[str, Any] = {
            "schooling": "",
            "seen": {},
            "changed_at": now,
        }
        member_file = MemberFile(
            person_id=person_id,
            tenant_id=who.tenant_id,
            changed_by=who.person_id,
            **values,
        )
        session.add(member_file)
    return member_file


def _objections(
    profile: Jurisdiction, given: FileGiven, today: date
) -> list[str]:
    rules = profile.members
    objections = []
    if (
        given.born_on is not None
        and not YOUNGEST <= today.year - given.born_on.year <= OLDEST
    ):
        objections.append(
            say("出生日期 {day} 不对，请核对证件", day=given.born_on)
        )
    if given.schooling and given.schooling not in rules.educations:
        objections.append(say("请从列表里选学历"))
    for condition in rules.conditions:
        if len(given.seen.get(condition.key, "")) > LONGEST_PROOF:
            objections.append(
                say(
                    "“{text}”的证明最多写 {most} 字",
                    text=condition.text,
                    most=LONGEST_PROOF,
                )
            )
    return objections
