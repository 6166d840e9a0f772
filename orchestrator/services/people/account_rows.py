"""What an account's rows hold: an account is written, changed and closed in the transaction of its act."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services.installation.database import settings
from orchestrator.services.people import (
    photos,
    sessions,
)
from orchestrator.services.training import posts
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.people import (
    EMPLOYMENTS,
    FULL_TIME,
    PART_TIME,
    Membership,
    Person,
)
from orchestrator.store.planned_leaving import PlannedLeaving
from orchestrator.store.territories import Body

ONE_TIME = timedelta(hours=72)
"""How long a one-time password can be used: over a weekend."""


_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,59}")


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a person; None leaves it as it is."""

    name: str | None = None
    phone: str | None = None
    bodies: Mapping[str, str] | None = None
    """`role:place` → title; all of his bodies."""
    employments: Mapping[str, str] = field(default_factory=dict)
    """`role:place` → full_time or part_time (专职、兼职); a body that is not named keeps what it was."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account begins with."""

    tenant_id: str
    username: str
    password_hash: str = field(repr=False)
    """Of a one-time password; empty for an account whose person sets a password by a link."""
    provisioned: bool = False
    """Whether the directory makes it, whose groups give the bodies afterwards."""


def named(session: Session, username: str) -> Person:
    """The person of that user name, locked. Raises NotFound."""
    person = session.scalar(
        sa.select(Person).where(Person.username == username).with_for_update(),
    )
    if person is None:
        raise NotFound(
            say("没有用户名为「{username}」的人员", username=username),
        )
    return person


def objections(
    session: Session,
    tenant_id: str,
    username: str,
    details: Details,
) -> list[str]:
    """What is wrong with an account, in Chinese."""
    wrong = []
    if not _USERNAME.fullmatch(username):
        wrong.append(
            say(
                "用户名「{username}」应为 2 到 60 个字母、数字、点、横线，以字母或数字开头",
                username=username,
            ),
        )
    if details.name is not None and not 0 < len(details.name.strip()) <= 60:
        wrong.append(say("姓名应为 1 到 60 个字"))
    if details.phone is not None and len(details.phone) > 30:
        wrong.append(say("电话最多 30 个字符"))
    wanted = {f"{tenant_id}:{key}" for key in details.bodies or ()}
    known = set(
        session.scalars(
            sa.select(Body.id).where(
                Body.id.in_(wanted),
                Body.dissolved_at.is_(None),
            ),
        ),
    )
    wrong += [
        say(
            "没有机构「{partition}」，应为 角色:区划或网格代码，角色见辖区配置的 [roles]",
            partition=body.partition(":")[2],
        )
        for body in sorted(wanted - known)
    ]
    wrong += [
        say(
            "「{body}」的用工方式「{each}」应为 full_time（专职）或 part_time（兼职）",
            body=body,
            each=value,
        )
        for body, value in details.employments.items()
        if value not in EMPLOYMENTS
    ]
    wrong += [
        say("职务「{title}」最多 60 个字", title=title)
        for title in (details.bodies or {}).values()
        if len(title) > 60
    ]
    return wrong


def insert(
    session: Session,
    account: NewAccount,
    details: Details,
    now: datetime,
    actor: int | None,
) -> Person:
    """Writes a new account, and the notices of its grids anew. Raises RuleViolated."""
    person, touched = write_new(session, account, details, now, actor)
    photos.refresh(session, person.tenant_id, touched, now)
    return person


def write_new(
    session: Session,
    account: NewAccount,
    details: Details,
    now: datetime,
    actor: int | None,
) -> tuple[Person, set[str]]:
    """Writes a new account; its person, and the codes of grids whose notices are to be written anew. Raises
    RuleViolated."""
    tenant_id = account.tenant_id
    username = account.username
    wrong = objections(session, tenant_id, username, details)
    if not details.name:
        wrong.append(say("请写明「{username}」的姓名", username=username))
    if not details.bodies and not account.provisioned:
        wrong.append(
            say(
                "请写明「{username}」所在的机构，写成 角色:区划或网格代码",
                username=username,
            ),
        )
    if (
        session.scalar(sa.select(Person.id).where(Person.username == username))
        is not None
    ):
        wrong.append(say("用户名「{username}」已有人使用", username=username))
    if wrong:
        raise RuleViolated(wrong)
    person = Person(
        tenant_id=tenant_id,
        username=username,
        display_name=(details.name or "").strip(),
        phone=details.phone or "",
        password_hash=account.password_hash,
        one_time_until=now + ONE_TIME if account.password_hash else None,
    )
    session.add(person)
    session.flush()
    touched = _serve(session, person, details, now)
    posts.begin(session, person, {}, details.bodies or {}, now)
    note(
        session,
        person,
        "added",
        now,
        actor,
        {"bodies": sorted(details.bodies or {})},
    )
    return person, touched


def update(
    session: Session,
    person: Person,
    details: Details,
    now: datetime,
    actor: int | None,
) -> dict[str, list[str]]:
    """Changes what differs; returns before and after, by field. Raises RuleViolated."""
    wrong = objections(session, person.tenant_id, person.username, details)
    if wrong:
        raise RuleViolated(wrong)
    changed = differences(session, person, details)
    if not changed:
        return {}
    if details.name is not None:
        person.display_name = details.name.strip()
    if details.phone is not None:
        person.phone = details.phone
    if details.bodies is None:
        touched = set()
    else:
        before = bodies_of(session, person)
        touched = _serve(session, person, details, now)
        posts.begin(session, person, before, details.bodies, now)
    session.flush()
    note(session, person, "changed", now, actor, changed)
    photos.refresh(
        session,
        person.tenant_id,
        touched | set(photos.grids_of(session, person.id)),
        now,
    )
    return changed


def differences(
    session: Session,
    person: Person,
    details: Details,
) -> dict[str, list[str]]:
    """What the details would change: field → before and after."""
    served = bodies_of(session, person)
    employments = _employments(session, person)
    after = {**employments, **details.employments}
    pairs = {
        "姓名": (person.display_name, details.name),
        "电话": (person.phone, details.phone),
        "机构": (
            _listed(served, employments),
            None if details.bodies is None else _listed(details.bodies, after),
        ),
    }
    return {
        field: [before, after]
        for field, (before, after) in pairs.items()
        if after is not None and after != before
    }


def bodies_of(session: Session, person: Person) -> dict[str, str]:
    """`role:place` → title of the bodies the person serves."""
    return {
        row.body_id.partition(":")[2]: row.title
        for row in _served(session, person)
    }


def _employments(session: Session, person: Person) -> dict[str, str]:
    return {
        row.body_id.partition(":")[2]: row.employment
        for row in _served(session, person)
    }


def _served(session: Session, person: Person) -> Sequence[Membership]:
    return session.scalars(
        sa.select(Membership).where(
            Membership.person_id == person.id,
            Membership.until_on.is_(None),
        ),
    ).all()


def close(
    session: Session,
    person: Person,
    now: datetime,
    actor: int | None,
) -> None:
    """Closes the account, ends its sessions and takes it from its bodies. Raises RuleViolated."""
    if not person.active:
        raise RuleViolated(
            [say("「{username}」已经停用", username=person.username)],
        )
    grids = set(photos.grids_of(session, person.id))
    served = sorted(bodies_of(session, person))
    _serve(session, person, Details(bodies={}), now)
    person.active = False
    person.in_training_since = None
    planned = session.get(PlannedLeaving, person.id)
    if planned is not None:
        session.delete(planned)
    sessions.raise_epoch(session, person)
    session.flush()
    note(session, person, "retired", now, actor, {"bodies": served})
    photos.refresh(session, person.tenant_id, grids, now)


def _serve(
    session: Session,
    person: Person,
    details: Details,
    now: datetime,
) -> set[str]:
    """Makes these the person's bodies; returns the codes of the grids that gained or lost him."""
    today = now.astimezone(ZoneInfo(settings().timezone)).date()
    rows = {
        row.body_id: row
        for row in session.scalars(
            sa.select(Membership).where(Membership.person_id == person.id),
        )
    }
    wanted = {
        f"{person.tenant_id}:{key}": title
        for key, title in (details.bodies or {}).items()
    }
    employments = {
        f"{person.tenant_id}:{key}": value
        for key, value in details.employments.items()
    }
    touched = {
        body_id
        for body_id, row in rows.items()
        if (row.until_on is None) != (body_id in wanted)
    } | (wanted.keys() - rows.keys())
    for body_id, row in rows.items():
        if body_id not in wanted:
            row.until_on = row.until_on or today
        else:
            if row.until_on is not None:
                row.from_on = today
            row.until_on = None
            row.title = wanted[body_id]
            row.employment = employments.get(body_id, row.employment)
    session.add_all(
        Membership(
            person_id=person.id,
            body_id=body_id,
            title=title,
            employment=employments.get(body_id, FULL_TIME),
            from_on=today,
        )
        for body_id, title in wanted.items()
        if body_id not in rows
    )
    session.flush()
    return {body_id.rpartition(":")[2] for body_id in touched}


def _listed(bodies: Mapping[str, str], employments: Mapping[str, str]) -> str:
    results = []
    for body, title in sorted(bodies.items()):
        if employments.get(body) == PART_TIME:
            part_time = EMPLOYMENTS[PART_TIME]
        else:
            part_time = ""
        said = joined("，", filter(None, (title, part_time)))
        results.append(f"{body}（{said}）" if said else body)
    return joined("、", results)


def note(
    session: Session,
    person: Person,
    kind: str,
    now: datetime,
    actor: int | None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Writes what was done into the account's record."""
    session.add(
        AccountEvent(
            person_id=person.id,
            at=now,
            kind=kind,
            actor_id=actor,
            details=dict(details or {}),
        ),
    )
