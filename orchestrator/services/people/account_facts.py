"""What acts on accounts read and check before they write: of one account, or of many at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import joined, say
from orchestrator.store.people import (
    EMPLOYMENTS,
    PART_TIME,
    Membership,
    Person,
)
from orchestrator.store.territories import Body

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{1,59}")
"""With an @: directories name people by their mail addresses."""


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


@dataclass(frozen=True, slots=True)
class KnownAccounts:
    """What is there already."""

    bodies: frozenset[str]
    """Ids of those of the named bodies that may be served."""
    memberships: Mapping[int, Sequence[Membership]]
    """Person → his rows, also those that ended."""

    def with_bodies(self, more: Iterable[str]) -> KnownAccounts:
        """The same, once bodies with these ids are there too."""
        return replace(self, bodies=self.bodies | set(more))

    def present(self, person: Person) -> list[Membership]:
        """The rows of the bodies that the person serves now."""
        return [
            row
            for row in self.memberships.get(person.id, ())
            if row.until_on is None
        ]


def read(
    session: Session,
    tenant_id: str,
    detailses: Iterable[Details],
    people: Iterable[int] = (),
) -> KnownAccounts:
    """What is known of the bodies that the details name, and of the people with these ids."""
    named = {
        f"{tenant_id}:{key}"
        for details in detailses
        for key in details.bodies or ()
    }
    there = session.scalars(
        sa.select(Body.id).where(
            Body.id.in_(named),
            Body.dissolved_at.is_(None),
        ),
    )
    ids = list(people)
    memberships: dict[int, list[Membership]] = {}
    if ids:
        rows = session.scalars(
            sa.select(Membership).where(Membership.person_id.in_(ids)),
        )
        for row in rows:
            memberships.setdefault(row.person_id, []).append(row)
    return KnownAccounts(frozenset(there), memberships)


def objections(
    known: KnownAccounts,
    tenant_id: str,
    username: str,
    details: Details,
) -> list[str]:
    """What is wrong with an account, in Chinese."""
    wrong = []
    if not _USERNAME.fullmatch(username):
        wrong.append(
            say(
                "用户名“{username}”应为 2 到 60 个字母、数字、点、横线、@，以字母或数字开头",
                username=username,
            ),
        )
    if details.name is not None and not 0 < len(details.name.strip()) <= 60:
        wrong.append(say("姓名应为 1 到 60 个字"))
    if details.phone is not None and len(details.phone) > 30:
        wrong.append(say("电话最多 30 个字符"))
    wanted = {f"{tenant_id}:{key}" for key in details.bodies or ()}
    wrong += [
        say(
            "没有机构“{partition}”，应为 角色:区划或网格代码，角色见辖区配置的 [roles]",
            partition=body.partition(":")[2],
        )
        for body in sorted(wanted - known.bodies)
    ]
    wrong += [
        say(
            "“{body}”的用工方式“{each}”应为 full_time（专职）或 part_time（兼职）",
            body=body,
            each=value,
        )
        for body, value in details.employments.items()
        if value not in EMPLOYMENTS
    ]
    wrong += [
        say("职务“{title}”最多 60 个字", title=title)
        for title in (details.bodies or {}).values()
        if len(title) > 60
    ]
    return wrong


def objections_to_new(
    known: KnownAccounts,
    account: NewAccount,
    details: Details,
) -> list[str]:
    """What is wrong with an account that is not there yet, whatever others are called."""
    username = account.username
    wrong = objections(known, account.tenant_id, username, details)
    if not details.name:
        wrong.append(say("请写明“{username}”的姓名", username=username))
    if not details.bodies and not account.provisioned:
        wrong.append(
            say(
                "请写明“{username}”所在的机构，写成 角色:区划或网格代码",
                username=username,
            ),
        )
    return wrong


def differences(
    known: KnownAccounts,
    person: Person,
    details: Details,
) -> dict[str, list[str]]:
    """What the details would change: field → before and after."""
    served = known.present(person)
    employments = {key_of(row): row.employment for row in served}
    after = {**employments, **details.employments}
    pairs = {
        "姓名": (person.display_name, details.name),
        "电话": (person.phone, details.phone),
        "机构": (
            _listed({key_of(row): row.title for row in served}, employments),
            None if details.bodies is None else _listed(details.bodies, after),
        ),
    }
    return {
        field: [before, after]
        for field, (before, after) in pairs.items()
        if after is not None and after != before
    }


def key_of(row: Membership) -> str:
    """`role:place` of the body."""
    return row.body_id.partition(":")[2]


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
